"""What beat asks of this app."""

from __future__ import annotations

from celery import shared_task

from cases.services import retention


@shared_task(name="cases.apply_retention")
def apply_retention() -> None:
    """Delete what is older than supervisors want it kept."""
    retention.apply_retention()
