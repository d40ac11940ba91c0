"""A text that waits too long moves on: other queue, relaxed skill, higher priority (N9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from routing.enums import EventKind, InteractionState, OverflowDoes
from routing.models import Interaction, OverflowStep
from routing.services.interactions import lock_interaction
from routing.services.lifeline import record
from routing.services.waiting import NewWait, announce_waiting, new_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

HIGHEST_PRIORITY = 10_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a text waits, as far as overflow changes it."""

    queue_id: int
    priority: int
    asks_level: int | None  # None: as the queue asks
    left: tuple[int, ...]  # queues that overflow moved it out of


def next_step(steps: Sequence[OverflowStep], *, done: int) -> OverflowStep | None:
    """The first step of a queue that comes after those of up to ``done`` seconds."""
    later = [step for step in steps if step.after_seconds > done]
    return min(later, key=lambda step: step.after_seconds, default=None)


def taken(waiting: Waiting, step: OverflowStep) -> Waiting:
    """How the text waits after the step: as before, where it would go back to where it was.

    So it is moved at most once out of any queue, and a circle of queues comes to an end.
    """
    if step.does == OverflowDoes.RAISE:
        raised = waiting.priority + (step.raise_by or 0)
        return replace(waiting, priority=min(raised, HIGHEST_PRIORITY))
    if step.does == OverflowDoes.RELAX:
        return replace(waiting, asks_level=step.level)
    if step.to_queue is None or step.to_queue.pk in {*waiting.left, waiting.queue_id}:
        return waiting
    return Waiting(
        queue_id=step.to_queue.pk,
        # What a rule and earlier steps added stays with the text.
        priority=waiting.priority - step.queue.priority + step.to_queue.priority,
        asks_level=None,
        left=(*waiting.left, waiting.queue_id),
    )


def overflowed(
    steps_of: Callable[[int], Sequence[OverflowStep]], waiting: Waiting, waited: timedelta
) -> Waiting:
    """How a text waits that nobody has taken for so long in all: moved on step by step."""
    done = 0
    while True:
        step = next_step(steps_of(waiting.queue_id), done=done)
        if step is None or timedelta(seconds=step.after_seconds) > waited:
            return waiting
        before, waiting = waiting, taken(waiting, step)
        done = step.after_seconds
        if waiting.queue_id != before.queue_id:  # there it waits anew
            waited -= timedelta(seconds=done)
            done = 0


def in_words(step: OverflowStep, before: Waiting, after: Waiting) -> str:
    """What the step did, for the life line and the routing receipt."""
    waited = f"after {step.after_seconds} seconds in {step.queue.name}"
    if step.does == OverflowDoes.RAISE:
        return f"priority raised from {before.priority} to {after.priority} {waited}"
    if step.does == OverflowDoes.RELAX:
        enough = f"level {step.level} is enough" if step.level else "none is asked for any more"
        return f"skill relaxed {waited}: {enough}"
    if after == before:
        return f"not moved to {step.to_queue} {waited}: it was moved out of there before"
    return f"moved to {step.to_queue} {waited}"


@transaction.atomic
def overflow_if_due(*, interaction_id: int, now: datetime) -> bool:
    """Take the next overflow step of a text that waits. False where none is due.

    One that is offered, or with an agent, waits for nobody; its step is taken if it comes back.
    """
    interaction = lock_interaction(interaction_id)
    due = interaction.overflow_due_at
    if interaction.state != InteractionState.QUEUED or due is None or due > now:
        return False
    steps = list(
        OverflowStep.objects.filter(queue=interaction.queue_id).select_related("queue", "to_queue")
    )
    since = interaction.waits_since or interaction.queued_at
    step = next_step(steps, done=interaction.overflow_after)
    due = due_of(step, since=since)
    if step is None or due is None or due > now:  # the queue's steps were changed meanwhile
        Interaction.objects.filter(pk=interaction_id).update(overflow_due_at=due)
        return False
    before = Waiting(
        interaction.queue_id,
        interaction.priority,
        interaction.asks_level,
        tuple(interaction.overflow_left),
    )
    after = taken(before, step)
    if after.queue_id != before.queue_id:
        wait = new_wait(after.queue_id, now, left=after.left)
    else:
        following = next_step(steps, done=step.after_seconds)
        wait = NewWait(
            waits_since=since,
            overflow_after=step.after_seconds,
            overflow_due_at=due_of(following, since=since),
            overflow_left=list(after.left),
            asks_level=after.asks_level,
        )
    Interaction.objects.filter(pk=interaction_id).update(
        queue=after.queue_id, priority=after.priority, **wait
    )
    record(interaction_id, EventKind.OVERFLOWED, at=now, words=in_words(step, before, after))
    announce_waiting(interaction_id, after.queue_id, wait["overflow_due_at"])
    return True


def due_of(step: OverflowStep | None, *, since: datetime) -> datetime | None:
    return None if step is None else since + timedelta(seconds=step.after_seconds)


def look_again_at_overflow(queue_id: int) -> None:
    """Let the sweeper ask anew when what waits in a queue moves on: its steps were changed."""
    waiting = Interaction.objects.filter(
        queue=queue_id, state__in=[InteractionState.QUEUED, InteractionState.OFFERED]
    )
    waiting.update(overflow_due_at=F("queued_at"))
