"""Quiet hours: pure over times of day, in all the time zones a customer may be in (N17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import time

# From zone to zone at most once around the earth; zones without a common hour end here.
MOST_STEPS = 50


def quiet_until(
    now: datetime, *, begins: time, ends: time, zones: Collection[str]
) -> datetime | None:
    """The first moment after ``now`` that is quiet in none of the zones; None where now is none.

    Quiet is ``[begins, ends)`` of the day, which may lie across midnight. Where the zones have no
    hour in common, it is a moment at which it has just ended in one of them.
    """
    moment = now
    for _ in range(MOST_STEPS):
        later = [end for zone in zones if (end := _end(moment, begins, ends, ZoneInfo(zone)))]
        if not later:
            break
        moment = max(later)
    return moment if moment > now else None


def _end(moment: datetime, begins: time, ends: time, zone: ZoneInfo) -> datetime | None:
    local = moment.astimezone(zone)
    across = begins > ends
    after, before = local.time() >= begins, local.time() < ends
    if not (after or before if across else after and before):
        return None
    day = local.date() + timedelta(days=1 if across and after else 0)
    # A time that comes twice ends it at its first, unless that is over.
    for fold in (0, 1):
        end = datetime.combine(day, ends, zone).replace(fold=fold).astimezone(UTC)
        if end > moment:
            break
    return end
