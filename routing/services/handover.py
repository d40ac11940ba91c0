"""A conversation goes on to somebody else: a colleague, another queue, back to its own (N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from agents.models import Agent
from agents.services.places import free_place, lock_agent
from routing.enums import INTERACTION_MOVES, EventKind, InteractionState
from routing.models import Interaction, Queue
from routing.selectors.waiting import asked_directly
from routing.services.assignment import make_offer
from routing.services.interactions import NotYours, lock_interaction
from routing.services.lifeline import record
from routing.services.matching import explain_direct, why_not
from routing.services.waiting import announce_waiting, new_wait
from smsdesk.lib.states import move

if TYPE_CHECKING:
    from datetime import datetime


class HandOverRefused(Exception):
    """The conversation cannot go on, or not to there. Says why; nothing was changed."""


class TransferNotAllowed(HandOverRefused):
    """The agent has no permission to hand conversations over."""


@transaction.atomic
def transfer_to_queue(
    *, interaction_id: int, agent_id: int, queue_id: int, note: str, now: datetime
) -> None:
    """Let a conversation wait in another queue, with a note for who takes it there.

    It waits behind what waits there already. Its own queue is ``requeue``, which needs no
    permission. Raises NotYours, HandOverRefused.
    """
    interaction = _active(interaction_id, agent_id)
    if queue_id == interaction.queue_id:
        _give_back(interaction, note, now)
        return
    giver = _who_may_transfer(agent_id)
    queue = Queue.objects.filter(pk=queue_id).first()
    if queue is None:
        raise HandOverRefused(
            "There is no such queue any more. Choose another; the conversation is still yours."
        )
    due_at = let_go(interaction, queue, EventKind.TRANSFERRED, to=queue.name, note=note, now=now)
    free_place(agent_id=giver.pk, now=now)
    announce_waiting(interaction.pk, queue.pk, due_at)


@transaction.atomic
def requeue(*, interaction_id: int, agent_id: int, note: str, now: datetime) -> None:
    """Give a conversation back to its own queue. Raises NotYours, HandOverRefused."""
    _give_back(_active(interaction_id, agent_id), note, now)


@transaction.atomic
def transfer_to_agent(
    *, interaction_id: int, agent_id: int, to_agent_id: int, note: str, now: datetime
) -> None:
    """Offer a conversation to a colleague and to nobody else, with a note.

    The colleague needs no skill, but must be able to take it now. Where the offer is rejected,
    lapses or is withdrawn, the conversation waits in its queue for anybody. Raises NotYours,
    HandOverRefused.
    """
    interaction = _active(interaction_id, agent_id)
    giver = _who_may_transfer(agent_id)
    if to_agent_id == agent_id:
        raise HandOverRefused("This conversation is yours already. Choose a colleague.")
    if not Agent.objects.filter(pk=to_agent_id).exists():
        raise HandOverRefused(
            "There is no such colleague any more. Choose another; the conversation is still yours."
        )
    locked = {pk: lock_agent(pk) for pk in sorted((agent_id, to_agent_id))}
    colleague = locked[to_agent_id]
    reason = why_not(asked_directly(colleague))
    if reason:
        raise HandOverRefused(
            f"{colleague.name} {reason} and cannot take it now."
            " Choose somebody else; the conversation is still yours."
        )
    let_go(
        interaction,
        interaction.queue,
        EventKind.TRANSFERRED,
        to=colleague.name,
        note=note,
        now=now,
    )
    free_place(agent_id=agent_id, now=now)
    make_offer(
        interaction_id=interaction.pk,
        queue=interaction.queue,
        agent=colleague,
        receipt=explain_direct(
            colleague.pk, colleague.name, f"handed over directly by {giver.name}"
        ),
        now=now,
    )


def _active(interaction_id: int, agent_id: int) -> Interaction:
    interaction = lock_interaction(interaction_id)
    if interaction.agent_id != agent_id:
        raise NotYours("This conversation is not yours.")
    if interaction.state == InteractionState.PARKED:
        raise HandOverRefused("This conversation is parked. Resume it before you hand it over.")
    if interaction.state != InteractionState.ACTIVE:
        raise HandOverRefused("This conversation has ended; there is nothing to hand over.")
    return interaction


def _who_may_transfer(agent_id: int) -> Agent:
    giver = Agent.objects.get(pk=agent_id)
    if not giver.may_transfer:
        raise TransferNotAllowed(
            "You do not have permission to hand conversations over. Ask your supervisor for it."
        )
    return giver


def _give_back(interaction: Interaction, note: str, now: datetime) -> None:
    assert interaction.agent_id is not None
    agent_id = interaction.agent_id
    queue = interaction.queue
    due_at = let_go(interaction, queue, EventKind.REQUEUED, to=queue.name, note=note, now=now)
    free_place(agent_id=agent_id, now=now)
    announce_waiting(interaction.pk, queue.pk, due_at)


def let_go(
    interaction: Interaction,
    queue: Queue,
    kind: EventKind,
    *,
    to: str,
    note: str,
    now: datetime,
    **detail: Any,
) -> datetime | None:
    """Back to waiting, by its place from now on. What the customer is owed is still owed.

    What the agent has not sent stays with it, and is there again if it comes back to them. The
    caller has locked it, and frees its place. Returns when it moves on from the queue, if nobody
    takes it.
    """
    note = note.replace("\x00", "")
    wait = new_wait(queue.pk, now)
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.QUEUED,
        only_from=InteractionState(interaction.state),
        agent=None,
        queue=queue,
        # What a rule added stays with the conversation.
        priority=interaction.priority - interaction.queue.priority + queue.priority,
        queued_at=now,
        inactivity_due_at=None,
        parked_until=None,
        opened_at=None,
        handed_over_by_id=interaction.agent_id,
        handover_note=note,
        revision=F("revision") + 1,
        **wait,
    )
    record(
        interaction.pk,
        kind,
        state=InteractionState.QUEUED,
        at=now,
        agent_id=interaction.agent_id,
        to=to,
        note=note,
        **detail,
    )
    return wait["overflow_due_at"]
