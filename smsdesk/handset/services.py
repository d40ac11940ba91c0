"""What the carrier and its phones do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from smsdesk.handset import calls, selectors, twilio_wire
from smsdesk.handset.models import Call, Direction, OptOut, Phone, Scenario, Status, Text
from smsdesk.handset.twilio_wire import WireError
from smsdesk.lib import phone as phones

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cases.selectors.person import Person
    from routing.models import CarrierAccount, Channel

STEP = timedelta(seconds=0.2)
LONGER_THAN_THE_DESK_WAITS = 2
MOST_IN_A_BURST = 500


class CannotText(Exception):
    """The phone cannot send this. Its message is a sentence for the person who typed it."""


@dataclass(frozen=True)
class Acceptance:
    """What a desk that sent a text is answered, and how long the carrier takes to say so."""

    document: dict[str, Any]
    hold_seconds: float


def account_for(*, account_sid: str, username: str, password: str) -> CarrierAccount:
    """The account of a request's basic auth. Raises WireError 20003."""
    account = selectors.account_of(account_sid)
    # Compared even where there is no such account: the time taken says nothing.
    expected = account.auth_token if account else secrets.token_hex(16)
    right = secrets.compare_digest(password.encode(), expected.encode())
    if account is None or not right or username != account_sid:
        raise WireError(20003)
    return account


@transaction.atomic
def accept_message(
    *, account: CarrierAccount, form: Mapping[str, str], scenario: Scenario, now: datetime
) -> Acceptance:
    """Take a text from the desk, and plan its receipts as ``scenario`` has it.

    Raises WireError with Twilio's code for what Twilio would not take.
    """
    to, sender = form.get("To", ""), form.get("From", "")
    body = form.get("Body", "").replace("\0", "")
    status_callback = form.get("StatusCallback", "")
    recipient = _check_message(account=account, to=to, sender=sender, body=body)
    if status_callback and not twilio_wire.is_address(status_callback):
        raise WireError(21609, url=status_callback[:200])
    if scenario.fails_at_once:
        raise WireError(int(scenario.failure_code), to=to, sender=sender)
    text = Text.objects.create(
        sid=twilio_wire.new_sid(),
        direction=Direction.RECEIVED,
        phone=recipient,
        business_number=sender,
        body=body,
        at=now,
    )
    Phone.objects.get_or_create(number=recipient)
    calls.schedule(
        _receipts(
            text=text,
            account_sid=account.account_sid,
            url=status_callback,
            scenario=scenario,
            now=now,
        )
    )
    return Acceptance(
        document=twilio_wire.message_document(
            sid=text.sid,
            account_sid=account.account_sid,
            to=recipient,
            sender=sender,
            body=body,
            at=now,
        ),
        hold_seconds=_hold_seconds(scenario),
    )


def send_texts(
    *, sender: str, to: str, body: str, count: int, base_url: str, now: datetime
) -> list[Text]:
    """Text a business number from a phone; ``count`` over 1 is a burst from as many phones.

    A burst's phones have the numbers that follow ``sender``, and ``{n}`` in the body becomes
    each one's place. Without a delay the desk's webhook has answered when this returns.
    Raises CannotText.
    """
    channel = channel_of(to)
    first = _number_of(sender)
    _check_body(body)
    if not 1 <= count <= MOST_IN_A_BURST:
        raise CannotText(f"A burst has between 1 and {MOST_IN_A_BURST} texts.")
    numbers = [f"+{int(first) + place}" for place in range(count)] if count > 1 else [first]
    _check_no_desk_number(numbers)
    scenario = selectors.scenario()
    due_at = now + timedelta(seconds=scenario.delay_seconds)
    with transaction.atomic():
        Phone.objects.bulk_create(
            [Phone(number=number) for number in numbers], ignore_conflicts=True
        )
        texts = Text.objects.bulk_create(
            Text(
                sid=twilio_wire.new_sid(),
                direction=Direction.SENT,
                phone=number,
                business_number=channel.number,
                body=body.replace("{n}", str(place)) if count > 1 else body,
                at=now,
            )
            for place, number in enumerate(numbers, start=1)
        )
        for text in texts:
            heed_stop_words(text)
        owed = webhooks(texts, channel=channel, base_url=base_url, due_at=due_at)
        if scenario.duplicate_webhooks:
            owed = [copy for call in owed for copy in (call, copy_of(call))]
        if scenario.delay_seconds:
            calls.schedule(owed)
        else:
            Call.objects.bulk_create(owed)
    if not scenario.delay_seconds:
        calls.make_calls([call.pk for call in owed], now=now)
    return list(Text.objects.filter(pk__in=[text.pk for text in texts]).order_by("id"))


def add_phone(*, number: str) -> Phone:
    """A phone to type as. Adding one that is there already finds it. Raises CannotText."""
    spelled = _number_of(number)
    _check_no_desk_number([spelled])
    return Phone.objects.get_or_create(number=spelled)[0]


def set_scenario(*, behaviour: Mapping[str, Any]) -> None:
    """How the carrier behaves from now on; texts under way keep what was planned for them."""
    Scenario.objects.update_or_create(pk=1, defaults=behaviour)


def _check_message(*, account: CarrierAccount, to: str, sender: str, body: str) -> str:
    """The recipient's number, spelled properly, of a request that Twilio would take."""
    if not to:
        raise WireError(21604)
    if not sender:
        raise WireError(21603)
    try:
        recipient = phones.normalise(to)
    except phones.NotANumber:
        raise WireError(21211, to=to) from None
    if not selectors.owns_number(account_id=account.pk, number=sender):
        raise WireError(21606, sender=sender)
    if not body:
        raise WireError(21602)
    if len(body) > twilio_wire.LONGEST_BODY:
        raise WireError(21617)
    if selectors.has_stopped(phone=recipient, business_number=sender):
        raise WireError(21610)
    return recipient


def _hold_seconds(scenario: Scenario) -> float:
    """How long the answer, and with it the first receipt, takes.

    After a time-out the desk learns from the receipts, which come too late to hide that it did
    not know.
    """
    if scenario.time_out_after_accepting:
        return float(settings.CARRIER_TIMEOUT_SECONDS) + LONGER_THAN_THE_DESK_WAITS
    return scenario.delay_seconds


def _receipts(
    *, text: Text, account_sid: str, url: str, scenario: Scenario, now: datetime
) -> list[Call]:
    """The status callbacks of an accepted text, each a step after the one before."""
    ladder = [Status.QUEUED, Status.SENT, Status.DELIVERED]
    if scenario.fails_by_receipt:
        ladder[-1] = Status.UNDELIVERED
    if scenario.receipts_out_of_order:
        ladder = [ladder[-1], *ladder[:-1]]
    start = now + timedelta(seconds=_hold_seconds(scenario))
    owed = []
    for place, status in enumerate(ladder, start=1):
        error_code = scenario.failure_code if status == Status.UNDELIVERED else ""
        due_at = start + place * STEP
        call = Call(
            text=text,
            status=status,
            error_code=error_code,
            url=url,
            due_at=due_at,
            params=twilio_wire.status_params(
                sid=text.sid,
                account_sid=account_sid,
                to=text.phone,
                sender=text.business_number,
                status=status,
                error_code=error_code,
                at=due_at,
            ),
        )
        owed += [call, copy_of(call)] if scenario.duplicate_webhooks else [call]
    return owed


def webhooks(texts: list[Text], *, channel: Channel, base_url: str, due_at: datetime) -> list[Call]:
    """The calls by which the desk is told of texts to this channel's number."""
    url = f"{base_url.rstrip('/')}{channel.account.inbound_path}"
    return [
        Call(
            text=text,
            status=Status.DELIVERED,
            url=url,
            due_at=due_at,
            params=twilio_wire.inbound_params(
                sid=text.sid,
                account_sid=channel.account.account_sid,
                to=text.business_number,
                sender=text.phone,
                body=text.body,
            ),
        )
        for text in texts
    ]


def copy_of(call: Call) -> Call:
    """The same call once more: a duplicate."""
    return Call(
        text=call.text,
        status=call.status,
        error_code=call.error_code,
        url=call.url,
        params=call.params,
        token=call.token,
        due_at=call.due_at,
    )


def heed_stop_words(text: Text) -> None:
    """The carrier itself keeps the opt-outs; the text goes to the desk all the same."""
    word = text.body.strip().upper()
    phone, number = text.phone, text.business_number
    if word in twilio_wire.STOP_WORDS:
        OptOut.objects.get_or_create(phone=phone, business_number=number)
    elif word in twilio_wire.START_WORDS:
        OptOut.objects.filter(phone=phone, business_number=number).delete()


def channel_of(number: str) -> Channel:
    """The channel of a number, or the first one; of this carrier's alone. Raises CannotText."""
    numbers = selectors.business_numbers()
    channel = numbers.filter(number=_number_of(number)).first() if number else numbers.first()
    if channel is None:
        raise CannotText("No channel of the desk has this number with the simulated carrier.")
    return channel


def _number_of(written: str) -> str:
    """A phone's number in its one spelling. ``+`` that became a blank in a URL is restored."""
    if not written.strip():
        raise CannotText("Write the phone's number, such as +1 415 555 0123.")
    try:
        return phones.normalise(f"+{written[1:]}" if written.startswith(" ") else written)
    except phones.NotANumber as error:
        raise CannotText(str(error)) from error


def _check_no_desk_number(numbers: list[str]) -> None:
    own = selectors.desk_number_among(numbers)
    if own is not None:
        raise CannotText(f"{phones.display(own)} is the desk’s own number, not a phone’s.")


def _check_body(body: str) -> None:
    if not body:
        raise CannotText("Write a text first.")
    if len(body) > twilio_wire.LONGEST_BODY:
        raise CannotText(f"A text has at most {twilio_wire.LONGEST_BODY} characters.")
    if "\0" in body:
        raise CannotText("The text has a character in it that no phone can send.")


def forget(person: Person) -> None:
    """Forget what the simulated carrier knows of somebody whose data is erased (N19).

    Called with the erasure, in its transaction (settings.ERASED). A text of theirs over a number
    that others have, too, is known by the carrier's id.
    """
    phones = {"phone__in": person.numbers}
    sids = person.messages().values("carrier_message_id")
    Text.objects.filter(Q(**phones) | Q(sid__in=sids)).delete()
    OptOut.objects.filter(**phones).delete()
    Phone.objects.filter(number__in=person.numbers).delete()
