"""Whom a campaign would text, what it would cost, and who is left out and why (I7, I9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cases.enums import Audience, LeftOut
from cases.models import Customer, CustomerPhone
from cases.models.campaign import MOST_RECIPIENTS
from cases.selectors.canned import filled
from cases.selectors.customers import first_name, names_for
from routing.selectors.announcements import (
    last_conversations,
    numbers_that_texted,
    unreachable,
)
from routing.selectors.prices import price_list
from smsdesk.lib import phone
from smsdesk.lib.countries import country_name
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cases.models import Campaign


@dataclass
class Recipients:
    """Numbers to text, with their customers' names; and who has none, or had one already."""

    names: dict[str, str] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)

    def add(self, number: str) -> None:
        if number in self.names:
            self.passed_over[LeftOut.DOUBLE] += 1
        elif not number or phone.is_short_code(number):
            self.passed_over[LeftOut.NO_NUMBER] += 1
        else:
            self.names[number] = ""


@dataclass(frozen=True)
class Preview:
    """What starting a campaign now would do; all but the first where there are ``too_many``."""

    recipients: int
    too_many: bool = False
    left_out: list[tuple[str, int]] = field(default_factory=list)
    sample: str = ""
    parts: int = 0
    price: Decimal | None = None
    unpriced: list[str] = field(default_factory=list)


def read_numbers(text: str, *, region: str) -> tuple[list[str], list[str]]:
    """The numbers of a list, one a line, and a sentence for each line that is none."""
    numbers, refused = [], []
    for place, line in enumerate(text.splitlines(), start=1):
        written = line.strip().rstrip(",;").strip()
        if not written:
            continue
        try:
            number = phone.customer(written, region=region)
        except phone.NotANumber as error:
            refused.append(f"Line {place}: {error}")
            continue
        if phone.is_short_code(number):
            refused.append(f"Line {place}: “{number}” is a short code; texts go to phones only.")
        else:
            numbers.append(number)
    return numbers, refused


def recipients_of(campaign: Campaign, *, now: datetime) -> Recipients:
    """Everybody the campaign is meant for: the list first, then the audience."""
    found = Recipients()
    for number in read_numbers(campaign.numbers, region=campaign.channel.region)[0]:
        found.add(number)
    for number in _audience(campaign, now):
        found.add(number)
    found.names.update(names_for(found.names.keys()))
    return found


def _audience(campaign: Campaign, now: datetime) -> Iterable[str]:
    if campaign.audience == Audience.CONTACTS:
        since = now - timedelta(days=campaign.contact_days)
        return numbers_that_texted(campaign.channel_id, since=since)
    if campaign.audience == Audience.CUSTOMERS:
        return _one_number_each()
    return ()


def _one_number_each() -> Iterable[str]:
    """Each customer's number that was talked with last, else the first; empty where none."""
    numbers: dict[int, list[str]] = {pk: [] for pk in Customer.objects.values_list("pk", flat=True)}
    lines = CustomerPhone.objects.order_by("pk").values_list("customer_id", "number")
    for customer_id, number in lines:
        if not phone.is_short_code(number):
            numbers.setdefault(customer_id, []).append(number)
    talked = last_conversations({number for several in numbers.values() for number in several})
    for several in numbers.values():
        yield max(several, key=lambda number: talked.get(number, 0), default="")


def text_for(campaign: Campaign, name: str) -> str:
    """The text as a customer of this name gets it; an empty name is not known."""
    values = {"customer": name, "first_name": first_name(name), "channel": campaign.channel.name}
    return filled(campaign.body, values)


def preview_of(campaign: Campaign, *, now: datetime) -> Preview:
    """Whom the campaign would text if it were started now, and what that takes."""
    found = recipients_of(campaign, now=now)
    if len(found.names) > MOST_RECIPIENTS:
        return Preview(recipients=len(found.names), too_many=True)
    kept = unreachable(channel=campaign.channel, addresses=found.names.keys())
    texted = {number: name for number, name in found.names.items() if number not in kept}
    texts = {name: text_for(campaign, name) for name in texted.values()}
    parts_of = {text: plan(text).parts for text in set(texts.values())}
    parts = {name: parts_of[text] for name, text in texts.items()}
    prices = price_list()
    total, unpriced = Decimal(0), Counter[str]()
    for number, name in texted.items():
        country = phone.country_of(number)
        if country in prices:
            total += prices[country] * parts[name]
        else:
            unpriced[country_name(country) or "no country"] += 1
    left_out = found.passed_over + Counter(kept.values())
    return Preview(
        recipients=len(texted),
        left_out=[(LeftOut(why).label, count) for why, count in sorted(left_out.items())],
        sample=next(iter(texts.values()), text_for(campaign, "")),
        parts=sum(parts[name] for name in texted.values()),
        price=total if len(texted) > unpriced.total() else None,
        unpriced=[f"{country} ({count})" for country, count in sorted(unpriced.items())],
    )
