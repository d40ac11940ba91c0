"""The inbox of carriers' requests: stored first, then handled, and replayable (N15)."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.db import transaction

from routing.carriers.base import DeliveryReceipt, InboundText, Unreadable, WebRequest, carrier
from routing.enums import RequestState
from routing.models import CarrierRequest, Channel
from routing.selectors.blocked import is_blocked
from routing.services.consent import note_wish, wish_in
from routing.services.inbound import receive_text
from routing.services.parts import PartRepeated, add_part, give_up_waiting, is_part
from routing.services.receipts import ReceiptRepeated, keep_receipt
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from routing.models import CarrierAccount

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
LONGEST_ADDRESS = 20
BACKOFF = timedelta(seconds=2)
WORST_FIRST = (
    RequestState.PARKED,
    RequestState.HANDLED,
    RequestState.BLOCKED,
    RequestState.REPEATED,
)


def handle_request(*, request_id: int, now: datetime) -> bool:
    """Do what a stored request asks for, once. False where it is done or being done elsewhere.

    One that cannot be handled is tried again later, a few times, and then parked for a
    supervisor to see; the requests behind it do not wait for it.
    """
    return _handle_first(CarrierRequest.objects.filter(pk=request_id), now)


def handle_due_requests(*, most: int | None = None) -> None:
    """Handle the requests that are due, oldest first, until none is left for us, or ``most``.

    Each is claimed where it is found, so that any number of workers share a burst: none of them
    looks at a request that another one has.
    """
    for _ in count() if most is None else range(most):
        if not _handle_first(CarrierRequest.objects.all(), clock.now()):
            return


@transaction.atomic
def _handle_first(requests: QuerySet[CarrierRequest], now: datetime) -> bool:
    """Handle the first of ``requests`` that is due and nobody else has. False: there is none."""
    request = (
        requests.filter(state=RequestState.STORED, due_at__lte=now, account__isnull=False)
        .select_for_update(of=["self"], skip_locked=True)
        .select_related("account")
        .order_by("due_at", "id")
        .first()
    )
    if request is None:
        return False
    assert request.account is not None
    try:
        with transaction.atomic():
            state, note = _handle(request, request.account, now)
    except Unreadable as error:
        state, note = RequestState.REFUSED, str(error)
    except Exception as error:  # a poison request must not stop those behind it
        logger.exception("Request %s could not be handled", request.pk)
        _put_off(request, f"{type(error).__name__}: {error}"[:500], now)
        return True
    _settle(request, state, note)
    return True


@transaction.atomic
def replay_request(*, request_id: int, now: datetime) -> bool:
    """Put a request back among those to be handled. What it did before, it will not do twice.

    False for one in quarantine, which stays there: nothing proves that it is the carrier's.
    """
    proven = CarrierRequest.objects.filter(pk=request_id, account__isnull=False).exclude(
        state=RequestState.QUARANTINED
    )
    return bool(proven.update(state=RequestState.STORED, due_at=now, attempts=0, note=""))


def _handle(
    request: CarrierRequest, account: CarrierAccount, now: datetime
) -> tuple[RequestState, str]:
    """Do everything that a request tells of; its state is that of what fared worst."""
    outcomes = [
        _take_text(news, request, account, now)
        if isinstance(news, InboundText)
        else _take_receipt(news, request, account, now)
        for news in carrier(account.carrier).read(WebRequest.stored(request))
    ]
    if not outcomes:
        return RequestState.HANDLED, "It tells of no text and no receipt."
    states, notes = zip(*outcomes, strict=True)
    worst = min(states, key=WORST_FIRST.index)
    return worst, " ".join(filter(None, dict.fromkeys(notes)))


def _take_text(
    text: InboundText, request: CarrierRequest, account: CarrierAccount, now: datetime
) -> tuple[RequestState, str]:
    if not is_part(text):
        return _take_whole(text, request, account, now)
    try:
        whole = add_part(text, request=request, account=account, now=now)
    except PartRepeated:
        return RequestState.REPEATED, "This part is here already."
    if whole is None:
        return RequestState.HANDLED, "It is a part of a text, and waits for the others."
    return _take_whole(*whole, account, now)


@transaction.atomic
def take_text_with_gaps(*, part_id: int, now: datetime) -> None:
    """Take the text whose part has waited long enough for the others; a whole one is left alone."""
    found = give_up_waiting(part_id=part_id, now=now)
    if found is None:
        return
    text, request = found
    assert request.account is not None
    state, note = _take_whole(text, request, request.account, now)
    _settle(request, state, note or "Not every part of this text came.")


def _take_whole(
    text: InboundText, request: CarrierRequest, account: CarrierAccount, now: datetime
) -> tuple[RequestState, str]:
    channel = (
        Channel.objects.filter(account=account, number=_spelled(text.recipient))
        .select_related("queue", "schedule")
        .first()
    )
    if channel is None:
        return RequestState.PARKED, f"No channel has the number {text.recipient[:40]}."
    # An alphanumeric sender is stored as it is.
    sender = _customers(text.sender, region=channel.region)
    if len(sender) > LONGEST_ADDRESS:
        note = f"The sender {sender[:80]} is no phone number, so no answer could reach it."
        return RequestState.PARKED, note
    if is_blocked(channel_id=channel.pk, address=sender):
        wish = wish_in(text, channel_id=channel.pk, address=sender)
        if wish:
            note_wish(
                wish,
                channel_id=channel.pk,
                address=sender,
                at=request.received_at,
                note=f"Carrier request {request.pk}, from a blocked number",
            )
        return RequestState.BLOCKED, "The number is blocked, so this rang nobody."
    message = receive_text(channel=channel, sender=sender, text=text, request=request, now=now)
    if message is None:
        return RequestState.REPEATED, "This text is here already."
    return RequestState.HANDLED, "Bytes that are no text were replaced." if text.repaired else ""


def _take_receipt(
    receipt: DeliveryReceipt, request: CarrierRequest, account: CarrierAccount, now: datetime
) -> tuple[RequestState, str]:
    reference = receipt.reference or _reference_in(request.url)
    try:
        note = keep_receipt(
            account=account, request=request, receipt=receipt, reference=reference, now=now
        )
    except ReceiptRepeated as repeated:
        return RequestState.REPEATED, str(repeated)
    return RequestState.HANDLED, note


def _reference_in(url: str) -> str:
    """Our own name of a message, which its status address carries."""
    return parse_qs(urlsplit(url).query).get("message", [""])[0]


def _customers(number: str, *, region: str) -> str:
    try:
        return phone.customer(number, region=region)
    except phone.NotANumber:
        return number


def _spelled(number: str) -> str:
    try:
        return phone.normalise(number)
    except phone.NotANumber:
        return number


def _settle(request: CarrierRequest, state: RequestState, note: str) -> None:
    CarrierRequest.objects.filter(pk=request.pk).update(state=state, note=note, due_at=None)


def _put_off(request: CarrierRequest, note: str, now: datetime) -> None:
    attempts = request.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        _settle(request, RequestState.PARKED, note)
        return
    CarrierRequest.objects.filter(pk=request.pk).update(
        attempts=attempts, note=note, due_at=now + BACKOFF * 2**attempts
    )
