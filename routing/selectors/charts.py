"""A chart of bars as plain geometry; the template draws it (N14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 1000, 200
MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    words: str
    x: float
    y: float
    width: float
    height: float


def bars(points: Sequence[tuple[str, float | None, str]]) -> list[Bar]:
    """Bars of (label, value, value in words), the highest as high as the chart."""
    highest = max((value or 0 for _, value, _ in points), default=0)
    step = WIDTH / max(1, len(points))
    drawn = []
    for place, (label, value, words) in enumerate(points):
        height = round(HEIGHT * (value or 0) / highest, 2) if highest else 0
        drawn.append(
            Bar(
                label,
                words,
                round(place * step + step * 0.1, 2),
                HEIGHT - height,
                round(step * 0.8, 2),
                height,
            )
        )
    return drawn


def shown_labels(labels: Sequence[str]) -> list[str]:
    """A few of the labels, evenly spaced, to stand under the bars."""
    every = max(1, -(-len(labels) // MOST_LABELS))
    return list(labels[::every])
