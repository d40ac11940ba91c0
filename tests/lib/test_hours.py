"""B7, N10: opening hours, in the schedule's own time zone, through both changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.hours import Hours

WORKDAYS = range(5)
NEW_YORK = "America/New_York"


def local(text: str, zone: str = "UTC", *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def daily(opens: time, closes: time, zone: str = NEW_YORK) -> Hours:
    return Hours(zone, tuple((day, opens, closes) for day in range(7)))


OFFICE = Hours("UTC", tuple((day, time(9), time(17)) for day in WORKDAYS))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-02T08:59:59", False),
        ("2026-03-02T09:00:00", True),
        ("2026-03-02T16:59:59", True),
        ("2026-03-02T17:00:00", False),
        ("2026-03-07T12:00:00", False),  # a Saturday
    ],
)
def test_N10_a_span_is_open_from_its_first_moment_until_just_before_its_last(moment, is_open):
    assert OFFICE.is_open(local(moment)) is is_open


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-03-02T08:00:00", "2026-03-02T09:00:00"),
        ("2026-03-02T17:00:00", "2026-03-03T09:00:00"),
        ("2026-03-06T18:00:00", "2026-03-09T09:00:00"),  # over a weekend
        ("2026-03-02T09:00:00", "2026-03-03T09:00:00"),  # the one after this
    ],
)
def test_N10_the_next_opening_is_the_next_moment_a_span_begins(now, opening):
    assert OFFICE.next_opening(local(now)) == local(opening)


def test_N10_several_spans_a_day_have_a_break_between_them():
    hours = Hours("UTC", ((0, time(13), time(17)), (0, time(8), time(12))))

    assert hours.is_open(local("2026-03-02T11:59:00")) is True
    assert hours.is_open(local("2026-03-02T12:30:00")) is False
    assert hours.next_opening(local("2026-03-02T12:30:00")) == local("2026-03-02T13:00:00")
    assert hours.next_opening(local("2026-03-02T07:00:00")) == local("2026-03-02T08:00:00")


def test_N10_midnight_closes_a_day_at_its_end():
    hours = Hours("UTC", ((0, time(18), time(0)),))

    assert hours.is_open(local("2026-03-02T23:59:59.999999")) is True
    assert hours.is_open(local("2026-03-03T00:00:00")) is False


def test_N10_a_holiday_is_closed_all_day():
    hours = Hours("UTC", OFFICE.spans, frozenset({date(2026, 3, 3)}))

    assert hours.is_open(local("2026-03-03T12:00:00")) is False
    assert hours.next_opening(local("2026-03-02T18:00:00")) == local("2026-03-04T09:00:00")


def test_N10_the_schedule_has_its_own_time_zone():
    tokyo = Hours("Asia/Tokyo", OFFICE.spans)

    assert tokyo.is_open(datetime(2026, 3, 2, 0, tzinfo=UTC)) is True  # 9:00 on Monday there
    assert tokyo.is_open(datetime(2026, 3, 2, 8, tzinfo=UTC)) is False


def test_N10_without_spans_nothing_ever_opens():
    assert Hours("UTC", ()).is_open(local("2026-03-02T12:00:00")) is False
    assert Hours("UTC", ()).next_opening(local("2026-03-02T12:00:00")) is None


def test_N10_a_span_without_length_never_opens():
    hours = Hours("UTC", ((0, time(9), time(9)),))

    assert hours.is_open(local("2026-03-02T09:00:00")) is False
    assert hours.next_opening(local("2026-03-02T08:00:00")) is None


def test_N10_a_span_that_begins_in_the_skipped_hour_opens_when_the_clocks_change():
    # 2:00 becomes 3:00 on 8 March 2026 in New York
    hours = daily(time(2, 30), time(9))
    change = local("2026-03-08T03:00:00", NEW_YORK)

    assert hours.next_opening(local("2026-03-08T01:00:00", NEW_YORK)) == change
    assert hours.is_open(change - timedelta(seconds=1)) is False
    assert hours.is_open(change) is True


def test_N10_a_span_that_lies_in_the_skipped_hour_is_left_out_that_day():
    hours = daily(time(2), time(3))
    now = local("2026-03-08T01:00:00", NEW_YORK)

    assert hours.next_opening(now) == local("2026-03-09T02:00:00", NEW_YORK)


def test_N10_a_span_in_the_repeated_hour_opens_at_the_first_and_closes_at_the_last():
    # 2:00 becomes 1:00 on 1 November 2026 in New York
    hours = daily(time(1, 15), time(1, 30))
    first = local("2026-11-01T01:15:00", NEW_YORK)
    between = local("2026-11-01T01:05:00", NEW_YORK, fold=1)
    last = local("2026-11-01T01:30:00", NEW_YORK, fold=1)

    assert hours.next_opening(local("2026-11-01T00:00:00", NEW_YORK)) == first
    assert hours.is_open(between) is True
    assert hours.is_open(last - timedelta(seconds=1)) is True
    assert hours.is_open(last) is False


minutes = st.integers(0, 24 * 4 - 1).map(lambda n: time(n // 4, n % 4 * 15))
spans = st.lists(st.tuples(st.integers(0, 6), minutes, minutes), max_size=6).map(
    lambda found: tuple((day, a, b) for day, a, b in found if a < b or b == time(0))
)
zones = st.sampled_from(
    [
        "UTC",
        NEW_YORK,
        "Europe/Berlin",
        "Australia/Lord_Howe",  # changes by half an hour
        "America/Santiago",  # changes at midnight
        "Asia/Beirut",
        "Asia/Kolkata",  # +5:30
        "Asia/Kathmandu",  # +5:45
        "America/St_Johns",  # -3:30
        "Pacific/Chatham",  # +12:45, and changes at 2:45
    ]
)
# The days around the clocks' changes of 2026 in these zones, and an ordinary week.
moments = st.one_of(
    [
        st.datetimes(day, day + timedelta(days=4)).map(lambda moment: moment.replace(tzinfo=UTC))
        for day in (
            datetime(2026, 3, 6),  # noqa: DTZ001 - st.datetimes wants them naive
            datetime(2026, 3, 27),  # noqa: DTZ001
            datetime(2026, 4, 3),  # noqa: DTZ001
            datetime(2026, 9, 4),  # noqa: DTZ001
            datetime(2026, 9, 24),  # noqa: DTZ001
            datetime(2026, 10, 2),  # noqa: DTZ001
            datetime(2026, 10, 23),  # noqa: DTZ001
            datetime(2026, 10, 30),  # noqa: DTZ001
            datetime(2026, 6, 1),  # noqa: DTZ001
        )
    ]
)
holidays = st.frozensets(st.dates(date(2026, 3, 1), date(2026, 11, 10)), max_size=3)
short_days = st.lists(st.tuples(minutes, minutes), max_size=3)


@st.composite
def schedules(draw, spans=spans):
    """Any hours; some holidays have hours of their own."""
    closed, times = draw(holidays), draw(short_days)
    short = zip(sorted(closed), times, strict=False)
    own = tuple((day, a, b) for day, (a, b) in short if a < b or b == time(0))
    return Hours(draw(zones), draw(spans), closed, own)


@given(schedules(), moments)
def test_N10_it_is_open_when_a_clock_on_the_wall_there_says_so(hours, now):
    """By hand, without moments: two spans a day, holidays, and the hours that are skipped."""
    there = now.astimezone(ZoneInfo(hours.timezone))
    day, clock = there.date(), there.time()
    if day in hours.holidays:
        today = [(a, b) for on, a, b in hours.short_days if on == day]
    else:
        today = [(a, b) for weekday, a, b in hours.spans if weekday == day.weekday()]
    says = any(a <= clock and (clock < b or b == time(0)) for a, b in today)

    if there.utcoffset() == there.replace(fold=1 - there.fold).utcoffset():
        assert hours.is_open(now) is says
    else:  # an hour that comes twice is open from the first opening to the last closing
        assert hours.is_open(now) or not says


def quarters_between(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(minute=0, second=0, microsecond=0)
    quarters = (first + timedelta(minutes=15) * n for n in range(4 * 24 * 8))
    return [moment for moment in quarters if start < moment < end]


@given(schedules(), moments)
def test_N10_the_next_opening_is_open_and_nothing_opens_before_it(hours, now):
    opening = hours.next_opening(now)

    if opening is None:
        assert not hours.spans
        return
    assert opening > now
    assert hours.is_open(opening) is True
    if not hours.is_open(now):
        assert not hours.is_open(opening - timedelta(microseconds=1))
        assert [moment for moment in quarters_between(now, opening) if hours.is_open(moment)] == []


def test_N10_a_holiday_may_have_hours_of_its_own():
    eve = date(2026, 3, 3)
    hours = Hours("UTC", OFFICE.spans, frozenset({eve}), ((eve, time(9), time(12)),))

    assert hours.is_open(local("2026-03-03T11:59:00")) is True
    assert hours.is_open(local("2026-03-03T12:00:00")) is False
    assert hours.next_opening(local("2026-03-03T12:00:00")) == local("2026-03-04T09:00:00")


@pytest.mark.parametrize(
    ("since", "hours", "due"),
    [
        ("2026-03-02T10:00:00", 2, "2026-03-02T12:00:00"),
        ("2026-03-02T16:00:00", 2, "2026-03-03T10:00:00"),  # over a night
        ("2026-03-06T16:00:00", 2, "2026-03-09T10:00:00"),  # over a weekend
        ("2026-03-07T12:00:00", 1, "2026-03-09T10:00:00"),  # begun while closed
        ("2026-03-02T09:00:00", 8, "2026-03-02T17:00:00"),  # to the day's end
        ("2026-03-02T09:00:00", 40, "2026-03-06T17:00:00"),  # a week of work
    ],
)
def test_N10_only_open_time_counts(since, hours, due):
    assert OFFICE.after_open(timedelta(hours=hours), local(since)) == local(due)


def test_N10_open_time_that_never_comes_is_never_over():
    assert Hours("UTC", ()).after_open(timedelta(seconds=1), local("2026-03-02T09:00:00")) is None


def test_N10_the_clock_counts_the_real_hours_of_a_day_on_which_the_clocks_change():
    always = daily(time(0), time(0))
    since = local("2026-03-08T00:00:00", NEW_YORK)

    due = always.after_open(timedelta(hours=23), since)

    assert due == since + timedelta(hours=23) == local("2026-03-09T00:00:00", NEW_YORK)


quarter_hours = moments.map(
    lambda moment: moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
)


@given(schedules(spans=spans.filter(bool)), quarter_hours, st.integers(1, 4 * 12))
def test_N10_between_a_text_and_its_due_time_lies_exactly_the_open_time(hours, since, quarters):
    span = timedelta(minutes=15) * quarters

    due = hours.after_open(span, since)

    assert due is not None
    between = [since, *quarters_between(since, due)]
    open_ones = [moment for moment in between if moment < due and hours.is_open(moment)]
    if len(between) < 4 * 24 * 8 - 4:  # as far as quarters are counted
        assert len(open_ones) == quarters
    assert hours.is_open(due - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("weekly", "words"),
    [
        (
            [*((day, time(8), time(17)) for day in WORKDAYS), (5, time(9), time(12))],
            "Mon–Fri 08:00–17:00, Sat 09:00–12:00 (UTC)",
        ),
        ([(0, time(8), time(12)), (2, time(8), time(12))], "Mon, Wed 08:00–12:00 (UTC)"),
        ([(6, time(20), time(0))], "Sun 20:00–00:00 (UTC)"),
        ([], "closed"),
    ],
)
def test_B7_the_hours_are_said_in_words(weekly, words):
    assert Hours("UTC", tuple(weekly)).in_words() == words
