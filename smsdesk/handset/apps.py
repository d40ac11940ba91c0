from __future__ import annotations

from django.apps import AppConfig


class HandsetConfig(AppConfig):
    name = "smsdesk.handset"
    label = "handset"
