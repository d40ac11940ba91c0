"""N17: quiet hours over time zones, midnight, and days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.quiet_hours import quiet_until

NIGHT = {"begins": time(21), "ends": time(8)}
PACIFIC, EASTERN, BERLIN = "America/Los_Angeles", "America/New_York", "Europe/Berlin"
ZONES = [PACIFIC, EASTERN, BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Honolulu"]
STEP = timedelta(minutes=15)


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-01 20:59:59", None),
        ("2026-06-01 21:00", "2026-06-02 08:00"),
        ("2026-06-02 00:00", "2026-06-02 08:00"),
        ("2026-06-02 07:59:59", "2026-06-02 08:00"),
        ("2026-06-02 08:00", None),
        # The clocks change in these nights: one is an hour shorter, the other longer.
        ("2026-03-07 23:00", "2026-03-08 08:00"),
        ("2026-10-31 23:00", "2026-11-01 08:00"),
    ],
)
def test_N17_the_night_ends_at_eight_by_their_clock(now, until):
    ends = quiet_until(at(now, PACIFIC), zones=[PACIFIC], **NIGHT)

    assert ends == (at(until, PACIFIC) if until else None)


def test_N17_quiet_hours_may_lie_within_one_day():
    siesta = {"begins": time(13), "ends": time(15), "zones": [BERLIN]}

    assert quiet_until(at("2026-06-01 14:00", BERLIN), **siesta) == at("2026-06-01 15:00", BERLIN)
    assert quiet_until(at("2026-06-01 23:00", BERLIN), **siesta) is None


def test_N17_whoever_may_be_in_several_zones_is_awake_in_all_of_them():
    both = [EASTERN, PACIFIC]

    assert quiet_until(at("2026-06-01 08:30", EASTERN), zones=both, **NIGHT) == at(
        "2026-06-01 08:00", PACIFIC
    )
    # Nine in the evening in the east, when it is six in the west: tomorrow, when both are up.
    assert quiet_until(at("2026-06-01 21:00", EASTERN), zones=both, **NIGHT) == at(
        "2026-06-02 08:00", PACIFIC
    )


def test_N17_zones_without_a_common_hour_end_somewhere():
    now = datetime(2026, 6, 1, tzinfo=UTC)
    nearly_always = {"begins": time(9), "ends": time(8)}

    until = quiet_until(now, zones=[EASTERN, PACIFIC], **nearly_always)

    assert until is not None
    assert until.astimezone(ZoneInfo(EASTERN)).time() == time(8) or (
        until.astimezone(ZoneInfo(PACIFIC)).time() == time(8)
    )


def is_quiet(moment: datetime, begins: time, ends: time, zone: str) -> bool:
    clock = moment.astimezone(ZoneInfo(zone)).time()
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


@given(
    # Of the year in which the clocks change most often within this range.
    minutes=st.integers(0, 366 * 24 * 60),
    begins=st.times(min_value=time(18)),
    ends=st.times(max_value=time(10)),
    zones=st.lists(st.sampled_from(ZONES[:3]), min_size=1, unique=True),
)
def test_N17_it_is_the_first_moment_that_is_quiet_nowhere(minutes, begins, ends, zones):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    until = quiet_until(now, begins=begins, ends=ends, zones=zones)

    if until is None:
        assert not any(is_quiet(now, begins, ends, zone) for zone in zones)
        return
    assert until > now
    probe = now
    while probe < until:
        assert any(is_quiet(probe, begins, ends, zone) for zone in zones)
        probe += STEP


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    begins=st.times(),
    ends=st.times(),
    zone=st.sampled_from(ZONES),
)
def test_N17_in_one_zone_the_quiet_hours_are_over_then(minutes, begins, ends, zone):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    if begins == ends:
        return

    until = quiet_until(now, begins=begins, ends=ends, zones=[zone])

    assert (until is None) != is_quiet(now, begins, ends, zone)
    if until:
        assert now < until <= now + timedelta(hours=25)
        assert not is_quiet(until, begins, ends, zone)
