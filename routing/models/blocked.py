from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from smsdesk.lib import phone


class BlockedQuerySet(models.QuerySet["BlockedNumber"]):
    def in_force(self) -> BlockedQuerySet:
        """Those that block now: without an end, or before it."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))


class BlockedNumber(models.Model):
    """A number whose texts ring nobody, and which gets none (N19)."""

    LONGEST_REASON = 200

    number = models.CharField(
        max_length=20, help_text="As people write it, such as (415) 555-0123 or +44 20 7946 0958."
    )
    channel = models.ForeignKey(
        "routing.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="blocked_numbers",
        help_text="Empty: over every channel.",
    )
    reason = models.CharField(
        max_length=LONGEST_REASON,
        help_text="Read by agents who would text it, such as: Threats against us.",
    )
    until = models.DateTimeField(
        "until (UTC)", null=True, blank=True, help_text="Empty: until somebody unblocks it."
    )
    created_at = models.DateTimeField("blocked at", auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="blocked by",
    )

    objects = BlockedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="blocked_once_per_channel",
                fields=["number", "channel"],
                nulls_distinct=False,
                violation_error_message="This number is blocked there already. Change that entry.",
            )
        ]

    def __str__(self) -> str:
        return phone.display(self.number)

    def clean(self) -> None:
        """Store the number in its one spelling: texts are matched by it."""
        super().clean()
        try:
            self.number = phone.customer(self.number)
        except phone.NotANumber as error:
            raise ValidationError({"number": str(error)}) from error
