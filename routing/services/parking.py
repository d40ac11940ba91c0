"""A conversation is put aside until a time, and comes back by itself (N4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from django.db import transaction
from django.db.models import F

from agents.services.desks import touch_desk
from agents.services.places import free_place, lock_agent, take_place
from routing.enums import INTERACTION_MOVES, EventKind, InteractionState
from routing.events import ConversationParked
from routing.models import Interaction
from routing.selectors.waiting import asked_directly
from routing.services.assignment import make_offer
from routing.services.interactions import NotYours, lock_interaction
from routing.services.lifeline import record
from routing.services.matching import explain_direct, why_not
from routing.services.waiting import announce_waiting, new_wait
from smsdesk.lib.events import publish
from smsdesk.lib.states import move

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = timedelta(days=30)
# What a waking is called in the receipt of the offer to who parked it.
WHY = {
    "time": "parked by this agent, and its time has come",
    "text": "parked by this agent, and the customer has written",
}


class ParkRefused(Exception):
    """The conversation cannot be parked or taken up again. Says why; nothing was changed."""


@transaction.atomic
def park(*, interaction_id: int, agent_id: int, until: datetime, now: datetime) -> None:
    """Put a conversation aside until a time; its place is free meanwhile.

    It stays the agent's, ends for no silence, and owes no answer until it wakes. Raises NotYours,
    and ParkRefused where it is not active or the time is no good.
    """
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state == InteractionState.PARKED:
        raise ParkRefused("This conversation is parked already.")
    if interaction.state != InteractionState.ACTIVE:
        raise ParkRefused("This conversation has ended; there is nothing to park.")
    if until <= now:
        raise ParkRefused("This time is over already. Choose one that is still to come.")
    if until > now + LONGEST:
        raise ParkRefused(f"Choose a time within the next {LONGEST.days} days.")
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.PARKED,
        parked_until=until,
        inactivity_due_at=None,
        response_due_at=None,
        revision=F("revision") + 1,
    )
    record(
        interaction.pk,
        EventKind.PARKED,
        state=InteractionState.PARKED,
        at=now,
        agent_id=agent_id,
        until=until.isoformat(),
    )
    free_place(agent_id=agent_id, now=now)
    publish(ConversationParked(interaction.pk, until))


@transaction.atomic
def resume(*, interaction_id: int, agent_id: int, now: datetime) -> None:
    """Take a parked conversation up again before its time; it takes a place.

    Raises NotYours, and ParkRefused where it is not parked or the agent has no place for it.
    """
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state != InteractionState.PARKED:
        raise ParkRefused("This conversation is not parked any more.")
    agent = lock_agent(agent_id)
    if agent.load >= agent.capacity:
        raise ParkRefused(
            f"You have {agent.load} of {agent.capacity} conversations."
            " End, hand over or park one first; this one stays parked."
        )
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.ACTIVE,
        only_from=InteractionState.PARKED,
        parked_until=None,
        inactivity_due_at=interaction.channel.inactive_at(now),
        revision=F("revision") + 1,
    )
    record(
        interaction.pk,
        EventKind.RESUMED,
        state=InteractionState.ACTIVE,
        at=now,
        agent_id=agent_id,
        by="agent",
    )
    take_place(agent=agent, now=now)


@transaction.atomic
def wake_if_due(*, interaction_id: int, now: datetime) -> bool:
    """Wake a parked conversation whose time has come. False if it is not due."""
    interaction = lock_interaction(interaction_id)
    until = interaction.parked_until
    if interaction.state != InteractionState.PARKED or until is None or until > now:
        return False
    wake(interaction, by="time", now=now)
    return True


def wake(interaction: Interaction, *, by: Literal["time", "text"], now: datetime) -> None:
    """Offer a parked conversation, which the caller has locked, to who parked it.

    Where that agent cannot take it now, or does not, it waits in its queue for anybody. What the
    agent has not sent stays with it, and is there again if it comes back to them.
    """
    assert interaction.agent_id is not None
    agent = lock_agent(interaction.agent_id)
    comes_back = not why_not(asked_directly(agent))
    wait = new_wait(interaction.queue_id, now)
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.QUEUED,
        only_from=InteractionState.PARKED,
        agent=None,
        parked_until=None,
        queued_at=now,
        opened_at=None,
        revision=F("revision") + 1,
        **wait,
    )
    record(
        interaction.pk,
        EventKind.RESUMED,
        state=InteractionState.QUEUED,
        at=now,
        agent_id=agent.pk,
        by=by,
    )
    if not comes_back:
        touch_desk(agent.pk)
        announce_waiting(interaction.pk, interaction.queue_id, wait["overflow_due_at"])
        return
    make_offer(
        interaction_id=interaction.pk,
        queue=interaction.queue,
        agent=agent,
        receipt=explain_direct(agent.pk, agent.name, WHY[by]),
        now=now,
    )
