from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from agents.enums import LIMIT_CEILING


class Team(models.Model):
    """Agents who share a limit on conversations (D4)."""

    name = models.CharField(
        max_length=80, unique=True, help_text="As supervisors call it, such as The Bears."
    )
    limit = models.PositiveSmallIntegerField(
        "conversation limit",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LIMIT_CEILING)],
        help_text="SMS and chat together, for each member. Empty: the desk's default of six.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="team_limit_within_ceiling",
                condition=models.Q(limit__isnull=True) | models.Q(limit__range=(1, LIMIT_CEILING)),
            ),
        ]

    def __str__(self) -> str:
        return self.name
