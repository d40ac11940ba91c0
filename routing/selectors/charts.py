"""Charts of bars as plain geometry in shares of a hundred; templates draw them (N14)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.selectors.measures import Unit

# Where the highest line and the lowest stand; below it are the labels.
TOP, BOTTOM = 6, 86
MOST_LINES = 4
# As many labels have room beside each other on a wide screen, and on a telephone, long or short.
WIDE, NARROW, NARROW_LONG = 8, 3, 2
SHORT = 8  # characters
# Of times, in seconds, up to half an hour; beyond it they are round hours.
ROUND_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)


class Point(NamedTuple):
    """What a bar is drawn of; ``short`` may stand below it. A value of None draws nothing."""

    label: str
    short: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    point: Point
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label below the middle of its bar; ``on`` wide screens, or narrow ones."""

    label: str
    x: float
    on: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    lines: list[Line]
    ticks: list[Tick]


def chart(points: Sequence[Point], unit: Unit) -> Chart:
    """Bars over lines at round values, the highest of which no bar exceeds."""
    highest = max((point.value or 0 for point in points), default=0)
    step = next(step for step in _round_steps(unit) if highest <= step * MOST_LINES)
    top = step * max(1, ceil(highest / step))
    share = (BOTTOM - TOP) / top
    width = 100 / max(1, len(points))
    bars = []
    for place, point in enumerate(points):
        height = (point.value or 0) * share
        x, y = (place + 0.1) * width, BOTTOM - height
        bars.append(Bar(point, *(round(of, 3) for of in (x, width * 0.8, y, height))))
    lines = [
        Line(step * number, round(BOTTOM - step * number * share, 3))
        for number in range(round(top / step) + 1)
    ]
    is_long = any(len(point.short) > SHORT for point in points)
    ticks = [
        Tick(points[place].short, round((place + 0.5) * width, 3), on)
        for on, most in (("wide", WIDE), ("narrow", NARROW_LONG if is_long else NARROW))
        for place in _labelled(len(points), most)
    ]
    return Chart(bars, lines, ticks)


def _round_steps(unit: Unit) -> Iterator[float]:
    """Round distances between lines, from the smallest on."""
    if unit == "share":
        yield 0.25
    if unit == "time":
        yield from ROUND_TIMES
    step: float = {"time": 3600, "money": 0.01}.get(unit, 1)
    while True:
        yield from (step, step * 2, step * 5)
        step *= 10


def _labelled(number: int, most: int) -> range:
    """Evenly spaced places, as far from the one edge as from the other."""
    every = max(1, -(-number // most))
    first = (number - 1) % every // 2
    return range(first, number, every)
