"""Handing a queued text to its carrier, and what the carrier makes of it (F11, N2, N18)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from routing.carriers.base import OutboundText, SendResult, Verdict, carrier
from routing.enums import MESSAGE_MOVES, MessageState
from routing.models import Message
from routing.selectors.policy import why_no_text
from routing.selectors.quiet import put_off
from routing.services.consent import note_carriers_refusal
from routing.services.outages import is_paused, may_try, note_answer, open_outage
from routing.services.receipts import apply_waiting_receipts, show_message_change
from routing.services.turns import slow_down, take_turn
from smsdesk.lib import clock
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

MOST_ATTEMPTS = 5
FIRST_BACKOFF_SECONDS = 2.0


def deliver_message(*, message_id: int, now: datetime) -> bool:
    """Hand one queued message to its carrier. False where it is not due or somebody else's.

    The claim is committed before the carrier is called: a process that dies in between leaves the
    message SENDING, and the sweeper makes it *unknown*, never sends it again by itself.
    """
    due = Message.objects.filter(pk=message_id, state=MessageState.QUEUED, due_at__lte=now)
    message = due.select_related("channel__account", "interaction__channel").first()
    if message is None or fail_if_too_old(message_id=message_id, now=now):
        return False
    later = put_off(message.interaction, now)  # its night has begun while it waited
    if later:
        due.update(due_at=later)
        return False
    account = message.channel.account
    outage = open_outage(account.pk)
    if is_paused(outage, now) or not take_turn(message=message, now=now):
        return False
    if not may_try(outage=outage, now=now):
        return False
    claimed = due.update(
        state=MessageState.SENDING,
        attempts=F("attempts") + 1,
        due_at=now + timedelta(seconds=2 * settings.CARRIER_TIMEOUT_SECONDS + 30),
    )
    if not claimed:
        return False
    message.attempts += 1
    # It waited, or was tried again, while the customer opted out or SMS was switched off.
    refused = why_no_text(message.interaction, message.agent_id, reason=message.auto_reply)
    refused = refused or account.why_unusable
    result = SendResult(Verdict.REFUSED, failure=refused) if refused else _hand_over(message)
    paused = not refused and note_answer(
        account_id=account.pk,
        result=result,
        probe=bool(outage and outage.paused_until),
        now=clock.now(),
    )
    _note_result(message, result, clock.now(), paused=paused)
    if result.carrier_message_id:
        apply_waiting_receipts(message_id=message.pk, now=clock.now())
    return True


def _hand_over(message: Message) -> SendResult:
    account = message.channel.account
    return carrier(account.carrier).send(
        OutboundText(
            sender=message.channel.number,
            recipient=message.interaction.customer_address,
            body=message.body,
            status_url=f"{settings.PUBLIC_URL}{account.status_path}?message={message.client_id}",
            reference=str(message.client_id),
        ),
        account,
    )


@transaction.atomic
def _note_result(message: Message, result: SendResult, now: datetime, *, paused: bool) -> None:
    if result.carrier_message_id:
        Message.objects.filter(pk=message.pk, carrier_message_id="").update(
            carrier_message_id=result.carrier_message_id
        )
    state, fields = _outcome(message, result, now, paused=paused)
    if result.verdict is Verdict.THROTTLED:
        slow_down(channel_id=message.channel_id, until=fields["due_at"])
    try:
        move(
            Message,
            message.pk,
            table=MESSAGE_MOVES,
            to=state,
            # Good news is welcome even where the sweeper gave the send up meanwhile.
            only_from=None if state is MessageState.SENT else MessageState.SENDING,
            **fields,
        )
    except StaleState:
        return  # a receipt was quicker than the answer and knows more
    if result.opted_out:
        note_carriers_refusal(message=message, now=now)
    show_message_change(message)


def _outcome(
    message: Message, result: SendResult, now: datetime, *, paused: bool
) -> tuple[MessageState, dict[str, Any]]:
    trouble: dict[str, Any] = {"error_code": result.error_code, "failure": result.failure}
    if result.verdict is Verdict.TAKEN:
        return MessageState.SENT, {"sent_at": now, "due_at": None, "failure": "", "error_code": ""}
    if result.verdict is Verdict.UNKNOWN:
        return MessageState.UNKNOWN, {**trouble, "due_at": None}
    # Our haste and the carrier's outage are not the text's fault: it fails when it is too old.
    may_wait = result.verdict is Verdict.THROTTLED or paused or message.attempts < MOST_ATTEMPTS
    if result.verdict in {Verdict.BUSY, Verdict.THROTTLED} and may_wait:
        wait = FIRST_BACKOFF_SECONDS * 2 ** (min(message.attempts, MOST_ATTEMPTS) - 1)
        wait = max(wait * random.uniform(0.8, 1.2), result.retry_after or 0)  # noqa: S311 - jitter
        due_at = now + timedelta(seconds=wait)
        return MessageState.QUEUED, {**trouble, "due_at": due_at}
    return MessageState.FAILED, {**trouble, "due_at": None}


def fail_if_too_old(*, message_id: int, now: datetime) -> bool:
    """Fail a text that waited longer than settings.SEND_WITHIN_HOURS; whether it did.

    Its author sees that it was not sent, and may send it again.
    """
    hours = settings.SEND_WITHIN_HOURS
    return _give_up(
        Message.objects.filter(pk=message_id, created_at__lt=now - timedelta(hours=hours)),
        only_from=MessageState.QUEUED,
        to=MessageState.FAILED,
        failure=f"It waited for more than {hours} hours, and was not sent, for it may be out of"
        " date. Send it again if it still holds.",
    )


def give_up_sending(*, message_id: int, now: datetime) -> bool:
    """Make a message unknown whose sending process must have died (SENDING past its due time)."""
    return _give_up(
        Message.objects.filter(pk=message_id, due_at__lte=now),
        only_from=MessageState.SENDING,
        to=MessageState.UNKNOWN,
        failure="Sending was interrupted. The text may have reached the customer.",
    )


@transaction.atomic
def _give_up(
    found: QuerySet[Message], *, only_from: MessageState, to: MessageState, failure: str
) -> bool:
    message = found.filter(state=only_from).first()
    if message is None:
        return False
    try:
        move(
            Message,
            message.pk,
            table=MESSAGE_MOVES,
            to=to,
            only_from=only_from,
            due_at=None,
            failure=failure,
        )
    except StaleState:
        return False
    show_message_change(message)
    return True
