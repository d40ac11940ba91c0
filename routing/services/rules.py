"""Where a first text goes: the rules in their order, pure over facts about the text (B3, B4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from routing.selectors.rules import Facts, Terms
    from smsdesk.lib.hours import Hours


@dataclass(frozen=True, slots=True)
class Course:
    """Where a text goes, and by which rule; None: by the channel's own settings."""

    queue_id: int
    priority: int  # added to the queue's
    rule: Terms | None
    held: bool  # until the channel's next opening

    @property
    def reply(self) -> str:
        return self.rule.reply if self.rule else ""

    @property
    def campaign_tag(self) -> str:
        return self.rule.campaign_tag if self.rule else ""


def course(
    rules: Sequence[Terms], facts: Facts, *, queue_id: int, hours: Hours | None = None
) -> Course:
    """The way of a text on a channel with this queue and these hours (None: always open)."""
    rule = first_match(rules, facts)
    held = hours is not None and not hours.is_open(facts.at)
    if rule is None:
        return Course(queue_id, 0, None, held)
    return Course(rule.queue_id or queue_id, rule.priority, rule, held)


def automatic_text(way: Course, *, hours: Hours | None, off_hours_reply: str) -> str:
    """What answers the text by itself, one at most; off hours that is the channel's own."""
    if way.held and hours is not None and off_hours_reply:
        return off_hours_reply.replace("{hours}", hours.in_words())
    return way.reply


def first_match(rules: Sequence[Terms], facts: Facts) -> Terms | None:
    return next((rule for rule in rules if matches(rule, facts)), None)


def matches(rule: Terms, facts: Facts) -> bool:
    """Whether the text meets every condition of the rule."""
    return (
        rule.channel_id in {None, facts.channel_id}
        and rule.keyword.casefold() in {"", facts.first_word}
        and (not rule.countries or facts.country in rule.countries)
        and rule.known in {None, facts.known}
        and rule.opted_out in {None, facts.opted_out}
        and (rule.hours is None or rule.hours.is_open(facts.at) is rule.inside)
    )


def why_matched(rule: Terms, facts: Facts) -> str:
    """The rule and what it asked, in words."""
    asked = []
    if rule.channel_id:
        asked.append("the channel")
    if rule.keyword:
        asked.append(f"the first word {rule.keyword}")
    if rule.countries:
        asked.append(f"a number of {facts.country}")
    if rule.known is not None:
        asked.append("a known customer" if rule.known else "a new customer")
    if rule.opted_out is not None:
        asked.append("who has opted out" if rule.opted_out else "who may be texted")
    if rule.hours is not None:
        asked.append("inside its hours" if rule.inside else "outside its hours")
    return f"rule “{rule.name}” matched: {', '.join(asked) or 'it asks nothing'}"


def covers(earlier: Terms, later: Terms) -> bool:
    """Whether ``earlier`` matches whatever ``later`` matches. False where that is not certain."""
    return (
        earlier.channel_id in {None, later.channel_id}
        and earlier.keyword.casefold() in {"", later.keyword.casefold()}
        and (
            not earlier.countries
            or (bool(later.countries) and later.countries <= earlier.countries)
        )
        and earlier.known in {None, later.known}
        and earlier.opted_out in {None, later.opted_out}
        and (
            earlier.hours is None
            or (earlier.hours == later.hours and earlier.inside is later.inside)
        )
    )


def never_reached(rules: Sequence[Terms]) -> dict[int | None, Terms]:
    """The rules that can never match, by their ids, and the earlier rule that always does."""
    found: dict[int | None, Terms] = {}
    for place, later in enumerate(rules):
        first = next((one for one in rules[:place] if covers(one, later)), None)
        if first is not None:
            found[later.rule_id] = first
    return found


def warnings_about(rule_ids: Collection[int | None], rules: Sequence[Terms]) -> list[str]:
    """Why these rules can never match, or which others cannot because of them, in sentences."""
    names = {rule.rule_id: rule.name for rule in rules}
    return [
        f"Rule “{names[hidden]}” can never match: “{earlier.name}” is asked before it and matches"
        f" every text that it would. Move it up, or ask more of “{earlier.name}”."
        for hidden, earlier in never_reached(rules).items()
        if hidden in rule_ids or earlier.rule_id in rule_ids
    ]


def first_word_of(body: str) -> str:
    words = body.split(maxsplit=1)
    return words[0].casefold() if words else ""
