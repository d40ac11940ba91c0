"""A supervisor steps into a conversation: ends it, moves it, takes it over, whispers (N11).

Locks in the house's order: the pending offer, the conversation, then agents by their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from agents.models import Agent
from agents.services.audit import record_act
from agents.services.desks import touch_desk
from agents.services.places import free_place, lock_agent, take_place
from agents.services.supervision import name_of
from routing.enums import INTERACTION_MOVES, NOBODYS, EventKind, InteractionState, OfferState
from routing.models import Interaction, Offer, Queue
from routing.selectors.waiting import asked_directly
from routing.services.assignment import make_offer
from routing.services.drafts import draft_for
from routing.services.handover import let_go
from routing.services.interactions import (
    AlreadyEnded,
    end_for_supervisor,
    let_in,
    lock_interaction,
)
from routing.services.lifeline import record
from routing.services.matching import explain_direct, why_not
from routing.services.offers import withdraw
from routing.services.waiting import announce_waiting, new_wait
from smsdesk.lib.states import move

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from agents.models.agent import AgentWithLimit

LONGEST_WHISPER = LONGEST_REASON = 500
LONGEST_DISPOSITION = 80
OVER = (InteractionState.WRAP_UP, InteractionState.CLOSED)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a text ends that nobody answered: a disposition, written words, or both."""

    disposition: str = ""
    reason: str = ""


class ActRefused(Exception):
    """It cannot be done to this conversation now. Says why; nothing was changed."""


@transaction.atomic
def end_conversation(*, interaction_id: int, actor: User, now: datetime) -> None:
    """End a conversation that an agent has; the agent wraps it up. Raises ActRefused."""
    interaction = lock_interaction(interaction_id)
    if interaction.state in NOBODYS:
        raise ActRefused("No agent has it now. Say why it ends, and end it then.")
    try:
        end_for_supervisor(interaction, by=name_of(actor), now=now)
    except AlreadyEnded as refused:
        raise ActRefused(str(refused)) from None
    _audit(interaction, "ended", actor, now)


@transaction.atomic
def end_unanswered(*, interaction_id: int, why: Why, actor: User, now: datetime) -> None:
    """Close a conversation that nobody has: it waits, is offered or is held. Raises ActRefused.

    Its log keeps the reason: nobody else will tell why it was never answered. The audit trail does
    not, for written words may name a customer.
    """
    check(why)
    offer, interaction = _lock(interaction_id)
    if interaction.agent_id is not None:
        raise ActRefused("An agent took it just now, and it goes on.")
    if offer is not None:
        withdraw(offer, now)
    end_for_supervisor(
        interaction, by=name_of(actor), disposition=why.disposition, note=why.reason, now=now
    )
    _audit(interaction, "ended", actor, now)


def check(why: Why) -> None:
    """Raise ActRefused where nobody would learn from this why a text was never answered."""
    if not (why.disposition or why.reason):
        raise ActRefused("Say why it ends: choose a disposition, or write a reason.")
    if len(why.reason) > LONGEST_REASON or len(why.disposition) > LONGEST_DISPOSITION:
        raise ActRefused(f"A reason has at most {LONGEST_REASON} characters. Shorten it.")


@transaction.atomic
def move_to_queue(*, interaction_id: int, queue_id: int, actor: User, now: datetime) -> None:
    """Let a conversation wait for anybody in a queue, its own or another. Raises ActRefused."""
    queue = Queue.objects.filter(pk=queue_id).first()
    if queue is None:
        raise ActRefused("There is no such queue any more. Choose another.")
    offer, interaction = _lock(interaction_id)
    same = queue.pk == interaction.queue_id
    if same and interaction.state == InteractionState.QUEUED:
        raise ActRefused(f"It waits in {queue.name} already.")
    kind = EventKind.REQUEUED if same else EventKind.TRANSFERRED
    due_at = _let_wait(interaction, offer, queue, kind, to=queue.name, actor=actor, now=now)
    announce_waiting(interaction.pk, queue.pk, due_at)
    _audit(interaction, "moved", actor, now, to=queue.name)


@transaction.atomic
def move_to_agent(*, interaction_id: int, to_agent_id: int, actor: User, now: datetime) -> None:
    """Offer a conversation to one agent and to nobody else. Raises ActRefused."""
    offer, interaction = _lock(interaction_id)
    holder_id = offer.agent_id if offer else interaction.agent_id
    agents = _lock_agents(holder_id, to_agent_id)
    if to_agent_id not in agents:
        raise ActRefused("There is no such agent any more. Choose another.")
    agent = agents[to_agent_id]
    if holder_id == to_agent_id:
        raise ActRefused(f"{agent.name} has it already.")
    reason = why_not(asked_directly(agent))
    if reason:
        raise ActRefused(f"{agent.name} {reason} and cannot take it now. Choose somebody else.")
    _let_wait(
        interaction,
        offer,
        interaction.queue,
        EventKind.TRANSFERRED,
        to=agent.name,
        actor=actor,
        now=now,
    )
    make_offer(
        interaction_id=interaction.pk,
        queue=interaction.queue,
        agent=agent,
        receipt=explain_direct(agent.pk, agent.name, f"given directly by {name_of(actor)}"),
        now=now,
    )
    _audit(interaction, "moved", actor, now, to=agent.name)


@transaction.atomic
def take_over(*, interaction_id: int, actor: User, now: datetime) -> None:
    """Give a conversation to the supervisor's own desk, from whoever has it. Raises ActRefused."""
    own = Agent.objects.filter(user=actor).values_list("pk", flat=True).first()
    if own is None:
        raise ActRefused("You have no desk of your own. Ask an administrator to make you an agent.")
    offer, interaction = _lock(interaction_id)
    if interaction.agent_id == own:
        raise ActRefused("This conversation is yours already.")
    holder_id = offer.agent_id if offer else interaction.agent_id
    agent = _lock_agents(holder_id, own)[own]
    if agent.load - (holder_id == own) >= agent.capacity:
        raise ActRefused(
            f"You have {agent.load} of {agent.capacity} conversations. End or hand over one first."
        )
    _let_wait(
        interaction,
        offer,
        interaction.queue,
        EventKind.TAKEN_OVER,
        to=agent.name,
        actor=actor,
        now=now,
    )
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.ACTIVE,
        agent=agent,
        accepted_at=now,
        held_until=None,
        inactivity_due_at=interaction.channel.inactive_at(now),
        draft=draft_for(interaction, own),
    )
    record(
        interaction.pk,
        EventKind.ACCEPTED,
        state=InteractionState.ACTIVE,
        at=now,
        agent_id=own,
    )
    take_place(agent=agent, now=now)
    _audit(interaction, "took over", actor, now)


@transaction.atomic
def whisper(*, interaction_id: int, words: str, actor: User, now: datetime) -> None:
    """Say something to the agent of a conversation, and to nobody else. Raises ActRefused.

    It stands in the life line, never in the thread nor in the transcript.
    """
    words = words.replace("\x00", "").strip()
    if not words:
        raise ActRefused("Write something to whisper.")
    if len(words) > LONGEST_WHISPER:
        raise ActRefused(f"A whisper has at most {LONGEST_WHISPER} characters. Shorten it.")
    interaction = lock_interaction(interaction_id)
    if interaction.state != InteractionState.ACTIVE:
        raise ActRefused("No agent is talking here now, so nobody would read it.")
    assert interaction.agent_id is not None
    record(
        interaction.pk,
        EventKind.WHISPERED,
        at=now,
        agent_id=interaction.agent_id,
        supervisor=name_of(actor),
        words=words,
    )
    Interaction.objects.filter(pk=interaction.pk).update(revision=F("revision") + 1)
    _audit(interaction, "whispered in", actor, now)
    touch_desk(interaction.agent_id)


@transaction.atomic
def note_monitoring(*, interaction_id: int, actor: User, now: datetime) -> None:
    """Write down that a supervisor opened a conversation to follow it."""
    _audit(Interaction.objects.get(pk=interaction_id), "monitored", actor, now)


def _lock(interaction_id: int) -> tuple[Offer | None, Interaction]:
    """The conversation with its pending offer, locked, where it can go on to somebody else."""
    pending = Offer.objects.filter(interaction=interaction_id, state=OfferState.PENDING)
    offer = pending.select_for_update(no_key=True).first()
    interaction = lock_interaction(interaction_id)
    if interaction.state in OVER:
        raise ActRefused("This conversation has ended already.")
    if interaction.state == InteractionState.OFFERED and offer is None:  # since we looked
        raise ActRefused("It was offered to an agent just now. Try again.")
    return offer, interaction


def _lock_agents(*agent_ids: int | None) -> dict[int, AgentWithLimit]:
    there = Agent.objects.filter(pk__in=[pk for pk in agent_ids if pk is not None])
    return {pk: lock_agent(pk) for pk in sorted(there.values_list("pk", flat=True))}


def _let_wait(
    interaction: Interaction,
    offer: Offer | None,
    queue: Queue,
    kind: EventKind,
    *,
    to: str,
    actor: User,
    now: datetime,
) -> datetime | None:
    """Take it from whoever has it, into a queue. Returns when it moves on from there."""
    by = name_of(actor)
    if interaction.agent_id is not None:
        parked = interaction.state == InteractionState.PARKED
        due_at = let_go(interaction, queue, kind, to=to, note="", now=now, supervisor=by)
        if parked:
            touch_desk(interaction.agent_id)
        else:
            free_place(agent_id=interaction.agent_id, now=now)
        return due_at
    if offer is not None:
        withdraw(offer, now)
    if interaction.state == InteractionState.HELD:  # to be answered though the channel is closed
        due_at = let_in(interaction, queue, now)
        state = InteractionState.QUEUED.value
    else:  # it waits already and keeps its age
        wait = new_wait(queue.pk, now)
        due_at, state = wait["overflow_due_at"], ""
        Interaction.objects.filter(pk=interaction.pk).update(
            queue=queue,
            priority=interaction.priority - interaction.queue.priority + queue.priority,
            **wait,
        )
    record(interaction.pk, kind, state=state, at=now, to=to, supervisor=by)
    return due_at


def _audit(interaction: Interaction, act: str, actor: User, now: datetime, **after: str) -> None:
    """Without the customer's number: the trail outlives what must be erasable."""
    before = {"queue": interaction.queue.name}
    if interaction.agent_id is not None:
        before["agent"] = str(interaction.agent)
    record_act(
        actor=actor,
        act=act,
        subject=interaction,
        label=f"conversation {interaction.pk}",
        before=before,
        after=after,
        now=now,
    )
