"""The board of the floor as HTML: the same for the page, the socket and the polling."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from routing.selectors.floor import narrowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.selectors.floor import Floor, Minute

WIDTH, HEIGHT = 300, 60
LONGEST_ID = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a watcher looks at: all, or one queue, one team; on a wall or at a desk."""

    queue_id: int | None = None
    team_id: int | None = None
    wall: bool = False


def wanted_by(parameters: Mapping[str, str]) -> Wanted:
    """What an address asks for; anything that is no number asks for nothing."""
    return Wanted(
        _number(parameters.get("queue", "")),
        _number(parameters.get("team", "")),
        parameters.get("wall") == "1",
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


def frame_of(floor: Floor, wanted: Wanted) -> str:
    """The board as it goes over the wire: whole, never a difference."""
    html = board_of(floor, wanted)
    return json.dumps({"type": "floor", "now": floor.now.isoformat(), "html": html})


def board_of(floor: Floor, wanted: Wanted) -> str:
    shown = narrowed(floor, queue_id=wanted.queue_id, team_id=wanted.team_id)
    context: dict[str, Any] = {
        "floor": shown,
        "wanted": wanted,
        "wall": wanted.wall,
        "received": line([one.received for one in shown.minutes], top=_top(shown.minutes)),
        "sent": line([one.sent for one in shown.minutes], top=_top(shown.minutes)),
        "last": shown.minutes[-2:],
    }
    return render_to_string("floor/board.html", context)


def _top(minutes: Sequence[Minute]) -> int:
    return max((max(one.received, one.sent) for one in minutes), default=0)


def line(counts: Sequence[int], *, top: int) -> str:
    """The points of a sparkline, from left to right, the highest count at the top."""
    step = WIDTH / max(1, len(counts) - 1)
    return " ".join(
        f"{place * step:.1f},{HEIGHT - (count / top * HEIGHT if top else 0):.1f}"
        for place, count in enumerate(counts)
    )
