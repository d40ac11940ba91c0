"""Sends Celery tasks as doorbells: after commit, in the background, never twice in one burst."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from smsdesk.lib.doorbell import doorbell

if TYPE_CHECKING:
    from datetime import datetime


def ring(task: Any, *, eta: datetime | None = None, **kwargs: int | str) -> None:
    """Ask a worker to run ``task`` (at ``eta``, if given). Never raises, never waits."""
    key = (task.name, tuple(sorted(kwargs.items())), eta)
    doorbell.ring(
        key, partial(task.apply_async, kwargs=kwargs, eta=eta, retry=False, ignore_result=True)
    )
