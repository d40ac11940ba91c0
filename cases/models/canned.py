from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


class CannedReply(models.Model):
    """A reply that agents call up with / and its shortcut (N4)."""

    shortcut = models.CharField(
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9_-]*$",
                "Use small letters, digits, - and _ only; agents type it after /.",
            )
        ],
    )
    title = models.CharField(max_length=80)
    body = models.TextField(
        help_text="{customer}, {first_name}, {agent}, {queue}, {case} and {channel} are filled in."
    )
    queues = models.ManyToManyField(
        "routing.Queue", blank=True, help_text="Where it is offered. None: everywhere."
    )
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"/{self.shortcut} {self.title}"
