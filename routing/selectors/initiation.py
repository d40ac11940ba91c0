"""Whom an agent may text first, over which channels, and what stands in the way (I1, I2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from routing.enums import OPEN_STATES, ChannelState, InteractionState, OfferState
from routing.models import Channel, Interaction, Offer, QueueMember
from routing.selectors.consent import opted_out
from routing.selectors.policy import sending_rules, why_not_sent, why_nothing_goes
from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from agents.models import Agent
    from agents.models.agent import AgentWithLimit

NO_PERMISSION = "You do not have permission to text first. Ask your supervisor for it."
NO_CHANNEL = (
    "None of your queues has a number that agents may text first from. Ask your supervisor for one."
)
NONE_ACTIVE = (
    "No number that you may text first from is active now. Ask your supervisor when one will be."
)


def channels_to_text_over(agent_id: int) -> QuerySet[Channel]:
    """Active channels over which this agent may begin conversations: of a queue of theirs."""
    return _channels_of(agent_id).filter(state=ChannelState.ACTIVE)


def _channels_of(agent_id: int | OuterRef) -> QuerySet[Channel]:
    return (
        Channel.objects.filter(allow_agent_initiated=True, queue__memberships__agent_id=agent_id)
        .select_related("queue")
        .order_by("name")
    )


def with_channel(agents: QuerySet[Any]) -> QuerySet[Any]:
    """With ``has_channel``: whether there is one over which each may begin conversations."""
    told: QuerySet[Any] = agents.annotate(has_channel=Exists(_channels_of(OuterRef("pk"))))
    return told


def why_not_text_first(agent: Agent, *, has_channel: bool | None = None) -> str:
    """Why this agent is none who texts first, in a sentence; empty where they are one.

    ``has_channel`` is what ``with_channel`` says, looked up where it is not given.
    What passes, such as SMS that is switched off, is said when they are about to: a desk stays open
    for days.
    """
    if not agent.may_initiate:
        return NO_PERMISSION
    if has_channel is None:
        has_channel = _channels_of(agent.pk).exists()
    return "" if has_channel else NO_CHANNEL


def why_not_text_first_now(agent: Agent) -> str:
    """Why this agent cannot text first at this moment, in a sentence; empty where they can."""
    why = why_not_text_first(agent) or why_nothing_goes(sending_rules(agent.pk))
    return why or ("" if channels_to_text_over(agent.pk).exists() else NONE_ACTIVE)


def why_no_place(agent: AgentWithLimit) -> str:
    """Why this agent cannot take one more conversation now, in a sentence; empty where they can."""
    if agent.load < agent.capacity:
        return ""
    return (
        f"You hold {agent.load} of {agent.capacity} conversations."
        " Wrap one up, and send again; the text is kept."
    )


def last_agent(channel_id: int, address: str, *, since: datetime) -> int | None:
    """Who talked with the number over the channel in the last conversation that ended since."""
    ended = Interaction.objects.filter(
        channel=channel_id, customer_address=address, agent__isnull=False, ended_at__gte=since
    )
    return ended.order_by("-pk").values_list("agent_id", flat=True).first()


def last_channel_with(address: str, channel_ids: list[int]) -> int | None:
    """The channel of these over which the number was last talked with."""
    talked = Interaction.objects.filter(customer_address=address, channel__in=channel_ids)
    return talked.order_by("-pk").values_list("channel_id", flat=True).first()


def open_conversation(*, channel_id: int, address: str) -> Interaction | None:
    """The one conversation of this number over this channel that is open."""
    return (
        Interaction.objects.filter(
            channel=channel_id, customer_address=address, state__in=OPEN_STATES
        )
        .select_related("agent", "queue", "channel")
        .first()
    )


def why_no_text(*, channel: Channel, address: str, agent_id: int) -> str:
    """Why this agent may not text this number over this channel; empty where they may."""
    if Channel.objects.filter(number=address).exists():
        return f"{phone.display(address)} is one of our own numbers. Enter a customer's."
    if phone.is_emergency(address, region=channel.region):
        return f"{address} is an emergency number, which no text from here reaches. Call it."
    if opted_out(channel.pk, address):
        return (
            f"{phone.display(address)} asked for no more texts from {channel.name}."
            " It can be texted again when the customer texts START."
        )
    rules = sending_rules(agent_id, numbers=[address])
    return why_not_sent(rules, channel=channel, address=address)


def why_not_joined(interaction: Interaction, agent_id: int) -> str:
    """Why this agent cannot write in an open conversation, in a sentence: who has it, what to do.

    Empty where it is the agent's, or waits in a queue of theirs.
    """
    state = interaction.state
    if state in {InteractionState.QUEUED, InteractionState.HELD}:
        if QueueMember.objects.filter(queue=interaction.queue_id, agent=agent_id).exists():
            return ""
        return (
            f"A text of this number waits in the queue {interaction.queue.name}, of which you are"
            " no member. Its agents will answer; text over another number if it is urgent."
        )
    if state == InteractionState.OFFERED:
        pending = Offer.objects.filter(interaction=interaction, state=OfferState.PENDING)
        offer = pending.select_related("agent").first()
        if offer is None or offer.agent_id == agent_id:
            return ""
        return (
            f"A text of this number is being offered to {offer.agent.name} right now."
            " Wait a moment, and try again."
        )
    if interaction.agent_id == agent_id or interaction.agent is None:
        return ""
    does = "has parked" if state == InteractionState.PARKED else "is in"
    return (
        f"{interaction.agent.name} {does} a conversation with this number over"
        f" {interaction.channel.name}. Ask them to hand it over, or text over another number."
    )
