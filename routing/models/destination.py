from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from routing.enums import NumberType

COUNTRY_CODE = RegexValidator("^[A-Z]{2}$", "Write the country's two letters, such as US.")


class Destination(models.Model):
    """What a text to one country costs, and whether it may be sent at all (A9)."""

    country = models.CharField(
        max_length=2,
        unique=True,
        validators=[COUNTRY_CODE],
        help_text="Two letters, such as US.",
    )
    price_per_part = models.DecimalField(
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0)],
        help_text="For each part of a text, in the desk's currency.",
    )
    allowed = models.BooleanField(
        "may be texted",
        default=True,
        help_text="Off: nobody can text this country. A country that is not listed may be texted.",
    )
    reason = models.CharField(
        "why not",
        max_length=200,
        blank=True,
        help_text="Said to whoever tries, such as: Our contract does not cover it.",
    )

    class Meta:
        verbose_name = "country and price"
        verbose_name_plural = "countries and prices"

    def __str__(self) -> str:
        return self.country


class NumberCapability(models.Model):
    """What numbers of one country and type can do (A3, A8, A11–A14)."""

    country = models.CharField(max_length=2, validators=[COUNTRY_CODE])
    number_type = models.CharField(max_length=10, choices=NumberType)
    inbound = models.BooleanField(
        "receives texts", default=True, help_text="Off: no channel can be made of such a number."
    )
    outbound = models.BooleanField(
        "sends texts", default=True, help_text="Off: nothing is sent from such a number."
    )
    voice = models.BooleanField(
        "voice and SMS",
        default=False,
        help_text="A number can be called and texted. Off: such numbers are for SMS only.",
    )

    class Meta:
        verbose_name_plural = "number capabilities"
        constraints = [
            models.UniqueConstraint(
                name="one_capability_per_country_and_type",
                fields=["country", "number_type"],
                violation_error_message="There is a line of this country and type already:"
                " change that one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.get_number_type_display()}"
