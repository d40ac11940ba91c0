"""The carrier's doorbells."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from smsdesk.handset import calls
from smsdesk.lib import clock


@shared_task(name="handset.make_call")
def make_call(*, call_id: int, **_: Any) -> None:
    calls.make_calls([call_id], now=clock.now())
