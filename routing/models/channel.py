from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import datetime


class Channel(models.Model):
    """A business number as an SMS inbound channel: where its texts go (A2)."""

    name = models.CharField(max_length=80, unique=True)
    number = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey("routing.CarrierAccount", models.PROTECT, related_name="channels")
    queue = models.ForeignKey(
        "routing.Queue",
        models.PROTECT,
        related_name="channels",
        help_text="For texts that no rule sends elsewhere.",
    )
    schedule = models.ForeignKey(
        "routing.Schedule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        help_text="Empty: always open.",
    )
    off_hours_reply = models.TextField(
        blank=True,
        help_text="Sent once to a conversation begun off hours; {hours} becomes the opening hours."
        " Empty: nothing is sent.",
    )
    ends_when_inactive = models.BooleanField(default=True)
    inactivity_minutes = models.PositiveIntegerField(
        default=120,  # S4:28
        validators=[MinValueValidator(1)],
        help_text="A conversation in which nobody writes for so long is ended.",
    )

    allow_agent_initiated = models.BooleanField(
        "agents may text first",
        default=True,
        help_text="Members of the channel's queue may begin conversations over it (I1).",
    )

    def __str__(self) -> str:
        return f"{self.name} {phone.display(self.number)}"

    def clean(self) -> None:
        """Store the number in its one spelling, however it was typed."""
        super().clean()
        try:
            self.number = phone.normalise(self.number)
        except phone.NotANumber as error:
            raise ValidationError({"number": str(error)}) from error

    @property
    def region(self) -> str:
        """The country in which a national writing of a number is read."""
        return phone.country_of(self.number) or "US"

    def inactive_at(self, now: datetime) -> datetime | None:
        """When a conversation ends if nobody writes from ``now`` on (H10–H12); None for never."""
        if not self.ends_when_inactive:
            return None
        return now + timedelta(minutes=self.inactivity_minutes)
