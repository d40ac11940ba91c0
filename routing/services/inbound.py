"""A customer's text finds its conversation, or begins one (A1, B1, B3, B7, B9, B12, I6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F

from agents.services.desks import touch_desk
from routing.carriers.base import Wish
from routing.enums import (
    OPEN_STATES,
    Author,
    AutoReply,
    EventKind,
    InteractionState,
    MessageState,
    RequestSource,
)
from routing.models import Interaction, Message, Queue
from routing.selectors.consent import opted_out
from routing.selectors.hours import hours_of
from routing.selectors.initiation import last_agent
from routing.selectors.rules import Facts, known_numbers, rules_in_order
from routing.services.autoreplies import answer_wish, reply_automatically
from routing.services.consent import known_again, note_wish, opted_out_after, wish_in
from routing.services.lifeline import record
from routing.services.parking import wake
from routing.services.rules import automatic_text, course, first_word_of, why_matched
from routing.services.sla import first_due, next_due
from routing.services.waiting import announce_waiting, new_wait
from routing.services.wishes import keyword_of, may_ask_to_stop
from smsdesk.lib import phone
from smsdesk.lib.locks import lock_until_commit
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from datetime import datetime

    from routing.carriers.base import InboundText
    from routing.models import CarrierRequest, Channel

# A schedule without any opening is looked at again after so long.
LOOK_AGAIN = timedelta(days=1)


def receive_text(
    *, channel: Channel, sender: str, text: InboundText, request: CarrierRequest, now: datetime
) -> Message | None:
    """Store a text in the sender's open conversation on this channel, else in a new one.

    Returns None for a carrier's repeat, which changes nothing, however old it is. Runs in the
    caller's transaction.
    """
    lock_until_commit("thread", channel.pk, sender)
    if Message.objects.filter(channel=channel, carrier_message_id=text.carrier_message_id).exists():
        return None
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(channel=channel, customer_address=sender, state__in=OPEN_STATES)
        .first()
    )
    begins = interaction is None
    if interaction is not None:
        interaction.channel = channel
    wish = wish_in(text, channel_id=channel.pk, address=sender)
    reply = ""
    if interaction is None:
        known_again(channel_id=channel.pk, address=sender)
        facts = _facts(channel, sender, text.body, wish, now)
        interaction, reply = _begin(
            channel, sender, facts, wish=wish, received_at=request.received_at, now=now
        )
    message = Message.objects.create(
        interaction=interaction,
        channel=channel,
        author=Author.CUSTOMER,
        body=text.body,
        repaired=text.repaired,
        created_at=request.received_at,
        state=MessageState.RECEIVED,
        carrier_message_id=text.carrier_message_id,
        request=request,
        parts=plan(text.body).parts,
        may_ask_to_stop=wish is None and may_ask_to_stop(text.body),
    )
    told: dict[str, Any] = {}
    if request.source == RequestSource.FOUND:
        told["source"] = RequestSource.FOUND.label
    record(
        interaction.pk,
        EventKind.RECEIVED,
        at=request.received_at,
        message_id=message.pk,
        **told,
    )
    if begins:
        _enter_queue(interaction, now)
    answered = wish is not None and _take_wish(wish, text, message, now)
    if not begins:
        _add_to(interaction, wish, request.received_at, now)
    elif reply and not answered:
        off_hours = interaction.state == InteractionState.HELD and channel.off_hours_reply
        reason = AutoReply.OFF_HOURS if off_hours else AutoReply.RULE
        reply_automatically(interaction=interaction, body=reply, reason=reason, now=now)
    return message


def _take_wish(wish: Wish, text: InboundText, message: Message, now: datetime) -> bool:
    """Note what the text asks for. Whether the desk answered that by itself."""
    interaction = message.interaction
    changed = note_wish(
        wish,
        channel_id=message.channel_id,
        address=interaction.customer_address,
        at=message.created_at,
        message=message,
    )
    # Where the carrier says what it took the text for, it has answered it.
    return not text.wish and answer_wish(
        wish, word=keyword_of(text.body), interaction=interaction, changed=changed, now=now
    )


def _add_to(
    interaction: Interaction, wish: Wish | None, received_at: datetime, now: datetime
) -> None:
    """One more text in an open conversation."""
    channel = interaction.channel
    changes: dict[str, object] = {
        "unanswered": F("unanswered") + 1,
        "revision": F("revision") + 1,
        "response_due_at": next_due(interaction, channel, received_at),
        "opened_at": None,
    }
    if wish is Wish.STOP:  # it asks for no answer
        changes |= {"unanswered": 0, "response_due_at": None}
    if interaction.state == InteractionState.ACTIVE:
        changes["inactivity_due_at"] = channel.inactive_at(now)
    Interaction.objects.filter(pk=interaction.pk).update(**changes)
    if interaction.state == InteractionState.PARKED:
        wake(interaction, by="text", now=now)
    elif interaction.agent_id:
        touch_desk(interaction.agent_id)


def _begin(
    channel: Channel,
    sender: str,
    facts: Facts,
    *,
    wish: Wish | None,
    received_at: datetime,
    now: datetime,
) -> tuple[Interaction, str]:
    """The new conversation, and what answers it by itself."""
    hours = hours_of(channel.schedule) if channel.schedule else None
    way = course(rules_in_order(), facts, queue_id=channel.queue_id, hours=hours)
    own = way.queue_id == channel.queue_id
    queue = channel.queue if own else Queue.objects.get(pk=way.queue_id)
    interaction = Interaction(
        channel=channel,
        customer_address=sender,
        queue=queue,
        priority=queue.priority + way.priority,
        campaign_tag=way.campaign_tag,
        routing={
            "first_word": facts.first_word,
            "country": facts.country,
            "known": facts.known,
            "opted_out": facts.opted_out,
            "rule": way.rule.rule_id if way.rule else None,
            "queue": queue.name,
            "why": why_matched(way.rule, facts) if way.rule else "no rule matched",
        },
        state=InteractionState.QUEUED,
        initiated_at=received_at,
        queued_at=received_at,
        # For the text that begins it, but one that asks for no answer (N1).
        unanswered=0 if wish is Wish.STOP else 1,
        revision=1,
    )
    if hours is not None and way.held:  # its time begins when it is let in
        interaction.state = InteractionState.HELD
        interaction.held_until = hours.next_opening(now) or now + LOOK_AGAIN
    else:
        if interaction.unanswered:
            interaction.response_due_at = first_due(queue, channel, received_at)
        for field, value in new_wait(queue.pk, now).items():
            setattr(interaction, field, value)
    if queue.sticky_minutes:
        since = received_at - timedelta(minutes=queue.sticky_minutes)
        interaction.sticky_agent_id = last_agent(channel.pk, sender, since=since)
    interaction.save()
    reply = automatic_text(way, hours=hours, off_hours_reply=channel.off_hours_reply)
    return interaction, reply


def _facts(channel: Channel, sender: str, body: str, wish: Wish | None, now: datetime) -> Facts:
    return Facts(
        channel_id=channel.pk,
        first_word=first_word_of(body),
        country=phone.country_of(sender),
        known=sender in known_numbers([sender]),
        opted_out=opted_out_after(wish, before=opted_out(channel.pk, sender) is not None),
        at=now,
    )


def _enter_queue(interaction: Interaction, now: datetime) -> None:
    """What follows the first text: it waits for an agent, or for opening hours."""
    if interaction.state == InteractionState.QUEUED:
        record(interaction.pk, EventKind.QUEUED, state=InteractionState.QUEUED, at=now)
        announce_waiting(interaction.pk, interaction.queue_id, interaction.overflow_due_at)
    else:
        record(interaction.pk, EventKind.HELD, state=InteractionState.HELD, at=now)
