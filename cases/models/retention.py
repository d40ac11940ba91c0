from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models


class Kept(models.TextChoices):
    """What is kept for a time that somebody may set."""

    REQUESTS = "REQUESTS", "carriers’ requests, as they came"
    QUARANTINE = "QUARANTINE", "requests in quarantine"
    TEXTS = "TEXTS", "texts, drafts and transcripts of closed conversations"
    NOTES = "NOTES", "internal notes"
    EVENTS = "EVENTS", "life lines and routing receipts of closed conversations"
    AUDIT = "AUDIT", "audit trail"


class RetentionPeriod(models.Model):
    """How long one kind of thing is kept (N19). Without days: for ever, as by default (J7)."""

    kind = models.CharField("what", max_length=10, choices=Kept, unique=True, editable=False)
    days = models.PositiveIntegerField(
        null=True,
        blank=True,
        # Whoever mistypes has a week to see it in the trail.
        validators=[MinValueValidator(7)],
        help_text="What is older is deleted every night, for good. Empty: it is kept for ever.",
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.get_kind_display()
