"""smsdesk: the open-source SMS contact center."""

from smsdesk.celery import app as celery_app

__all__ = ["celery_app"]
