"""Delivery receipts climb the ladder, in whatever order they come (N2)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from agents.services.desks import touch_desk
from routing.carriers.base import DeliveryReceipt, WebRequest, carrier
from routing.enums import MESSAGE_MOVES, MessageState
from routing.models import Message, Receipt
from routing.services.consent import note_carriers_refusal
from routing.services.threads import revise_thread
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import CarrierAccount, CarrierRequest


class ReceiptRepeated(Exception):
    """The same request told this before, and nothing came of it now. The message says so."""


def keep_receipt(
    *,
    account: CarrierAccount,
    request: CarrierRequest,
    receipt: DeliveryReceipt,
    reference: str,
    now: datetime,
) -> str:
    """Store a receipt and let it move its message. Returns a note for the inbox.

    Raises ReceiptRepeated for a request that is read once more, and teaches nothing.
    ``reference`` is the message's own id, which our callback address carries: it finds a message
    whose carrier id we never learned. A receipt that matches nothing yet is kept, and applied when
    the send it overtook comes to know its carrier id.
    """
    message = _message_of(account, receipt.carrier_message_id, reference)
    row, new = Receipt.objects.get_or_create(
        request=request,
        carrier_message_id=receipt.carrier_message_id,
        status=receipt.status,
        defaults={
            "account": account,
            "message": message,
            "error_code": receipt.error_code,
            "received_at": request.received_at,
        },
    )
    if message is None:
        # Looked up once more behind the insert's commit: the send may be storing its id just now.
        transaction.on_commit(lambda: _match_late(row.pk, now))
        note = "No message of ours has this id (yet)."
    else:
        note = _climb(message, receipt, now)
    if note and not new:
        raise ReceiptRepeated(f"This receipt is here already. {note}")
    return note


def apply_waiting_receipts(*, message_id: int, now: datetime) -> None:
    """Apply receipts that came before their message knew its carrier id."""
    message = Message.objects.select_related("channel__account").get(pk=message_id)
    waiting = Receipt.objects.filter(
        account=message.channel.account,
        carrier_message_id=message.carrier_message_id,
        message__isnull=True,
        request__isnull=False,
    )
    for row in waiting.select_related("request", "account").order_by("pk"):
        _apply(row, message, now)


def _match_late(receipt_id: int, now: datetime) -> None:
    row = Receipt.objects.select_related("account", "request__account").get(pk=receipt_id)
    message = _message_of(row.account, row.carrier_message_id, "")
    if message is not None:
        _apply(row, message, now)


@transaction.atomic
def _apply(row: Receipt, message: Message, now: datetime) -> None:
    if not Receipt.objects.filter(pk=row.pk, message__isnull=True).update(message=message):
        return
    assert row.request is not None
    for news in carrier(row.account.carrier).read(WebRequest.stored(row.request)):
        if isinstance(news, DeliveryReceipt) and _tells(row, news):
            _climb(message, news, now)


def _tells(row: Receipt, news: DeliveryReceipt) -> bool:
    return (news.carrier_message_id, news.status) == (row.carrier_message_id, row.status)


def _message_of(account: CarrierAccount, carrier_message_id: str, reference: str) -> Message | None:
    ours = Message.objects.filter(channel__account=account).select_related("channel__account")
    try:
        by_reference = ours.filter(client_id=uuid.UUID(reference)).first()
    except ValueError:
        by_reference = None
    return by_reference or ours.filter(carrier_message_id=carrier_message_id).first()


def _climb(message: Message, receipt: DeliveryReceipt, now: datetime) -> str:
    Message.objects.filter(pk=message.pk, carrier_message_id="").update(
        carrier_message_id=receipt.carrier_message_id
    )
    # Whatever a receipt says, the carrier has the text: it is unknown, or tried again, no more.
    state = receipt.state or MessageState.SENT
    fields: dict[str, Any] = {"due_at": None}
    if state is MessageState.DELIVERED:
        fields |= {"delivered_at": now, "error_code": "", "failure": ""}
    elif state is MessageState.SENT:
        fields |= {"sent_at": now, "error_code": "", "failure": ""}
    else:
        fields |= {"error_code": receipt.error_code, "failure": receipt.failure}
    try:
        move(Message, message.pk, table=MESSAGE_MOVES, to=state, **fields)
    except StaleState:
        return "The message was further already."
    if receipt.opted_out:
        note_carriers_refusal(message=message, now=now)
    show_message_change(message)
    return ""


def show_message_change(message: Message) -> None:
    """Let open desks see that a message of this conversation is different now."""
    agent_id = revise_thread(message.interaction_id)
    if agent_id:
        touch_desk(agent_id)
