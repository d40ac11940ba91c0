"""A text comes to wait in a queue: from then on its overflow counts (B1, N9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from routing.events import OverflowArmed, TextWaiting
from routing.models import OverflowStep
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Iterable


class NewWait(TypedDict):
    """The fields of a conversation that tell of its waiting in the queue where it is."""

    waits_since: datetime
    overflow_after: int
    overflow_due_at: datetime | None
    overflow_left: list[int]
    asks_level: int | None


def new_wait(queue_id: int, now: datetime, *, left: Iterable[int] = ()) -> NewWait:
    """The fields of one that begins to wait in this queue; overflow moved it out of ``left``."""
    steps = OverflowStep.objects.filter(queue=queue_id)
    first = steps.order_by("after_seconds").values_list("after_seconds", flat=True).first()
    return NewWait(
        waits_since=now,
        overflow_after=0,
        overflow_due_at=None if first is None else now + timedelta(seconds=first),
        overflow_left=list(left),
        asks_level=None,
    )


def announce_waiting(interaction_id: int, queue_id: int, due_at: datetime | None) -> None:
    """Let it be offered, and let its next overflow step be taken in time."""
    publish(TextWaiting(queue_id))
    if due_at is not None:
        publish(OverflowArmed(interaction_id, due_at))
