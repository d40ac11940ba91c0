"""Opening hours: pure over spans and holidays, in the schedule's own time zone (B7, N10)."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

MIDNIGHT = time(0)
SEARCH_DAYS = 400
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Hours:
    """A schedule as plain values: ``spans`` are (weekday, opens, closes), Monday is 0."""

    timezone: str
    spans: tuple[tuple[int, time, time], ...]
    holidays: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        """Whether ``now`` lies in a span ``[opens, closes)`` of a day that is no holiday."""
        day = now.astimezone(zoneinfo.ZoneInfo(self.timezone)).date()
        return any(
            opens <= now and (closes is None or now < closes) for opens, closes in self._on(day)
        )

    def next_opening(self, now: datetime) -> datetime | None:
        """The next moment after ``now`` at which a span begins; None if there is none in a year."""
        today = now.astimezone(zoneinfo.ZoneInfo(self.timezone)).date()
        for offset in range(SEARCH_DAYS):
            openings = [opens for opens, _ in self._on(today + timedelta(days=offset))]
            later = [opens for opens in openings if opens > now]
            if later:
                return min(later)
        return None

    def _on(self, day: date) -> list[tuple[datetime, datetime | None]]:
        """The spans of one local day as moments; None closes with the day.

        Where the clocks change, a time that comes twice opens at its first and closes at its
        last, and one that is skipped is the moment of the change.
        """
        if day in self.holidays:
            return []
        zone = zoneinfo.ZoneInfo(self.timezone)
        spans = [
            (
                _moment(day, opens, zone, last=False),
                None if closes == MIDNIGHT else _moment(day, closes, zone, last=True),
            )
            for weekday, opens, closes in self.spans
            if weekday == day.weekday()
        ]
        return [(opens, closes) for opens, closes in spans if closes is None or opens < closes]

    def in_words(self) -> str:
        """Such as “Mon–Fri 08:00–17:00, Sat 09:00–12:00 (America/New_York)”."""
        by_times: dict[str, list[int]] = {}
        for weekday, opens, closes in sorted(self.spans):
            by_times.setdefault(f"{opens:%H:%M}–{closes:%H:%M}", []).append(weekday)
        words = [f"{_days(weekdays)} {times}" for times, weekdays in by_times.items()]
        return f"{', '.join(words)} ({self.timezone})" if words else "closed"


def _moment(day: date, at: time, zone: zoneinfo.ZoneInfo, *, last: bool) -> datetime:
    wall = datetime.combine(day, at)
    early, late = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return late if last else early
    # Skipped: the clocks change somewhere between the two readings of it.
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _days(weekdays: list[int]) -> str:
    runs = []
    for _, group in groupby(enumerate(weekdays), key=lambda pair: pair[1] - pair[0]):
        run = list(map(itemgetter(1), group))
        runs.append(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}–{DAYS[run[-1]]}")
    return ", ".join(runs)
