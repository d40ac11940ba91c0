"""The clock of a customer who waits: it starts with a text and stops with an answer (F4, F6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from agents.services.desks import touch_desk
from routing.enums import InteractionState
from routing.models import Interaction
from routing.selectors.hours import hours_of

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Channel, Queue


def first_due(queue: Queue, channel: Channel, since: datetime) -> datetime | None:
    """When the first text of a conversation is to be answered. None: the queue has no target.

    ``since`` is when it was written; for one held off hours, when it was let into the queue.
    """
    return _after(queue.first_response_seconds, queue, channel, since)


def next_due(interaction: Interaction, channel: Channel, written_at: datetime) -> datetime | None:
    """When the answer to one more text is due: as before, where one is owed already.

    A parked conversation owes none until now.
    """
    if interaction.unanswered and interaction.state != InteractionState.PARKED:
        return interaction.response_due_at
    queue = interaction.queue
    return _after(queue.next_response_seconds, queue, channel, written_at)


def _after(
    target_seconds: int | None, queue: Queue, channel: Channel, since: datetime
) -> datetime | None:
    """So long after ``since``; where the queue says so, the closed hours do not count (N10)."""
    if target_seconds is None:
        return None
    target = timedelta(seconds=target_seconds)
    if queue.targets_in_hours and channel.schedule:
        return hours_of(channel.schedule).after_open(target, since)
    return since + target


@transaction.atomic
def note_opened(*, interaction_id: int, agent_id: int, now: datetime) -> None:
    """The agent has this conversation before their eyes; its blinking stops on every desk (F6).

    Opened before its time it has to be opened again after it. Changes nothing where nobody waits
    for an answer, and where it was noted before.
    """
    noted = Q(opened_at__isnull=True) | Q(
        opened_at__lt=F("response_due_at"), response_due_at__lte=now
    )
    opened = Interaction.objects.filter(
        noted,
        pk=interaction_id,
        agent_id=agent_id,
        state=InteractionState.ACTIVE,
        unanswered__gt=0,
    ).update(opened_at=now)
    # No desk looks different for one that still has time.
    late = Interaction.objects.filter(pk=interaction_id, response_due_at__lte=now)
    if opened and late.exists():
        touch_desk(agent_id)
