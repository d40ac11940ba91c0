"""What an agent may read and act on."""

from __future__ import annotations

from routing.models import Interaction, Message, Offer


def interaction_for_agent(*, interaction_id: int, agent_id: int) -> Interaction | None:
    """The conversation if it is this agent's, with channel and queue; None otherwise."""
    return (
        Interaction.objects.filter(pk=interaction_id, agent_id=agent_id)
        .select_related("channel__account", "queue", "agent")
        .first()
    )


def offer_for_agent(*, offer_id: int, agent_id: int) -> Offer | None:
    """The offer, in whatever state, if it was made to this agent."""
    return Offer.objects.filter(pk=offer_id, agent_id=agent_id).first()


def message_for_agent(*, message_id: int, agent_id: int) -> Message | None:
    """The message if it belongs to one of this agent's conversations."""
    return Message.objects.filter(pk=message_id, interaction__agent_id=agent_id).first()
