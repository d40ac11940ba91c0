"""N14: hours and days are those of the desk's time zone, also where its clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.selectors.reports import DAY, HOUR, PERIOD, QUARTER, Scope, over_time, spans_of, total
from tests.factories import ChannelFactory, TallyFactory

# Every rule of changing clocks, offsets of quarters of an hour, and days without a midnight.
HARD = ["America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu"]
ZONES = st.sampled_from([*HARD, *sorted(available_timezones() - {"Factory", "localtime"})])


def scope(zone: str, first: date, days: int) -> Scope:
    return Scope(first, first + timedelta(days=days - 1), ZoneInfo(zone), {})


@given(ZONES, st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(1, 12))
def test_N14_every_quarter_is_in_the_day_and_hour_that_a_clock_on_the_wall_says(zone, first, days):
    asked = scope(zone, first, days)
    [period] = spans_of(asked, PERIOD)
    for step, words in ((DAY, "%Y-%m-%d"), (HOUR, "%Y-%m-%d %H:00")):
        spans = spans_of(asked, step)
        assert (spans[0].begin, spans[-1].end) == (period.begin, period.end)
        assert all(one.end == following.begin for one, following in pairwise(spans))
        assert len({span.label for span in spans}) == len(spans)
        for span in spans:
            quarter = span.begin
            while quarter < span.end:
                said = f"{quarter.astimezone(asked.zone):{words}}"
                assert span.label.removesuffix(span.label[16:]) == said
                quarter += QUARTER


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 3, 9), 24),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # has no midnight
        ("Africa/Cairo", date(2026, 10, 29), 25),  # whose last hour comes twice
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Kathmandu", date(2026, 3, 8), 24),
        ("UTC", date(2026, 3, 8), 24),
    ],
)
def test_N14_a_day_has_as_many_hours_as_its_clocks_say(zone, day, hours):
    [span] = spans_of(scope(zone, day, 1), DAY)

    assert span.end - span.begin == timedelta(hours=hours)
    found = spans_of(scope(zone, day, 1), HOUR)
    assert sum((one.end - one.begin for one in found), timedelta()) == timedelta(hours=hours)
    assert len(found) == hours // 1 + (hours % 1 > 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Kathmandu", date(2026, 6, 1), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
    ],
)
def test_N14_the_database_counts_each_quarter_in_its_own_hour_and_day(zone, day, hours):
    channel = ChannelFactory()
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    for number in range(3 * 24 * 4):
        TallyFactory(quarter=first + number * QUARTER, channel=channel, offered=1)
    asked = scope(zone, day, 1)
    by_hour = over_time(asked, HOUR)

    assert [row.sums["offered"] for row in by_hour] == [4] * hours
    assert [row.sums["offered"] for row in over_time(asked, DAY)] == [4 * hours]
    assert total(asked, by_hour).sums["offered"] == 4 * hours
