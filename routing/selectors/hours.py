"""Schedules as the plain values that ``lib.hours`` decides on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsdesk.lib.hours import Hours

if TYPE_CHECKING:
    from routing.models import Schedule


def hours_of(schedule: Schedule) -> Hours:
    """The schedule's spans and holidays."""
    holidays = schedule.holidays.all()
    return Hours(
        timezone=schedule.timezone,
        spans=tuple((one.weekday, one.opens, one.closes) for one in schedule.spans.all()),
        holidays=frozenset(one.date for one in holidays),
        short_days=tuple(
            (one.date, one.opens, one.closes) for one in holidays if one.opens and one.closes
        ),
    )
