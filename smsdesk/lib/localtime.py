"""Where a phone number, or a postal address, is at home, as far as the time of day goes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/Unknown"


# Time zones of the states and provinces, of which some lie in several; US and Canada alone are
# told by their addresses, as no other country's mobile numbers move between so many clocks.
ZONES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID KS MT ND NE NM OR SD TX UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
    "America/St_Johns": "NL",
    "America/Halifax": "NB NL NS PE QC",
    "America/Toronto": "NU ON QC",
    "America/Winnipeg": "MB NU ON",
    "America/Regina": "SK",
    "America/Edmonton": "AB BC NT NU SK",
    "America/Vancouver": "BC",
    "America/Whitehorse": "YT",
}
STATE_AND_CODE = re.compile(
    r"\b([A-Z]{2})[\s,.]+(?:[0-9]{5}(?:-[0-9]{4})?|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])\b"
)


@lru_cache(maxsize=10_000)
def zones_of(number: str) -> tuple[str, ...]:
    """The time zones a stored number may be in; none where nothing is known of it."""
    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(number))
        return tuple(name for name in names if name != UNKNOWN and _offsets(name))
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError):
        return ()


def zones_at(address: str) -> tuple[str, ...]:
    """The time zones of a postal address in the US or Canada, by its state and postal code."""
    found = STATE_AND_CODE.findall(address)
    return tuple(zone for zone, states in ZONES.items() if found and found[-1] in states.split())


@lru_cache(maxsize=10_000)
def zone_of(number: str) -> str:
    """The time zone of a stored number; empty where its region has several, or none is known."""
    names = zones_of(number)
    # The same all year round: one in January and one in July.
    clocks = {_offsets(name) for name in names}
    return names[0] if len(clocks) == 1 else ""


def _offsets(name: str) -> tuple[object, ...]:
    zone = ZoneInfo(name)
    moments = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7))
    return tuple(moment.astimezone(zone).utcoffset() for moment in moments)
