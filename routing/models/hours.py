from __future__ import annotations

import zoneinfo
from datetime import time

from django.core.exceptions import ValidationError
from django.db import models


def check_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no time zone. Write it as America/New_York.")


class Weekday(models.IntegerChoices):
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Schedule(models.Model):
    """Opening hours: spans a week in one time zone, and holidays (B3, N10)."""

    name = models.CharField(
        max_length=80, unique=True, help_text="For you, such as Office hours in Boston."
    )
    timezone = models.CharField(
        max_length=60,
        default="UTC",
        validators=[check_timezone],
        help_text="In which the times below are meant, such as America/New_York. Summer time"
        " is kept by itself.",
    )

    def __str__(self) -> str:
        return self.name


class OpeningSpan(models.Model):
    """Open from ``opens`` until just before ``closes`` on one weekday, in local time."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="spans")
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday, help_text="Write one line for each day."
    )
    opens = models.TimeField(help_text="A day may have several spans, with breaks between them.")
    closes = models.TimeField(help_text="00:00 is midnight at the day's end.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="span_closes_after_it_opens",
                condition=models.Q(closes=time(0)) | models.Q(closes__gt=models.F("opens")),
                violation_error_message="A span closes after it opens, on the same day. For a"
                " night, write one span until 00:00 and one from 00:00 on the next day.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Holiday(models.Model):
    """A local date on which a schedule is closed, or has other hours than its weekday's."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="holidays")
    date = models.DateField(help_text="In the schedule's time zone.")
    name = models.CharField(max_length=80, blank=True, help_text="For you, such as New Year.")
    opens = models.TimeField(null=True, blank=True, help_text="Both empty: closed all day.")
    closes = models.TimeField(
        null=True, blank=True, help_text="00:00 is midnight at the day's end."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_holiday_a_day", fields=["schedule", "date"]),
            models.CheckConstraint(
                name="holiday_closes_after_it_opens",
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(opens__isnull=False, closes=time(0))
                | models.Q(opens__isnull=False, closes__gt=models.F("opens")),
                violation_error_message="A holiday closes after it opens. Leave both times empty"
                " where it is closed all day.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()
