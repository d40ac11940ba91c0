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
    # The hours of those holidays that have some: (date, opens, closes).
    short_days: tuple[tuple[date, time, time], ...] = ()

    def is_open(self, now: datetime) -> bool:
        """Whether ``now`` lies in a span ``[opens, closes)`` of its day."""
        return any(opens <= now < closes for opens, closes in self._on(self._day(now)))

    def next_opening(self, now: datetime) -> datetime | None:
        """The next moment after ``now`` at which a span begins; None if there is none in a year."""
        today = self._day(now)
        for offset in range(SEARCH_DAYS):
            openings = [opens for opens, _ in self._on(today + timedelta(days=offset))]
            later = [opens for opens in openings if opens > now]
            if later:
                return min(later)
        return None

    def after_open(self, span: timedelta, since: datetime) -> datetime | None:
        """When it will have been open for so long since then; None if it is not within a year."""
        today, left = self._day(since), span
        for offset in range(SEARCH_DAYS):
            for opens, closes in sorted(self._on(today + timedelta(days=offset))):
                begins = max(opens, since)
                if closes <= begins:
                    continue
                if closes - begins >= left:
                    return begins + left
                left -= closes - begins
                since = closes  # spans may overlap
        return None

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(zoneinfo.ZoneInfo(self.timezone)).date()

    def _on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans of one local day as moments.

        Where the clocks change, a time that comes twice opens at its first and closes at its
        last, and one that is skipped is the moment of the change.
        """
        if day in self.holidays:
            times = [(opens, closes) for on, opens, closes in self.short_days if on == day]
        else:
            times = [(opens, closes) for on, opens, closes in self.spans if on == day.weekday()]
        zone = zoneinfo.ZoneInfo(self.timezone)
        tomorrow = day + timedelta(days=1)
        spans = [
            (
                _moment(day, opens, zone, last=False),
                _moment(tomorrow, MIDNIGHT, zone, last=False)
                if closes == MIDNIGHT
                else _moment(day, closes, zone, last=True),
            )
            for opens, closes in times
        ]
        return [(opens, closes) for opens, closes in spans if opens < closes]

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
