"""What a changed rule or schedule would have done with last week's texts; nothing is written (N8).

By the same pure functions that route the texts which come.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from routing.services.rules import course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from routing.selectors.first_texts import FirstText
    from routing.selectors.rules import Terms
    from routing.services.rules import Course
    from smsdesk.lib.hours import Hours


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that says where first texts go; each channel with its own queue and hours."""

    rules: Sequence[Terms]
    channels: Mapping[int, tuple[int, Hours | None]]

    def course_of(self, text: FirstText) -> Course:
        queue_id, hours = self.channels[text.facts.channel_id]
        return course(self.rules, text.facts, queue_id=queue_id, hours=hours)


@dataclass(frozen=True, slots=True)
class Difference:
    """A text that would have gone another way."""

    text: FirstText
    before: Course
    after: Course

    @property
    def moves(self) -> bool:
        return self.before.queue_id != self.after.queue_id


def differences(texts: Iterable[FirstText], before: Setup, after: Setup) -> list[Difference]:
    """The texts that the change sends another way, in the order given."""
    found = []
    for text in texts:
        was, becomes = before.course_of(text), after.course_of(text)
        if _effect(was) != _effect(becomes):
            found.append(Difference(text, was, becomes))
    return found


def _effect(way: Course) -> tuple[object, ...]:
    return (way.queue_id, way.priority, way.held, way.reply, way.campaign_tag)


# What a change may do to texts, in words.
EFFECTS: list[tuple[str, Callable[[Difference], bool]]] = [
    ("in another queue", lambda one: one.moves),
    ("held for opening hours", lambda one: one.after.held and not one.before.held),
    ("not held any more", lambda one: one.before.held and not one.after.held),
    (
        "at another priority in the same queue",
        lambda one: not one.moves and one.before.priority != one.after.priority,
    ),
    ("with another automatic text", lambda one: one.before.reply != one.after.reply),
    ("with another campaign tag", lambda one: one.before.campaign_tag != one.after.campaign_tag),
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
