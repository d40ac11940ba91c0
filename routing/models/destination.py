from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models


class Destination(models.Model):
    """What a text to one country costs (A9)."""

    country = models.CharField(
        max_length=2,
        unique=True,
        validators=[RegexValidator("^[A-Z]{2}$", "Write the country's two letters, such as US.")],
        help_text="Two letters, such as US.",
    )
    price_per_part = models.DecimalField(
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0)],
        help_text="For each part of a text, in the desk's currency.",
    )

    def __str__(self) -> str:
        return self.country
