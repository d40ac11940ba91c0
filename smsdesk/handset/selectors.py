"""What the carrier knows: the desk's accounts and numbers that point at it, and its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery
from django.utils.dateparse import parse_datetime

from routing.models import CarrierAccount, Channel
from smsdesk.handset import CARRIER_PATH
from smsdesk.handset.models import Direction, OptOut, Phone, Scenario, Text
from smsdesk.lib.phone import display

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

LONGEST_THREAD = 300


def accounts() -> QuerySet[CarrierAccount]:
    """The desk's accounts with this carrier: those whose base URL leads here."""
    return CarrierAccount.objects.filter(base_url__endswith=CARRIER_PATH).order_by("id")


def account_of(account_sid: str) -> CarrierAccount | None:
    if "\0" in account_sid:  # which PostgreSQL cannot even compare
        return None
    return accounts().filter(account_sid=account_sid).first()


def business_numbers() -> QuerySet[Channel]:
    """The numbers a phone can text, in the order they were provisioned."""
    return Channel.objects.filter(account__in=accounts()).select_related("account").order_by("id")


def owns_number(*, account_id: int, number: str) -> bool:
    if "\0" in number:
        return False
    return Channel.objects.filter(account_id=account_id, number=number).exists()


def desk_number_among(numbers: Collection[str]) -> str | None:
    """One of ``numbers`` that is the desk's own, with whatever carrier; None where none is."""
    own = Channel.objects.filter(number__in=numbers).order_by("id")
    return own.values_list("number", flat=True).first()


def scenario() -> Scenario:
    """The present behaviour. Unsaved, all off, where nobody has set one yet."""
    return Scenario.objects.filter(pk=1).first() or Scenario(pk=1)


def has_stopped(*, phone: str, business_number: str) -> bool:
    return OptOut.objects.filter(phone=phone, business_number=business_number).exists()


def every_text_of(phone: str) -> QuerySet[Text]:
    return Text.objects.filter(phone=phone).order_by("id")


def stopped_channels(phone: str) -> list[Channel]:
    """The business numbers this phone has said STOP to."""
    numbers = OptOut.objects.filter(phone=phone).values("business_number")
    return list(business_numbers().filter(number__in=numbers))


@dataclass(frozen=True)
class Bubble:
    """A text as the phone shows it; ``heading`` names the business where it changes."""

    text: Text
    heading: str


def bubbles_of(phone: str) -> list[Bubble]:
    """What a phone sent and received, oldest first; of a very long thread the newest part."""
    names = {channel.number: str(channel) for channel in business_numbers()}
    newest = list(Text.objects.filter(phone=phone).order_by("-id")[:LONGEST_THREAD])
    bubbles, number = [], ""
    for text in reversed(newest):
        changed = text.business_number != number
        number = text.business_number
        bubbles.append(Bubble(text=text, heading=names.get(number, number) if changed else ""))
    return bubbles


@dataclass(frozen=True)
class ListedPhone:
    """A phone in the list, with its newest text."""

    number: str
    display: str
    label: str
    last_words: str
    last_received_id: int


def listed_phones() -> list[ListedPhone]:
    """Every phone in the order it was added, so that the list never jumps."""
    newest = Text.objects.filter(phone=OuterRef("number")).order_by("-id")
    received = newest.filter(direction=Direction.RECEIVED)
    phones = Phone.objects.order_by("id").annotate(
        last_words=Subquery(newest.values("body")[:1]),
        last_received=Subquery(received.values("id")[:1]),
    )
    return [
        ListedPhone(
            number=phone.number,
            display=display(phone.number),
            label=phone.label,
            last_words=(phone.last_words or "")[:80],
            last_received_id=phone.last_received or 0,
        )
        for phone in phones
    ]


def listed_texts(
    account: CarrierAccount, *, asked: Mapping[str, str], most: int
) -> tuple[list[Text], str]:
    """A page of an account's texts, newest first, and the token of the next page, or nothing.

    ``asked``: as one asks for Twilio's list.
    """
    numbers = Channel.objects.filter(account=account).values("number")
    texts = Text.objects.filter(business_number__in=numbers).order_by("-id")
    for field, ours, theirs in (
        ("To", Direction.SENT, Direction.RECEIVED),
        ("From", Direction.RECEIVED, Direction.SENT),
    ):
        if asked.get(field):
            at_us = Q(direction=ours, business_number=asked[field])
            texts = texts.filter(at_us | Q(direction=theirs, phone=asked[field]))
    for field, bound in (("DateSent>", "at__gte"), ("DateSent<", "at__lte")):
        moment = parse_datetime(asked.get(field, ""))
        if moment is not None:
            texts = texts.filter(**{bound: moment})
    if asked.get("PageToken", "").isdecimal():
        texts = texts.filter(pk__lt=int(asked["PageToken"]))
    page = list(texts[: most + 1])
    return page[:most], str(page[most - 1].pk) if len(page) > most else ""
