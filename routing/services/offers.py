"""Offers: accepted, rejected, lapsed or withdrawn; exactly one of these, once (C1–C4, N7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.enums import StatusReason
from agents.models import Agent
from agents.services.desks import touch_desk
from agents.services.places import free_place
from agents.services.presence import is_silent, leave
from agents.services.status import send_on_break
from routing.enums import (
    INTERACTION_MOVES,
    OFFER_MOVES,
    EventKind,
    InteractionState,
    OfferState,
)
from routing.events import TextWaiting
from routing.models import Interaction, Offer
from routing.services.drafts import draft_for
from routing.services.lifeline import record
from smsdesk.lib.events import publish
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from datetime import datetime


class OfferGone(Exception):
    """The offer is not there any more, or was never this agent's. Says where it went."""


class RejectNotAllowed(Exception):
    """The agent has no permission to reject (C4)."""


GONE_WORDS = {
    OfferState.ACCEPTED: "This conversation has been accepted already.",
    OfferState.REJECTED: "You rejected this conversation; it went on to a colleague.",
    OfferState.LAPSED: "The offer lapsed before you took it; it went on to a colleague.",
    OfferState.WITHDRAWN: "The offer was withdrawn and went on to a colleague.",
}


@transaction.atomic
def accept_offer(*, offer_id: int, agent_id: int, now: datetime) -> int:
    """Take the conversation that is offered. Returns the interaction's id.

    Accepting one's own accepted offer again (another tab) is no error. Raises OfferGone where it
    lapsed, was withdrawn, or is somebody else's; an offer is good until the moment it expires.
    """
    offer = _offer_of(offer_id, agent_id)
    if offer.state == OfferState.ACCEPTED:
        return offer.interaction_id
    if offer.state == OfferState.PENDING and offer.expires_at <= now:
        raise OfferGone(GONE_WORDS[OfferState.LAPSED])
    try:
        _decide(offer, OfferState.ACCEPTED, now)
    except OfferGone:
        if offer.state == OfferState.ACCEPTED:  # by another tab, at this moment
            return offer.interaction_id
        raise
    interaction = Interaction.objects.select_related("channel").get(pk=offer.interaction_id)
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.ACTIVE,
        agent_id=agent_id,
        accepted_at=now,
        opened_at=None,  # by this agent
        draft=draft_for(interaction, agent_id),
        inactivity_due_at=interaction.channel.inactive_at(now),
    )
    record(
        interaction.pk,
        EventKind.ACCEPTED,
        state=InteractionState.ACTIVE,
        at=now,
        agent_id=agent_id,
    )
    touch_desk(agent_id, idle_since=now)
    return interaction.pk


@transaction.atomic
def reject_offer(*, offer_id: int, agent_id: int, now: datetime) -> None:
    """Refuse the conversation: it goes to the next agent, this one goes On Break (C3).

    Raises RejectNotAllowed without the permission (C4), OfferGone where it is gone.
    """
    if not Agent.objects.filter(pk=agent_id, may_reject=True).exists():
        raise RejectNotAllowed("You do not have permission to reject. Ask your supervisor for it.")
    offer = _offer_of(offer_id, agent_id)
    _decide(offer, OfferState.REJECTED, now)
    _requeue(offer, EventKind.REJECTED, now)
    send_on_break(agent_id=agent_id, reason=StatusReason.REJECTED, now=now)


@transaction.atomic
def lapse_offer(*, offer_id: int, now: datetime) -> bool:
    """End an offer whose time is over: next agent, and On Break for this one (C3).

    An agent whose browser has fallen silent never saw it: the offer is withdrawn without a penalty,
    and the agent is absent from now on (N7). Does nothing, and returns False, where the offer is
    not over or was decided before.
    """
    offer = Offer.objects.filter(pk=offer_id, state=OfferState.PENDING).first()
    if offer is None or offer.expires_at > now:
        return False
    if is_silent(agent_id=offer.agent_id, now=now):
        withdrawn = withdraw(offer, now)
        if withdrawn:
            leave(agent_id=offer.agent_id)
        return withdrawn
    try:
        _decide(offer, OfferState.LAPSED, now)
    except OfferGone:
        return False
    _requeue(offer, EventKind.LAPSED, now)
    send_on_break(agent_id=offer.agent_id, reason=StatusReason.LAPSED, now=now)
    return True


def withdraw_offers(*, agent_id: int, now: datetime) -> int:
    """Pass the pending offers of an agent who cannot take them on to the next, without penalty.

    Returns how many were withdrawn.
    """
    pending = Offer.objects.filter(agent_id=agent_id, state=OfferState.PENDING)
    return sum(withdraw(offer, now) for offer in pending.order_by("pk"))


@transaction.atomic
def withdraw(offer: Offer, now: datetime) -> bool:
    """Pass one offer on, without penalty. False where it was decided before."""
    try:
        _decide(offer, OfferState.WITHDRAWN, now)
    except OfferGone:
        return False
    _requeue(offer, EventKind.WITHDRAWN, now)
    return True


def _offer_of(offer_id: int, agent_id: int) -> Offer:
    offer = Offer.objects.filter(pk=offer_id, agent_id=agent_id).first()
    if offer is None:
        raise OfferGone("This offer is not yours.")
    return offer


def _decide(offer: Offer, state: OfferState, now: datetime) -> None:
    try:
        move(Offer, offer.pk, table=OFFER_MOVES, to=state, decided_at=now)
    except StaleState:
        offer.refresh_from_db(fields=["state"])
        raise OfferGone(GONE_WORDS[OfferState(offer.state)]) from None


def _requeue(offer: Offer, kind: EventKind, now: datetime) -> None:
    """Back into the queue, at the place it had; the agent's place is free again."""
    move(
        Interaction,
        offer.interaction_id,
        table=INTERACTION_MOVES,
        to=InteractionState.QUEUED,
        only_from=InteractionState.OFFERED,
    )
    record(
        offer.interaction_id,
        kind,
        state=InteractionState.QUEUED,
        at=now,
        agent_id=offer.agent_id,
    )
    free_place(agent_id=offer.agent_id, now=now)
    publish(TextWaiting(offer.interaction.queue_id))
