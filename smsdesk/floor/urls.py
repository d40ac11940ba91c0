"""Addresses of the floor. Its socket, ``/admin/floor/socket``, is named in ``smsdesk.asgi``."""

from __future__ import annotations

from django.urls import path

from smsdesk.floor.views import show_floor, show_frame, supervised

urlpatterns = [
    path("", supervised(show_floor), name="floor"),
    path("frame", supervised(show_frame), name="floor-frame"),
]
