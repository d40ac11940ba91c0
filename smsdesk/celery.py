"""The Celery application: ``celery -A smsdesk worker`` and ``celery -A smsdesk beat``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsdesk.settings.development")

app = Celery("smsdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
@worker_ready.connect
def start_sweeper(**_: object) -> None:
    """Sweep in the worker and in beat: either alone keeps every timer, with or without Redis."""
    from routing.sweeper import start

    start()
