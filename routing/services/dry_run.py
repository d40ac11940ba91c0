"""What a change would have done with last week's texts; nothing is written (N8).

By the same pure functions that route the texts which come: rules, hours, overflow and skills.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from routing.services.matching import why_not_skilled
from routing.services.overflow import Waiting, overflowed
from routing.services.rules import automatic_text, course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from routing.selectors.first_texts import FirstText
    from routing.selectors.queues import QueueTerms
    from routing.selectors.rules import ChannelWay, Terms
    from routing.services.rules import Course


@dataclass(frozen=True, slots=True)
class Way:
    """What becomes of a text: its first course, how it waits at last, what answers it by itself."""

    course: Course
    waits: Waiting
    reply: str
    # Whether who accepted it could be offered it; None: nobody did.
    for_taker: bool | None

    @property
    def queue_id(self) -> int:
        return self.waits.queue_id


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that says where texts go, and to whom."""

    rules: Sequence[Terms]
    channels: Mapping[int, ChannelWay]
    queues: Mapping[int, QueueTerms]

    def way_of(self, text: FirstText) -> Way:
        """As it is routed, and as overflow moves it on in the time that it really waited."""
        channel = self.channels[text.facts.channel_id]
        hours = channel.hours
        first = course(self.rules, text.facts, queue_id=channel.queue_id, hours=hours)
        priority = self.queues[first.queue_id].queue.priority + first.priority
        waits = overflowed(
            lambda queue_id: self.queues[queue_id].steps,
            Waiting(first.queue_id, priority, asks_level=None, left=()),
            text.unoffered,
        )
        return Way(
            first,
            waits,
            automatic_text(first, hours=hours, off_hours_reply=channel.off_hours_reply),
            None if text.taker is None else self._may(text.taker, waits),
        )

    def _may(self, agent_id: int, waits: Waiting) -> bool:
        terms = self.queues[waits.queue_id]
        asks = terms.queue.asked_level if waits.asks_level is None else waits.asks_level
        levels = terms.levels
        return agent_id in levels and not why_not_skilled(levels[agent_id], asks)


@dataclass(frozen=True, slots=True)
class Difference:
    """A text that would have gone another way."""

    text: FirstText
    before: Way
    after: Way

    @property
    def moves(self) -> bool:
        return self.before.queue_id != self.after.queue_id


def differences(texts: Iterable[FirstText], before: Setup, after: Setup) -> list[Difference]:
    """The texts that the change sends another way, in the order given."""
    found = []
    for text in texts:
        was, becomes = before.way_of(text), after.way_of(text)
        if _effect(was) != _effect(becomes):
            found.append(Difference(text, was, becomes))
    return found


def _effect(way: Way) -> tuple[object, ...]:
    waits = way.waits
    return (
        (waits.queue_id, waits.priority, waits.asks_level),
        (way.course.held, way.reply, way.course.campaign_tag, way.for_taker),
    )


# What a change may do to texts, in words.
EFFECTS: list[tuple[str, Callable[[Difference], bool]]] = [
    ("in another queue", lambda one: one.moves),
    (
        "held for opening hours",
        lambda one: one.after.course.held and not one.before.course.held,
    ),
    ("not held any more", lambda one: one.before.course.held and not one.after.course.held),
    (
        "at another priority in the same queue",
        lambda one: not one.moves and one.before.waits.priority != one.after.waits.priority,
    ),
    (
        "with another skill level asked in the same queue",
        lambda one: not one.moves and one.before.waits.asks_level != one.after.waits.asks_level,
    ),
    (
        "not offered to who accepted them, for want of the skill or as no member",
        lambda one: bool(one.before.for_taker) and one.after.for_taker is False,
    ),
    ("with another automatic text", lambda one: one.before.reply != one.after.reply),
    (
        "with another campaign tag",
        lambda one: one.before.course.campaign_tag != one.after.course.campaign_tag,
    ),
]


def effects(found: Sequence[Difference]) -> list[tuple[int, str]]:
    """How many texts each effect of the change is on, in words; without those that are on none."""
    counted = [(sum(map(happens, found)), words) for words, happens in EFFECTS]
    return [(count, words) for count, words in counted if count]


def median_waits(texts: Iterable[FirstText]) -> dict[int, timedelta]:
    """How long the texts that were accepted in each queue had waited, half of them longer."""
    seconds: dict[int, list[float]] = defaultdict(list)
    for text in texts:
        if text.waited is not None:
            seconds[text.queue_id].append(text.waited.total_seconds())
    return {queue_id: timedelta(seconds=median(each)) for queue_id, each in seconds.items()}
