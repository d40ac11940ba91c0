"""What an agent may read and act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from routing.enums import InteractionState, OfferState
from routing.models import Interaction, Message, Offer
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

ON_A_DESK = [InteractionState.ACTIVE, InteractionState.PARKED, InteractionState.WRAP_UP]


def interaction_for_agent(
    *, interaction_id: int, agent_id: int, locked: bool = False
) -> Interaction | None:
    """The conversation if it is this agent's, with channel and queue; None otherwise.

    ``locked``: it stays the agent's, in its state, until the caller's transaction ends.
    """
    if locked:
        found = _of_agent(interaction_id, agent_id)
        return found.select_for_update(of=["self"], no_key=True).first()
    rows = _read_of_agent(interaction_id, agent_id)
    return rows[0] if rows else None


def _of_agent(interaction_id: int, agent_id: int) -> QuerySet[Interaction]:
    return Interaction.objects.filter(pk=interaction_id, agent_id=agent_id).select_related(
        "channel__account", "queue", "agent", "handed_over_by"
    )


_read_of_agent = Prepared(_of_agent)


def offer_for_agent(*, offer_id: int, agent_id: int) -> Offer | None:
    """The offer, in whatever state, if it was made to this agent."""
    return Offer.objects.filter(pk=offer_id, agent_id=agent_id).first()


def receipt_of_offer(*, offer_id: int, agent_id: int) -> dict[str, Any] | None:
    """Why this offer was made to this agent (N8); None where it was made to somebody else."""
    offer = offer_for_agent(offer_id=offer_id, agent_id=agent_id)
    return offer.receipt if offer else None


def receipt_of_acceptance(*, interaction_id: int, agent_id: int) -> dict[str, Any] | None:
    """Why the agent was offered the conversation that they accepted; None for who accepted none."""
    accepted = Offer.objects.filter(
        interaction_id=interaction_id, agent_id=agent_id, state=OfferState.ACCEPTED
    )
    offer = accepted.order_by("-offered_at", "-pk").first()
    return offer.receipt if offer else None


def message_for_agent(*, message_id: int, agent_id: int) -> Message | None:
    """The message if it belongs to one of this agent's conversations."""
    return Message.objects.filter(pk=message_id, interaction__agent_id=agent_id).first()


def conversations_of(agent_id: int) -> QuerySet[Interaction]:
    """The conversations that are on this agent's desk, parked ones too, oldest first."""
    held = Interaction.objects.filter(agent_id=agent_id, state__in=ON_A_DESK)
    return held.select_related("channel").order_by("accepted_at", "pk")


def agents_with(*, addresses: Collection[str], interaction_ids: Collection[int]) -> set[int]:
    """The agents whose desks show one of these numbers or conversations, offered or accepted."""
    of_these = Q(customer_address__in=addresses) | Q(pk__in=interaction_ids)
    shown = Interaction.objects.filter(of_these)
    talking = shown.filter(state__in=ON_A_DESK).values_list("agent_id", flat=True)
    offered = Offer.objects.filter(
        state=OfferState.PENDING, interaction__in=shown.filter(state=InteractionState.OFFERED)
    ).values_list("agent_id", flat=True)
    return {agent_id for agent_id in (*talking, *offered) if agent_id}
