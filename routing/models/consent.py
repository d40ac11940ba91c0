from __future__ import annotations

from textwrap import shorten

from django.conf import settings
from django.db import models

from routing.enums import ConsentSource, KeywordMeans


class ConsentEntry(models.Model):
    """One line of the opt-out ledger of a number pair; the last line decides (N1).

    Written once, never changed: it is the evidence. The database refuses it, but for the names
    and words that an erasure takes out.
    """

    channel = models.ForeignKey("routing.Channel", models.PROTECT, related_name="consent_entries")
    address = models.CharField(max_length=20)
    opted_out = models.BooleanField()
    source = models.CharField(max_length=8, choices=ConsentSource)
    at = models.DateTimeField()
    message = models.ForeignKey(
        "routing.Message", models.PROTECT, null=True, related_name="+", db_index=False
    )
    agent = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+", db_index=False
    )
    # What whoever wrote it down adds.
    note = models.CharField(max_length=200, blank=True, db_default="")
    # The imported list, its line, and who imported it.
    file = models.CharField(max_length=140, blank=True, db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="imported by",
        db_index=False,
    )

    class Meta:
        verbose_name_plural = "consent entries"
        indexes = [
            # may we text this number over this channel?
            models.Index(name="consent_of_pair", fields=["channel", "address", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.address} {'out' if self.opted_out else 'in'} {self.at:%Y-%m-%d %H:%M:%S}"

    @property
    def evidence(self) -> str:
        """By what we know it, in words; empty where that was erased, or the number was blocked."""
        if self.source == ConsentSource.IMPORT:
            return f"{self.file}, imported by {self.user}" if self.user else self.file
        said = f"“{shorten(self.message.body, 60)}”" if self.message else ""
        if self.source == ConsentSource.CARRIER:
            return f"error code {self.message.error_code}" if self.message else ""
        if self.source == ConsentSource.AGENT:
            return ", ".join(filter(None, [self.agent.name if self.agent else "", said]))
        return said


class Keyword(models.Model):
    """A word of the supervisors' own that a text is taken for, beside those of the law (N1)."""

    LONGEST = 40

    word = models.CharField(
        max_length=LONGEST,
        help_text="The whole text, in any case, such as ARRET. Choose no word with which customers"
        " answer questions.",
    )
    means = models.CharField("asks for", max_length=5, choices=KeywordMeans)
    channel = models.ForeignKey(
        "routing.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="keywords",
        help_text="Empty: over every channel.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="keyword_once_per_channel",
                fields=["word", "channel"],
                nulls_distinct=False,
                violation_error_message="This word stands there already. Change that entry.",
            )
        ]

    def __str__(self) -> str:
        return self.word
