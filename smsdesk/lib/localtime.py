"""Where a phone number is at home, as far as the time of day goes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=10_000)
def zone_of(number: str) -> str:
    """The time zone of a stored number; empty where its region has several, or none is known."""
    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""
    if UNKNOWN in names:
        return ""
    try:
        # The same all year round: one in January and one in July.
        clocks = {_offsets(name) for name in names}
    except ZoneInfoNotFoundError:
        return ""
    return str(names[0]) if len(clocks) == 1 else ""


def _offsets(name: str) -> tuple[object, ...]:
    zone = ZoneInfo(name)
    moments = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7))
    return tuple(moment.astimezone(zone).utcoffset() for moment in moments)
