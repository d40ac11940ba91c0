"""``manage.py rebuild_reports``: count the reports anew from the events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from routing.services.tallies import count_anew, horizon

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Counts the reports anew from the life lines, day by day; the desk may run meanwhile. What"
        " was counted of a time whose life lines were deleted stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="begin", help="The first day, in UTC: 2026-03-01. Otherwise: all."
        )

    def handle(self, *_: str, begin: str | None, **__: Any) -> None:
        self.stdout.write(f"Days counted anew: {count_anew(_day(begin) if begin else None)}.")
        if before := horizon():
            self.stdout.write(
                f"Life lines of before {before:%Y-%m-%d %H:%M} UTC were deleted, for their time was"
                " over: what was counted until then stays as it is."
            )


def _day(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words).replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"“{words}” is no day. Write it as 2026-03-01.") from None
