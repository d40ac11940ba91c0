"""Rules and what they ask, as the plain values that ``services.rules`` decides on."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.module_loading import import_string

from routing.models import Channel, Rule
from routing.selectors.hours import hours_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from routing.models import Schedule
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


@dataclass(frozen=True, slots=True)
class ChannelWay:
    """Where a channel's texts go if no rule says so, when, and what answers them off hours."""

    queue_id: int
    hours: Hours | None = None  # None: always open
    off_hours_reply: str = ""


def rules_in_order(*, instead: Mapping[int, Hours] | None = None) -> list[Terms]:
    """The active rules, the first asked first; ``instead`` has other hours of schedules.

    One read, and three more where some have schedules.
    """
    return _terms(list(Rule.objects.filter(active=True)), instead or {})


def rules_with(changed: Rule) -> list[Terms]:
    """The active rules as they will be once this one is saved."""
    rules = [*Rule.objects.filter(active=True).exclude(pk=changed.pk)]
    if changed.active:
        rules.append(changed)
    # A new one has the highest id.
    return _terms(sorted(rules, key=lambda rule: (rule.position, rule.pk or inf)), {})


def channel_ways(
    *, changed: Channel | None = None, instead: Mapping[int, Hours] | None = None
) -> dict[int, ChannelWay]:
    """Every channel's way, by its id; one as ``changed``, or with other hours of schedules."""
    channels = list(Channel.objects.exclude(pk=changed.pk if changed else 0))
    channels += [changed] if changed else []
    prefetch_related_objects(channels, "schedule__spans", "schedule__holidays")
    return {
        channel.pk: ChannelWay(
            channel.queue_id, _hours(channel.schedule, instead or {}), channel.off_hours_reply
        )
        for channel in channels
    }


def _hours(schedule: Schedule | None, instead: Mapping[int, Hours]) -> Hours | None:
    if schedule is None:
        return None
    return instead.get(schedule.pk) or hours_of(schedule)


def _terms(rules: list[Rule], instead: Mapping[int, Hours]) -> list[Terms]:
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
            hours=_hours(rule.schedule, instead),
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
    return set(import_string(settings.KNOWN_NUMBERS_HOOK)(addresses))
