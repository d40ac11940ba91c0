"""The end of a conversation: wrap-up, disposition, the log on its case (H1–H5, H10–H12)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from agents.services.desks import touch_desk
from agents.services.places import free_place
from agents.services.status import return_from_wrap_up
from routing.enums import (
    INTERACTION_MOVES,
    OPEN_STATES,
    EndedBy,
    EventKind,
    InteractionState,
)
from routing.events import WrapUpStarted
from routing.models import Interaction
from routing.selectors.hours import hours_of
from routing.services.lifeline import record
from routing.services.sla import first_due
from routing.services.waiting import announce_waiting, new_wait
from smsdesk.lib.events import publish
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Queue


class NotYours(Exception):
    """The conversation is another agent's."""


class AlreadyEnded(Exception):
    """The conversation has ended, or is closed, already."""


class DispositionRequired(Exception):
    """The queue asks for a disposition before a conversation is closed."""


class NoMoreTime(Exception):
    """The queue gives no more time for this wrap-up."""


def end_interaction(*, interaction_id: int, agent_id: int, now: datetime) -> None:
    """The agent ends a conversation and begins to wrap up (H1, H2).

    Raises NotYours, and AlreadyEnded where it is in wrap-up or closed.
    """
    with transaction.atomic():
        interaction = lock_interaction(interaction_id)
        if interaction.agent_id != agent_id:
            raise NotYours("This conversation is not yours.")
        if interaction.state != InteractionState.ACTIVE:
            raise AlreadyEnded("This conversation has ended already.")
        _end(interaction, EndedBy.AGENT, now)


@transaction.atomic
def end_if_inactive(*, interaction_id: int, now: datetime) -> bool:
    """End a conversation in which nobody wrote for too long (H12). False if it is not due."""
    interaction = lock_interaction(interaction_id)
    due = interaction.inactivity_due_at
    if interaction.state != InteractionState.ACTIVE or due is None or due > now:
        return False
    _end(interaction, EndedBy.TIMER, now)
    return True


def end_for_supervisor(
    interaction: Interaction, *, by: str, now: datetime, disposition: str = "", note: str = ""
) -> None:
    """End a conversation, which the caller has locked; its agent wraps it up as always (N11).

    One that has no place, because it is parked or nobody's yet, is closed at once, with this
    disposition and note. An offer of it is the caller's to withdraw first. Raises AlreadyEnded.
    """
    if interaction.state in {InteractionState.WRAP_UP, InteractionState.CLOSED}:
        raise AlreadyEnded("This conversation has ended already.")
    if interaction.state == InteractionState.ACTIVE:
        _end(interaction, EndedBy.SUPERVISOR, now, supervisor=by)
    else:
        _close_at_once(interaction, by, now, disposition=disposition, note=note)


def _close_at_once(
    interaction: Interaction, by: str, now: datetime, *, disposition: str, note: str
) -> None:
    due = interaction.response_due_at
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.CLOSED,
        ended_at=now,
        ended_by=EndedBy.SUPERVISOR,
        closed_at=now,
        held_until=None,
        parked_until=None,
        overflow_due_at=None,
        response_due_at=None,
        unanswered=0,
        disposition=disposition,
        note=_clean(note),
        revision=F("revision") + 1,
    )
    record(
        interaction.pk,
        EventKind.ENDED,
        at=now,
        agent_id=interaction.agent_id,
        ended_by=EndedBy.SUPERVISOR.value,
        supervisor=by,
        due=due.isoformat() if due else "",
    )
    record(
        interaction.pk,
        EventKind.CLOSED,
        state=InteractionState.CLOSED,
        at=now,
        agent_id=interaction.agent_id,
        disposition=disposition,
    )
    _save_log(interaction.pk)
    if interaction.agent_id is not None:
        touch_desk(interaction.agent_id)


def _end(interaction: Interaction, ended_by: EndedBy, now: datetime, **detail: Any) -> None:
    due_at = now + timedelta(seconds=interaction.queue.wrap_up_seconds)
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.WRAP_UP,
        ended_at=now,
        ended_by=ended_by,
        wrap_up_due_at=due_at,
        inactivity_due_at=None,
        response_due_at=None,
        unanswered=0,
        revision=interaction.revision + 1,
    )
    record(
        interaction.pk,
        EventKind.ENDED,
        state=InteractionState.WRAP_UP,
        at=now,
        agent_id=interaction.agent_id,
        ended_by=ended_by.value,
        due=interaction.response_due_at.isoformat() if interaction.response_due_at else "",
        **detail,
    )
    _save_log(interaction.pk)
    assert interaction.agent_id is not None
    touch_desk(interaction.agent_id)
    publish(WrapUpStarted(interaction.pk, due_at))


@transaction.atomic
def wrap_up(
    *, interaction_id: int, agent_id: int, disposition: str, note: str, now: datetime
) -> None:
    """The agent closes an ended conversation with its disposition and note (H3, H4).

    Raises NotYours; DispositionRequired where the queue wants one; AlreadyEnded where it is
    closed; StaleState where it has not been ended yet.
    """
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state == InteractionState.CLOSED:
        raise AlreadyEnded("This conversation is closed already.")
    if interaction.state != InteractionState.WRAP_UP:
        raise StaleState("End the conversation before you wrap it up.")
    if interaction.queue.disposition_required and not disposition:
        raise DispositionRequired("Choose a disposition first; this queue asks for one.")
    _close(interaction, now, disposition=disposition[:80], note=note, countdown_ran_out=False)


@transaction.atomic
def keep_wrap_up_draft(
    *,
    interaction_id: int,
    agent_id: int,
    disposition: str | None = None,
    note: str | None = None,
) -> None:
    """Keep what is chosen and typed during wrap-up, so that zero closes with it (H5).

    What is None is left as it is: another device may be at it. What was on its way at zero is kept,
    too. Raises NotYours, StaleState before the end, and AlreadyEnded where somebody wrapped the
    conversation up.
    """
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state in OPEN_STATES:
        raise StaleState("End the conversation before you wrap it up.")
    if interaction.state != InteractionState.WRAP_UP and not interaction.wrap_up_ran_out:
        raise AlreadyEnded("This conversation is closed already; nothing was changed.")
    words = {"disposition": disposition and disposition[:80], "note": note and _clean(note)}
    typed = {name: text for name, text in words.items() if text is not None}
    Interaction.objects.filter(pk=interaction.pk).update(**typed)
    if interaction.state == InteractionState.CLOSED:
        _save_log(interaction.pk)
    touch_desk(agent_id)


@transaction.atomic
def extend_wrap_up(*, interaction_id: int, agent_id: int, now: datetime) -> None:
    """Give a wrap-up more time, once, where its queue allows it (H2).

    Raises NotYours; AlreadyEnded where it is closed; NoMoreTime where the queue gives none, or has
    given it; StaleState where the conversation has not been ended yet.
    """
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state == InteractionState.CLOSED:
        raise AlreadyEnded("This conversation is closed already.")
    if interaction.state != InteractionState.WRAP_UP or interaction.wrap_up_due_at is None:
        raise StaleState("End the conversation before you wrap it up.")
    seconds = interaction.queue.wrap_up_extension_seconds
    if not seconds:
        raise NoMoreTime("This queue gives no more time for wrapping up.")
    if interaction.wrap_up_extended:
        raise NoMoreTime("You were given more time already; it is given once.")
    due_at = interaction.wrap_up_due_at + timedelta(seconds=seconds)
    Interaction.objects.filter(pk=interaction.pk).update(
        wrap_up_due_at=due_at, wrap_up_extended=True
    )
    record(interaction.pk, EventKind.EXTENDED, at=now, agent_id=agent_id, seconds=seconds)
    touch_desk(agent_id)
    # The countdown to the former zero looks at the row, and does nothing.
    publish(WrapUpStarted(interaction.pk, due_at))


@transaction.atomic
def close_if_wrap_up_is_over(*, interaction_id: int, now: datetime) -> bool:
    """Close a conversation whose wrap-up countdown is at zero (H5). False if it is not."""
    interaction = lock_interaction(interaction_id)
    due = interaction.wrap_up_due_at
    if interaction.state != InteractionState.WRAP_UP or due is None or due > now:
        return False
    _close(
        interaction,
        now,
        disposition=interaction.disposition,
        note=interaction.note,
        countdown_ran_out=True,
    )
    return True


def _close(
    interaction: Interaction,
    now: datetime,
    *,
    disposition: str,
    note: str,
    countdown_ran_out: bool,
) -> None:
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.CLOSED,
        closed_at=now,
        wrap_up_due_at=None,
        disposition=disposition,
        note=_clean(note),
    )
    record(
        interaction.pk,
        EventKind.CLOSED,
        state=InteractionState.CLOSED,
        at=now,
        agent_id=interaction.agent_id,
        disposition=disposition,
    )
    _save_log(interaction.pk)
    assert interaction.agent_id is not None
    assert interaction.ended_at is not None
    free_place(agent_id=interaction.agent_id, now=now)
    return_from_wrap_up(
        agent_id=interaction.agent_id,
        ended_at=interaction.ended_at,
        countdown_ran_out=countdown_ran_out,
        now=now,
    )


@transaction.atomic
def release_if_open(*, interaction_id: int, now: datetime) -> bool:
    """Queue a text held for opening hours, once they have come. Held on where they have not."""
    interaction = lock_interaction(interaction_id)
    due = interaction.held_until
    if interaction.state != InteractionState.HELD or due is None or due > now:
        return False
    schedule = interaction.channel.schedule
    hours = hours_of(schedule) if schedule else None
    if hours is not None and not hours.is_open(now):
        next_look = hours.next_opening(now) or now + timedelta(days=1)
        Interaction.objects.filter(pk=interaction.pk).update(held_until=next_look)
        return False
    due_at = let_in(interaction, interaction.queue, now)
    record(interaction.pk, EventKind.QUEUED, state=InteractionState.QUEUED, at=now)
    announce_waiting(interaction.pk, interaction.queue_id, due_at)
    return True


def let_in(interaction: Interaction, queue: Queue, now: datetime) -> datetime | None:
    """Let a held text wait in a queue, its own or another. Returns when it moves on from there.

    In the caller's transaction; the caller writes down why.
    """
    wait = new_wait(queue.pk, now)
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.QUEUED,
        only_from=InteractionState.HELD,
        queue=queue,
        priority=interaction.priority - interaction.queue.priority + queue.priority,
        held_until=None,
        **wait,
        response_due_at=(
            first_due(queue, interaction.channel, now) if interaction.unanswered else None
        ),
    )
    return wait["overflow_due_at"]


def look_again_at_held(*, schedule_id: int | None = None, channel_id: int | None = None) -> None:
    """Let the sweeper ask anew whether held texts may go: their opening hours were changed."""
    held = Interaction.objects.filter(state=InteractionState.HELD)
    if schedule_id is not None:
        held = held.filter(channel__schedule_id=schedule_id)
    if channel_id is not None:
        held = held.filter(channel_id=channel_id)
    held.update(held_until=F("queued_at"))


def lock_interaction(interaction_id: int) -> Interaction:
    """The conversation, locked until commit, with its queue and channel."""
    # no_key, here as everywhere: a row that refers to this one, such as its link to a case, may be
    # committed meanwhile. The stronger lock keeps its commit waiting, and both deadlock.
    # Locked alone and read then: joined with its queue, a row that was moved to another while we
    # waited for its lock would not be found at all.
    Interaction.objects.select_for_update(no_key=True).get(pk=interaction_id)
    return Interaction.objects.select_related("queue", "channel__schedule").get(pk=interaction_id)


def _clean(note: str) -> str:
    """As PostgreSQL takes it."""
    return note.replace("\x00", "")


def _save_log(interaction_id: int) -> None:
    """Let the app above keep the chat log, in this transaction: none is ever lost (H8, H14)."""
    import_string(settings.CONVERSATION_LOG_HOOK)(interaction_id=interaction_id)
