"""Counting for the reports: each quarter of an hour from its events, as often as it takes (N14).

A quarter's tallies are thrown away and made anew in one transaction, so that nothing counts twice
and nothing is missed, whatever was interrupted or came late. Whatever an entry adds follows from it
and the entries before it, which were committed before it: later ones never change it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import Coalesce

from routing.enums import EndedBy, EventKind, InteractionState
from routing.models import Event, Tally, TallyDue, TallyHorizon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
# Of whoever counts; the others leave it to them.
LOCK = 7_415_001

OFFER_ENDS = {
    EventKind.REJECTED: "rejected",
    EventKind.LAPSED: "lapsed",
    EventKind.WITHDRAWN: "withdrawn",
}
SENDS = {
    EventKind.ANSWERED: "texts_out",
    EventKind.AUTO_REPLIED: "texts_automatic",
    EventKind.ANNOUNCED: "texts_campaign",
}
WAITS = (InteractionState.QUEUED, InteractionState.HELD)
KEY = ("quarter", "queue_id", "channel_id", "agent_id")
LEAVES = (EventKind.TRANSFERRED, EventKind.REQUEUED, EventKind.TAKEN_OVER)


class Entry(NamedTuple):
    """One entry of a life line, with what the reports need of its message."""

    interaction_id: int
    channel_id: int
    kind: str
    state: str
    at: datetime
    queue_id: int
    agent_id: int | None
    parts: int | None
    price: Decimal | None
    detail: dict[str, Any]


# A column, how much of it, and whose it is; of dispositions, which one.
Added = tuple[str, int | Decimal | str, int | None]


class _Line:
    """One conversation, as far as it was read."""

    def __init__(self) -> None:
        self.queue_id = 0
        self.agent_id: int | None = None  # whose it is
        self.begun = self.held = self.offered = False
        self.owed: datetime | None = None  # since when the first answer is awaited
        self.waits: datetime | None = None  # since when it waits for an agent
        self.had: datetime | None = None  # since when its agent works on it
        self.ended: datetime | None = None

    def read(self, entry: Entry) -> Iterator[Added]:
        """What the next entry adds."""
        if entry.kind in LEAVES and entry.state in WAITS:
            yield "handed_on", 1, self.agent_id
            yield from self._handled(entry)
            # Who takes it over has it at once.
            self.waits = None if entry.kind == EventKind.TAKEN_OVER else entry.at
            self.agent_id = None
        self.queue_id = entry.queue_id
        if entry.kind in OFFER_ENDS:
            self.offered = False
            yield OFFER_ENDS[EventKind(entry.kind)], 1, entry.agent_id
        elif entry.kind in SENDS:
            yield from self._sent(entry)
        elif entry.kind in READERS:
            yield from READERS[EventKind(entry.kind)](self, entry)
        self.begun = True

    def _handled(self, entry: Entry) -> Iterator[Added]:
        yield "handled", 1, self.agent_id
        yield "handle_ms", _ms(self.had, entry.at), self.agent_id
        self.had = None

    def _sent(self, entry: Entry) -> Iterator[Added]:
        whose = self.agent_id
        yield SENDS[EventKind(entry.kind)], 1, whose
        yield "parts", entry.parts or 0, whose
        yield "cost", entry.price or Decimal(0), whose
        if entry.kind != EventKind.ANSWERED:
            return
        if self.owed is not None:
            yield "first_responses", 1, whose
            yield "first_response_ms", _ms(self.owed, entry.at), whose
            self.owed = None
        if due := _due(entry):
            yield ("sla_kept" if entry.at <= due else "sla_missed"), 1, whose

    def received(self, entry: Entry) -> Iterator[Added]:
        yield "texts_in", 1, self.agent_id
        if not self.begun:
            yield "conversations", 1, None
            self.owed = self.waits = entry.at

    def held_back(self, _: Entry) -> Iterator[Added]:
        self.held, self.waits = True, None
        yield from ()

    def queued(self, entry: Entry) -> Iterator[Added]:
        if self.held or not self.begun:
            self.held, self.owed, self.waits = False, entry.at, entry.at
        yield from ()

    def offers(self, entry: Entry) -> Iterator[Added]:
        self.offered = True
        yield "offered", 1, entry.agent_id

    def accepted(self, entry: Entry) -> Iterator[Added]:
        self.agent_id, self.had = entry.agent_id, entry.at
        yield ("accepted" if self.offered else "taken"), 1, self.agent_id
        if self.waits is not None:
            yield "waits", 1, self.agent_id
            yield "wait_ms", _ms(self.waits, entry.at), self.agent_id
        self.offered, self.held, self.waits = False, False, None

    def started(self, entry: Entry) -> Iterator[Added]:
        self.agent_id, self.had = entry.agent_id, entry.at
        yield "started", 1, self.agent_id

    def parked(self, entry: Entry) -> Iterator[Added]:
        yield "handle_ms", _ms(self.had, entry.at), self.agent_id
        self.had = None

    def resumed(self, entry: Entry) -> Iterator[Added]:
        if entry.state == InteractionState.ACTIVE:
            self.had = entry.at
        else:
            self.agent_id = None
            self.waits = entry.at if entry.detail.get("by") == "text" else None
        yield from ()

    def ends(self, entry: Entry) -> Iterator[Added]:
        yield "ended", 1, self.agent_id
        if entry.detail.get("ended_by") == EndedBy.TIMER:
            yield "timed_out", 1, self.agent_id
        if (due := _due(entry)) and entry.at > due:
            yield "sla_missed", 1, self.agent_id
        if self.agent_id is not None:
            yield from self._handled(entry)
        if entry.state == InteractionState.WRAP_UP:  # a parked one is closed at once
            self.ended = entry.at

    def closed(self, entry: Entry) -> Iterator[Added]:
        if self.ended is None:
            return
        yield "wrap_ups", 1, self.agent_id
        yield "wrap_up_ms", _ms(self.ended, entry.at), self.agent_id
        if disposition := entry.detail.get("disposition"):
            yield "dispositions", disposition, self.agent_id


READERS = {
    EventKind.RECEIVED: _Line.received,
    EventKind.HELD: _Line.held_back,
    EventKind.QUEUED: _Line.queued,
    EventKind.OFFERED: _Line.offers,
    EventKind.ACCEPTED: _Line.accepted,
    EventKind.STARTED: _Line.started,
    EventKind.PARKED: _Line.parked,
    EventKind.RESUMED: _Line.resumed,
    EventKind.ENDED: _Line.ends,
    EventKind.CLOSED: _Line.closed,
}


def tallies(entries: Iterable[Entry], begin: datetime, end: datetime) -> list[Tally]:
    """The tallies of what happened in a span, from the whole life lines that have a part in it.

    ``entries`` stand by conversation, and in the order they were written.
    """
    made: dict[tuple[datetime, int, int, int | None], Tally] = {}
    for _, group in groupby(entries, attrgetter("interaction_id")):
        line = _Line()
        for entry in group:
            before = line.queue_id or entry.queue_id
            for column, amount, agent_id in line.read(entry):
                if not begin <= entry.at < end:
                    continue
                # Who hands on had it in the queue that it leaves.
                queue_id = before if entry.kind in LEAVES else entry.queue_id
                key = (quarter_of(entry.at), queue_id, entry.channel_id, agent_id)
                if key not in made:
                    made[key] = Tally(**dict(zip(KEY, key, strict=True)))
                _add(made[key], column, amount)
    return list(made.values())


def _add(tally: Tally, column: str, amount: int | Decimal | str) -> None:
    if isinstance(amount, str):
        tally.dispositions[amount] = tally.dispositions.get(amount, 0) + 1
    else:
        setattr(tally, column, getattr(tally, column) + amount)


def quarter_of(at: datetime) -> datetime:
    """When the quarter of an hour began, in UTC, as the trigger on events says it."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def count_due(*, most: int = 1000) -> int:
    """Count every quarter anew that got an event since it was counted. Returns how many."""
    return sum(1 for _ in takewhile(bool, (_count_next() for _ in range(most))))


@transaction.atomic
def _count_next() -> bool:
    if not _claim(wait=False):
        return False  # somebody counts
    quarter = TallyDue.objects.aggregate(first=Min("quarter"))["first"]
    if quarter is None:
        return False
    # The marks first: one that is committed from here on stays for the next time.
    TallyDue.objects.filter(quarter=quarter).delete()
    before = horizon()
    # Of an older one there are not all events left: what was counted of it stays.
    if before is None or quarter >= before:
        _count(quarter, quarter + QUARTER)
    return True


def count_anew(begin: datetime | None = None) -> int:
    """Count everything anew, day by day, from ``begin`` or the oldest event. Returns the days.

    What was counted before the ``horizon``, or before the oldest event, stays.
    """
    span = Event.objects.aggregate(first=Min("at"), last=Max("at"))
    if span["first"] is None:
        return 0
    day = max(quarter_of(at) for at in (span["first"], begin, horizon()) if at)
    days = 0
    while day <= span["last"]:
        with transaction.atomic():
            _claim(wait=True)
            # Again, for it may have moved meanwhile.
            day = max(day, horizon() or day)
            TallyDue.objects.filter(quarter__gte=day, quarter__lt=day + DAY).delete()
            _count(day, day + DAY)
        day += DAY
        days += 1
    return days


def horizon() -> datetime | None:
    """Until when what was counted stays as it is; None where no life line was ever deleted."""
    return TallyHorizon.objects.values_list("before", flat=True).first()


@transaction.atomic
def keep_counted(*, before: datetime) -> bool:
    """Keep what is counted until then for good: life lines of that time are about to be deleted.

    False, and nothing is kept, while some of that time waits to be counted: delete nothing yet.
    """
    _claim(wait=True)
    end = max(quarter_of(before) + QUARTER, horizon() or before)
    if TallyDue.objects.filter(quarter__lt=end).exists():
        return False
    TallyHorizon.objects.update_or_create(pk=1, defaults={"before": end})
    return True


def _claim(*, wait: bool) -> bool:
    """Be the only one who counts, until commit: the later of two could have read the earlier."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        (mine,) = cursor.fetchone()
    return bool(mine)


def _count(begin: datetime, end: datetime) -> None:
    happened = Event.objects.filter(at__gte=begin, at__lt=end)
    rows = (
        Event.objects.filter(interaction__in=happened.values("interaction"))
        .order_by("interaction_id", "pk")
        .values_list(
            "interaction_id",
            "interaction__channel_id",
            "kind",
            "state",
            "at",
            Coalesce("queue_id", "interaction__queue_id"),
            "agent_id",
            "message__parts",
            "message__price",
            "detail",
        )
    )
    new = tallies(map(Entry._make, rows.iterator(chunk_size=5000)), begin, end)
    Tally.objects.filter(quarter__gte=begin, quarter__lt=end).delete()
    Tally.objects.bulk_create(new, batch_size=1000)


def _due(entry: Entry) -> datetime | None:
    due = entry.detail.get("due")
    return datetime.fromisoformat(due) if due else None


def _ms(since: datetime | None, until: datetime) -> int:
    return 0 if since is None else max(0, (until - since) // timedelta(milliseconds=1))
