"""Last week's first texts, with what rules could ask about them then: for dry runs (N8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from routing.models import Interaction
from routing.selectors.rules import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

WEEK = timedelta(days=7)
MOST = 20_000
# Rows looked at, those that agents or campaigns began among them.
MOST_ROWS = 60_000
PAGE = 5_000
COLUMNS = (
    "pk",
    "initiated_at",
    "channel_id",
    "customer_address",
    "queue_id",
    "waits_since",
    "accepted_at",
    "routing",
)


@dataclass(frozen=True, slots=True)
class FirstText:
    """A text that began a conversation; ``waited``: in its last queue, until it was accepted."""

    interaction_id: int
    address: str
    queue_id: int
    facts: Facts
    waited: timedelta | None


@dataclass(frozen=True, slots=True)
class Sample:
    texts: list[FirstText]  # the newest first
    whole_week: bool


def first_texts(now: datetime) -> Sample:
    """The first texts of the last seven days, the newest ones where there are too many."""
    texts: list[FirstText] = []
    for place, row in enumerate(_newest_first()):
        pk, began, channel_id, address, queue_id, since, accepted, routing = row
        if began < now - WEEK:
            return Sample(texts, whole_week=True)
        if len(texts) == MOST or place == MOST_ROWS:
            return Sample(texts, whole_week=False)
        if routing:  # a customer began it, since facts are kept
            facts = Facts(
                channel_id=channel_id,
                first_word=routing["first_word"],
                country=routing["country"],
                known=routing["known"],
                opted_out=routing["opted_out"],
                at=began,
            )
            # Handed over, it came to wait anew after it had been accepted.
            waited = accepted - since if accepted and since and accepted >= since else None
            texts.append(FirstText(pk, address, queue_id, facts, waited))
    return Sample(texts, whole_week=True)


def _newest_first() -> Iterator[tuple[Any, ...]]:
    """By their ids, which grow with time: a page costs the same however many rows there are."""
    rows = Interaction.objects.order_by("-pk").values_list(*COLUMNS)
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__lt=page[-1][0])[:PAGE]) if len(page) == PAGE else []
