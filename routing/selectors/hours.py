"""Schedules as the plain values that ``lib.hours`` decides on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsdesk.lib.hours import Hours

if TYPE_CHECKING:
    from routing.models import Schedule


def hours_of(schedule: Schedule) -> Hours:
    """The schedule's spans and holidays."""
    return Hours(
        timezone=schedule.timezone,
        spans=tuple(schedule.spans.values_list("weekday", "opens", "closes")),
        holidays=frozenset(schedule.holidays.values_list("date", flat=True)),
    )
