"""Last week's first texts, with what rules could ask about them then: for dry runs (N8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from routing.enums import EventKind, OfferState
from routing.models import Event, Interaction, Offer
from routing.selectors.rules import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

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
    "ended_at",
    "overflow_left",
    "routing",
)


@dataclass(frozen=True, slots=True)
class FirstText:
    """A text that began a conversation; ``waited``: in its last queue, until it was accepted.

    ``unoffered``: how long it waited in all queues before it was offered to ``taker``, the agent
    who accepted it; of one that nobody did, until it ended, or until now.
    """

    interaction_id: int
    address: str
    queue_id: int
    facts: Facts
    waited: timedelta | None
    unoffered: timedelta = timedelta(0)
    taker: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    texts: list[FirstText]  # the newest first
    whole_week: bool


def first_texts(now: datetime) -> Sample:
    """The first texts of the last seven days, the newest ones where there are too many."""
    texts: list[FirstText] = []
    for place, (row, taker, offered, entered) in enumerate(_newest_first()):
        pk, began, channel_id, address, queue_id, since, accepted, ended, _, routing = row
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
            until = offered or accepted or ended or now
            begun = entered or since or until  # one that is held does not wait yet
            unoffered = max(until - begun, timedelta(0))
            texts.append(FirstText(pk, address, queue_id, facts, waited, unoffered, taker))
    return Sample(texts, whole_week=True)


def _newest_first() -> Iterator[tuple[Any, int | None, datetime | None, datetime | None]]:
    """By their ids, which grow with time: a page costs the same however many rows there are.

    Each row with who accepted it first, when it was offered to them, and when it came to wait,
    where the row does not tell that any more.
    """
    rows = Interaction.objects.order_by("-pk").values_list(*COLUMNS, named=True)
    page = list(rows[:PAGE])
    while page:
        texts = [row.pk for row in page if row.routing]
        moved = [row.pk for row in page if row.routing and _waited_anew(row)]
        offers = _first(
            Offer.objects.filter(interaction__in=texts, state=OfferState.ACCEPTED).defer("receipt")
        )
        events = _first(Event.objects.filter(interaction__in=moved, kind=EventKind.QUEUED))
        for row in page:
            offer, event = offers.get(row.pk), events.get(row.pk)
            yield (
                row,
                offer.agent_id if offer else None,
                offer.offered_at if offer else None,
                event.at if event else None,
            )
        page = list(rows.filter(pk__lt=page[-1][0])[:PAGE]) if len(page) == PAGE else []


def _waited_anew(row: Any) -> bool:
    """Overflow moved it to another queue, or it was handed over after it had been accepted."""
    later = row.accepted_at and row.waits_since and row.waits_since > row.accepted_at
    return bool(row.overflow_left or later)


def _first(rows: QuerySet[Any]) -> dict[int, Any]:
    """The first of these rows of each conversation."""
    return {row.interaction_id: row for row in rows.order_by("-pk")}
