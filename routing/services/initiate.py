"""An agent texts first: a conversation begins, or the open one of that pair goes on (I1, I2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.models import Agent
from agents.services.places import lock_agent, take_place
from routing.enums import INTERACTION_MOVES, OPEN_STATES, EventKind, InteractionState, OfferState
from routing.models import Channel, Interaction, Message, Offer
from routing.selectors.initiation import (
    NO_PERMISSION,
    channels_to_text_over,
    why_no_place,
    why_no_text,
    why_not_joined,
)
from routing.services.drafts import draft_for
from routing.services.lifeline import record
from routing.services.offers import OfferGone, accept_offer
from routing.services.outbound import TextRefused, send_text
from routing.services.parking import ParkRefused, resume
from smsdesk.lib import phone
from smsdesk.lib.locks import lock_until_commit
from smsdesk.lib.states import move

if TYPE_CHECKING:
    import uuid
    from datetime import datetime


@transaction.atomic
def start_conversation(
    *,
    channel_id: int,
    agent_id: int,
    number: str,
    body: str,
    client_id: uuid.UUID,
    now: datetime,
) -> Message:
    """Text a number, in any national writing, over a channel. Returns the queued message.

    An open conversation of that number and channel is joined: the agent's own goes on, parked or
    not, one that waits or is offered to the agent becomes the agent's. Otherwise a new one begins,
    with its inactivity timer (H10) and a place of the agent's, whatever the status: it is the
    agent's own doing. The same ``client_id`` again returns the message it made before. Raises
    TextRefused where the agent may not, the number cannot be texted, somebody else has its
    conversation, the agent is not there or has no place left, or the text itself is refused;
    nothing was written.
    """
    channel = _channel(channel_id, agent_id)
    address = _address(channel, number)
    # As for a customer's text: nobody begins a second conversation of the pair meanwhile.
    lock_until_commit("thread", channel.pk, address)
    sent_before = (
        Message.objects.select_related("interaction")
        .filter(client_id=client_id, channel=channel, agent=agent_id)
        .first()
    )
    if sent_before is not None and sent_before.interaction.customer_address == address:
        if sent_before.body != body.replace("\x00", ""):
            raise TextRefused(
                "This text was sent already, as it was before you changed it."
                " Close this, and write on in its conversation."
            )
        return sent_before
    refused = why_no_text(channel=channel, address=address, agent_id=agent_id)
    if refused:
        raise TextRefused(refused)
    _accept_what_is_offered(channel, address, agent_id, now)
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(channel=channel, customer_address=address, state__in=OPEN_STATES)
        .first()
    )
    takes_place = interaction is None or interaction.agent_id is None
    if interaction is None:
        interaction = _begin(channel, address, agent_id, now)
    else:
        _join(interaction, agent_id, now)
    message = send_text(
        interaction_id=interaction.pk,
        agent_id=agent_id,
        body=body,
        client_id=client_id,
        now=now,
        # A reply that stands in its composer is another text.
        keeps_draft=True,
    )
    if takes_place:  # last, as agents are locked last
        _take_place(agent_id, now)
    return message


def _channel(channel_id: int, agent_id: int) -> Channel:
    if not Agent.objects.filter(pk=agent_id, may_initiate=True).exists():
        raise TextRefused(NO_PERMISSION)
    channel = channels_to_text_over(agent_id).filter(pk=channel_id).first()
    if channel is None:
        raise TextRefused("You cannot text first from this number. Choose another one.")
    return channel


def _address(channel: Channel, number: str) -> str:
    try:
        return phone.customer(number, region=channel.region)
    except phone.NotANumber as error:
        raise TextRefused(str(error)) from None


def _accept_what_is_offered(channel: Channel, address: str, agent_id: int, now: datetime) -> None:
    """Take the pair's conversation where it is offered to this agent; offers are locked first."""
    offer = Offer.objects.filter(
        agent=agent_id,
        state=OfferState.PENDING,
        interaction__channel=channel,
        interaction__customer_address=address,
    ).first()
    if offer is None:
        return
    try:
        accept_offer(offer_id=offer.pk, agent_id=agent_id, now=now)
    except OfferGone as gone:
        raise TextRefused(str(gone)) from None


def _begin(channel: Channel, address: str, agent_id: int, now: datetime) -> Interaction:
    interaction = Interaction.objects.create(
        channel=channel,
        customer_address=address,
        queue=channel.queue,
        priority=channel.queue.priority,
        agent_id=agent_id,
        state=InteractionState.ACTIVE,
        initiated_at=now,
        queued_at=now,
        accepted_at=now,
        inactivity_due_at=channel.inactive_at(now),
        agent_initiated=True,
    )
    record(
        interaction.pk,
        EventKind.STARTED,
        state=InteractionState.ACTIVE,
        at=now,
        agent_id=agent_id,
    )
    return interaction


def _join(interaction: Interaction, agent_id: int, now: datetime) -> None:
    """Make an open conversation the agent's, where it is not already and nobody else has it."""
    refused = why_not_joined(interaction, agent_id)
    if refused:
        raise TextRefused(refused)
    if interaction.state == InteractionState.OFFERED:
        # Since we looked, just now.
        raise TextRefused("A text of this number is being offered to you. Accept it, and answer.")
    if interaction.state == InteractionState.ACTIVE:
        return
    if interaction.state == InteractionState.PARKED:
        try:
            resume(interaction_id=interaction.pk, agent_id=agent_id, now=now)
        except ParkRefused as refusal:
            raise TextRefused(str(refusal)) from None
        return
    move(
        Interaction,
        interaction.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.ACTIVE,
        agent_id=agent_id,
        accepted_at=now,
        held_until=None,
        inactivity_due_at=interaction.channel.inactive_at(now),
        draft=draft_for(interaction, agent_id),
    )
    record(
        interaction.pk,
        EventKind.ACCEPTED,
        state=InteractionState.ACTIVE,
        at=now,
        agent_id=agent_id,
    )


def _take_place(agent_id: int, now: datetime) -> None:
    agent = lock_agent(agent_id)
    if not agent.present:
        raise TextRefused(
            "Your desk is not connected, so a reply could not reach you."
            " Wait until it is, and send again; the text is kept."
        )
    full = why_no_place(agent)
    if full:
        raise TextRefused(full)
    take_place(agent=agent, now=now)
