"""Housekeeping that beat asks for."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task(name="smsdesk.clear_sessions")
def clear_sessions() -> None:
    """Remove sessions that have expired."""
    call_command("clearsessions")
