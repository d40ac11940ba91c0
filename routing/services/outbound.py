"""Texts to customers: the Message in state QUEUED is the outbox (F11–F14, N2).

What becomes of it then is services.delivery's.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from routing.enums import (
    MESSAGE_MOVES,
    Author,
    AutoReply,
    EventKind,
    InteractionState,
    MessageState,
)
from routing.events import MessageQueued
from routing.models import Interaction, Message
from routing.selectors.policy import why_no_text
from routing.selectors.prices import price_per_part
from routing.selectors.quiet import put_off
from routing.services.drafts import digest, left_of
from routing.services.lifeline import record
from routing.services.receipts import show_message_change
from smsdesk.lib.events import publish
from smsdesk.lib.segments import COMPOSER_LIMIT, plan
from smsdesk.lib.states import move

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

TAKEN_BACK = "You took it back before it was sent."
RETRIABLE = (MessageState.FAILED, MessageState.UNKNOWN)
HIGHEST_PRICE = Decimal(10_000)  # what the column holds is below


class TextRefused(Exception):
    """A text cannot be sent, or not like this. Says why; nothing was written."""


class HeldBack(TextRefused):
    """Somebody wrote meanwhile, and the author of the text has not seen it (N5).

    ``newer`` is the last message that is new to them; pressed again, having seen it, Send sends.
    """

    def __init__(self, newer: Message) -> None:
        super().__init__("A text came while you were typing. Read it, then press Send again.")
        self.newer = newer


@transaction.atomic
def send_text(
    *,
    interaction_id: int,
    agent_id: int,
    body: str,
    client_id: uuid.UUID,
    now: datetime,
    seen: int | None = None,
    drafted: str = "",
    keeps_draft: bool = False,
) -> Message:
    """Queue an agent's reply, and clear the draft it was. The same ``client_id`` sends once.

    Where the draft is not the one its author knew, whose digest is ``drafted``, what another window
    typed on behind the text stays.

    The ``client_id`` again, with the same body, returns the message it made before. Raises
    TextRefused where the body is empty or over 1500 characters, selectors.policy lets it not go, or
    the conversation is not an active one of this agent; and HeldBack where ``seen``, the last
    message that its author saw, is not the last one of the customer or of somebody else than this
    agent, or where another text went out under this ``client_id``, from another desk of the agent.
    """
    interaction = (
        Interaction.objects.select_for_update(of=["self"], no_key=True)
        .select_related("channel")
        .filter(pk=interaction_id, agent_id=agent_id)
        .first()
    )
    if interaction is None:
        raise TextRefused("This conversation is not yours.")
    sent_before = Message.objects.filter(client_id=client_id).first()
    if sent_before is not None:
        if sent_before.interaction_id != interaction_id:
            raise TextRefused("This text was sent in another conversation.")
        if sent_before.body != body.replace("\x00", ""):
            raise HeldBack(sent_before)
        return sent_before
    if interaction.state == InteractionState.PARKED:
        raise TextRefused("This conversation is parked. Resume it and send then; nothing is lost.")
    _check(interaction, body)
    newer = _not_seen(interaction, agent_id, seen)
    if newer is not None:
        raise HeldBack(newer)
    if not keeps_draft:
        draft = interaction.draft
        left = "" if drafted == digest(draft) else left_of(draft, body)
        Interaction.objects.filter(pk=interaction.pk).update(draft=left)
    return _queue(interaction, Author.AGENT, body, client_id, now, agent_id=agent_id)


def _check(interaction: Interaction, body: str) -> None:
    if interaction.state != InteractionState.ACTIVE:
        raise TextRefused("This conversation has ended; nothing can be sent in it any more.")
    if not body.strip():
        raise TextRefused("Write something first.")
    if len(body) > COMPOSER_LIMIT:
        raise TextRefused(
            f"The text has {len(body)} characters; at most {COMPOSER_LIMIT} can be sent at once."
        )


def _not_seen(interaction: Interaction, agent_id: int, seen: int | None) -> Message | None:
    if seen is None:
        return None
    others = Message.objects.filter(interaction=interaction, pk__gt=seen).exclude(
        author=Author.AGENT, agent_id=agent_id
    )
    return others.select_related("agent").order_by("-pk").first()


@transaction.atomic
def retry_message(
    *, message_id: int, agent_id: int, client_id: uuid.UUID, now: datetime
) -> Message:
    """Send a failed or unknown message's text again, as a new message; once for each.

    Raises TextRefused where it is not this agent's to send, or on its way after all, and where the
    sending policy says no.
    """
    old = Message.objects.filter(pk=message_id, interaction__agent_id=agent_id).first()
    if old is None:
        raise TextRefused("This message is not yours.")
    interaction = (
        Interaction.objects.select_for_update(of=["self"], no_key=True)
        .select_related("channel")
        .filter(pk=old.interaction_id, agent_id=agent_id)
        .first()
    )
    if interaction is None:  # handed over since we looked
        raise TextRefused("This message is not yours.")
    again = Message.objects.filter(retry_of=old).first()
    if again is not None:
        return again
    old.refresh_from_db(fields=["state"])
    if not old.is_ours or old.state not in RETRIABLE:
        raise TextRefused("This message needs no second try.")
    if interaction.state != InteractionState.ACTIVE:
        raise TextRefused("This conversation has ended; nothing can be sent in it any more.")
    return _queue(
        interaction, Author.AGENT, old.body, client_id, now, agent_id=agent_id, retry_of=old
    )


def queue_automatic_reply(
    *, interaction: Interaction, body: str, reason: AutoReply, now: datetime
) -> Message | None:
    """Queue a text that no person wrote, in the caller's transaction; it is labelled so.

    None, and nothing sent, where the sending policy says no, or the customer has opted out and the
    reply is none for who has. How many are enough is services.autoreplies'.
    """
    if why_no_text(interaction, body=body, reason=reason):
        return None
    return _queue(
        interaction, Author.AUTOMATIC, body[:COMPOSER_LIMIT], uuid.uuid4(), now, reason=reason
    )


def queue_announcement(
    *, interaction: Interaction, body: str, campaign: str, now: datetime
) -> Message:
    """Queue a campaign's text in the conversation made for it, in the caller's transaction.

    The caller has asked whether it may go there.
    """
    return _queue(interaction, Author.AUTOMATIC, body, uuid.uuid4(), now, campaign=campaign)


@transaction.atomic
def take_back(*, message_id: int, agent_id: int) -> Message:
    """Withdraw an agent's text that quiet hours put off (N17).

    Raises TextRefused where it is not this agent's, or on its way to the customer by now.
    """
    message = Message.objects.filter(pk=message_id, agent_id=agent_id).first()
    if message is None:
        raise TextRefused("This message is not yours.")
    if not withdraw_texts(message_ids=[message.pk], why=TAKEN_BACK):
        raise TextRefused("It was too late: this text is on its way.")
    return message


@transaction.atomic
def withdraw_texts(*, message_ids: Collection[int], why: str) -> dict[int, bool]:
    """Fail those of these texts that still wait to be sent, with ``why``, a sentence.

    Returns those withdrawn: whether no carrier was ever asked to take the text.
    """
    waiting = Message.objects.select_for_update(no_key=True).filter(
        pk__in=message_ids, state=MessageState.QUEUED
    )
    withdrawn = {}
    for message in waiting.order_by("pk"):
        move(
            Message,
            message.pk,
            table=MESSAGE_MOVES,
            to=MessageState.FAILED,
            only_from=MessageState.QUEUED,
            due_at=None,
            failure=why,
        )
        show_message_change(message)
        withdrawn[message.pk] = message.attempts == 0
    return withdrawn


def _queue(
    interaction: Interaction,
    author: Author,
    body: str,
    client_id: uuid.UUID,
    now: datetime,
    *,
    agent_id: int | None = None,
    retry_of: Message | None = None,
    campaign: str = "",
    reason: str = "",
) -> Message:
    body = body.replace("\x00", "")
    refused = why_no_text(interaction, agent_id, body) if author == Author.AGENT else ""
    if refused:
        raise TextRefused(refused)
    parts = plan(body).parts
    unasked = bool(campaign) or author == Author.AGENT
    due_at = (unasked and put_off(interaction, now)) or now
    try:
        with transaction.atomic():
            message = Message.objects.create(
                interaction=interaction,
                channel_id=interaction.channel_id,
                author=author,
                agent_id=agent_id,
                body=body,
                created_at=now,
                state=MessageState.QUEUED,
                due_at=due_at,
                client_id=client_id,
                retry_of=retry_of,
                auto_reply=reason,
                parts=parts,
                price=_price(interaction.customer_address, parts),
            )
    except IntegrityError:
        # The same click arrived for another conversation at the same moment.
        raise TextRefused("This text was sent already.") from None
    told: dict[str, Any] = {"at": now, "agent_id": agent_id, "message_id": message.pk}
    if campaign:
        told |= {"state": InteractionState.CLOSED, "campaign": campaign}
        record(interaction.pk, EventKind.ANNOUNCED, **told)
    else:
        answered = author == Author.AGENT
        if answered and interaction.response_due_at:
            told["due"] = interaction.response_due_at.isoformat()  # for the reports
        record(interaction.pk, EventKind.ANSWERED if answered else EventKind.AUTO_REPLIED, **told)
    if author == Author.AGENT:
        Interaction.objects.filter(pk=interaction.pk).update(
            unanswered=0,
            response_due_at=None,
            inactivity_due_at=interaction.channel.inactive_at(due_at),
        )
    show_message_change(message)
    if due_at == now:
        publish(MessageQueued(message.pk))
    return message


def _price(address: str, parts: int) -> Decimal | None:
    for_one = price_per_part(address)
    price = None if for_one is None else for_one * parts
    return price if price is not None and price < HIGHEST_PRICE else None
