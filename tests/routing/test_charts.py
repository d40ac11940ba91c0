"""N14: charts can be read: round lines, labels under their bars, nothing outside."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.selectors.charts import BOTTOM, NARROW, NARROW_LONG, TOP, WIDE, Point, chart

VALUES = st.lists(st.none() | st.floats(0, 1e9), max_size=800)
UNITS = st.sampled_from(["count", "time", "share", "money"])


def points(values) -> list[Point]:
    return [Point(f"long {n}", f"{n}", value) for n, value in enumerate(values)]


@given(VALUES, UNITS)
def test_N14_bars_stand_side_by_side_within_the_chart(values, unit):
    drawn = chart(points(values), unit)

    assert [bar.point.value for bar in drawn.bars] == values
    for bar, following in pairwise(drawn.bars):
        assert bar.x + bar.width <= following.x + 0.01
    for bar in drawn.bars:
        assert TOP - 0.01 <= bar.y <= BOTTOM
        assert bar.y + bar.height == pytest.approx(BOTTOM, abs=0.01)
        assert bar.x + bar.width <= 100.01


@given(VALUES, UNITS)
def test_N14_lines_begin_at_nought_and_no_bar_is_higher(values, unit):
    drawn = chart(points(values), unit)
    shown = [line.value for line in drawn.lines]

    assert shown[0] == 0
    assert 2 <= len(shown) <= 6
    assert shown == sorted(set(shown))
    assert shown[-1] >= max((value or 0 for value in values), default=0) * 0.999
    assert drawn.lines[0].y == BOTTOM
    assert drawn.lines[-1].y == pytest.approx(TOP, abs=0.01)


@pytest.mark.parametrize(
    ("highest", "unit", "lines"),
    [
        (0, "count", [0, 1]),
        (3, "count", [0, 1, 2, 3]),
        (7, "count", [0, 2, 4, 6, 8]),
        (1234, "count", [0, 500, 1000, 1500]),
        (95, "time", [0, 30, 60, 90, 120]),
        (700, "time", [0, 300, 600, 900]),
        (9000, "time", [0, 3600, 7200, 10800]),
        (0.93, "share", [0, 0.25, 0.5, 0.75, 1]),
        (0.02, "money", [0, 0.01, 0.02]),
    ],
)
def test_N14_lines_stand_at_round_values(highest, unit, lines):
    drawn = chart(points([highest]), unit)

    assert [line.value for line in drawn.lines] == pytest.approx(lines)


@given(st.integers(1, 800), st.sampled_from([("", NARROW), (" Nov 13:00", NARROW_LONG)]))
def test_N14_labels_stand_under_their_bars_and_have_room(number, narrow):
    ending, most_narrow = narrow
    labels = [f"{place}{ending}" for place in range(number)]
    drawn = chart([Point(label, label, 1) for label in labels], "count")
    middles = {bar.point.short: bar.x + bar.width / 2 for bar in drawn.bars}

    for on, most in (("wide", WIDE), ("narrow", most_narrow)):
        ticks = [tick for tick in drawn.ticks if tick.on == on]
        assert all(tick.x == pytest.approx(middles[tick.label], abs=0.01) for tick in ticks)
        assert min(number, most) / 2 <= len(ticks) <= most
        places = [labels.index(tick.label) for tick in ticks]
        assert len({after - before for before, after in pairwise(places)}) <= 1
        # As much room at the one edge as at the other, so that the last is not cut off.
        assert places[0] - (number - 1 - places[-1]) in {0, -1}
