"""Rules and what they ask, as the plain values that ``services.rules`` decides on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.module_loading import import_string

from routing.models import Rule
from routing.selectors.hours import hours_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from smsdesk.lib.hours import Hours


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about the text that begins a conversation."""

    channel_id: int
    first_word: str  # case-folded
    country: str  # of the customer's number; empty for short codes
    known: bool
    opted_out: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule as plain values: conditions, of which empty or None asks nothing, and outcomes."""

    rule_id: int | None
    name: str
    channel_id: int | None = None
    keyword: str = ""  # as it was written
    countries: frozenset[str] = frozenset()
    known: bool | None = None
    opted_out: bool | None = None
    hours: Hours | None = None
    inside: bool = True
    queue_id: int | None = None
    priority: int = 0
    reply: str = ""
    campaign_tag: str = ""


def rules_in_order() -> list[Terms]:
    """The active rules, the first asked first: one read, and one more where some have schedules."""
    return terms_of(Rule.objects.filter(active=True))


def terms_of(rules: Iterable[Rule]) -> list[Terms]:
    """Rules, saved or not, as plain values."""
    rules = list(rules)
    scheduled = [rule for rule in rules if rule.schedule_id]
    prefetch_related_objects(scheduled, "schedule__spans", "schedule__holidays")
    return [
        Terms(
            rule_id=rule.pk,
            name=rule.name,
            channel_id=rule.channel_id,
            keyword=rule.keyword,
            countries=frozenset(rule.countries.replace(",", " ").split()),
            known=rule.known_customer,
            opted_out=rule.opted_out,
            hours=hours_of(rule.schedule) if rule.schedule else None,
            inside=rule.in_schedule,
            queue_id=rule.queue_id,
            priority=rule.priority,
            reply=rule.reply,
            campaign_tag=rule.campaign_tag,
        )
        for rule in rules
    ]


def known_numbers(addresses: Collection[str]) -> set[str]:
    """Those of the numbers that somebody is known to have: the app above knows (B3)."""
    counts: dict[str, int] = import_string(settings.KNOWN_NUMBERS_HOOK)(addresses)
    return {address for address, count in counts.items() if count}
