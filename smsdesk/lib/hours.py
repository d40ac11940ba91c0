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
        local = now.astimezone(zoneinfo.ZoneInfo(self.timezone))
        if local.date() in self.holidays:
            return False
        return any(
            weekday == local.weekday()
            and opens <= local.time()
            and (closes == MIDNIGHT or local.time() < closes)
            for weekday, opens, closes in self.spans
        )

    def next_opening(self, now: datetime) -> datetime | None:
        """The next moment after ``now`` at which a span begins; None if there is none in a year."""
        zone = zoneinfo.ZoneInfo(self.timezone)
        today = now.astimezone(zone).date()
        for offset in range(SEARCH_DAYS):
            day = today + timedelta(days=offset)
            if day in self.holidays:
                continue
            for opens in sorted(
                opens for weekday, opens, _ in self.spans if weekday == day.weekday()
            ):
                moment = datetime.combine(day, opens, zone).astimezone(UTC)
                if moment > now:
                    return moment
        return None

    def in_words(self) -> str:
        """Such as “Mon–Fri 08:00–17:00, Sat 09:00–12:00 (America/New_York)”."""
        by_times: dict[str, list[int]] = {}
        for weekday, opens, closes in sorted(self.spans):
            by_times.setdefault(f"{opens:%H:%M}–{closes:%H:%M}", []).append(weekday)
        words = [f"{_days(weekdays)} {times}" for times, weekdays in by_times.items()]
        return f"{', '.join(words)} ({self.timezone})" if words else "closed"


def _days(weekdays: list[int]) -> str:
    runs = []
    for _, group in groupby(enumerate(weekdays), key=lambda pair: pair[1] - pair[0]):
        run = list(map(itemgetter(1), group))
        runs.append(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}–{DAYS[run[-1]]}")
    return ", ".join(runs)
