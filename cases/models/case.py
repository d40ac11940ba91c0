from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cases.models.search import words_of
from routing.enums import EndedBy
from smsdesk.lib.digests import digest

CASE_WORDS = words_of("subject", "description")
FIRST_CASE_NUMBER = 1000


class CaseState(models.TextChoices):
    OPEN = "OPEN", "open"
    CLOSED = "CLOSED", "closed"


class Case(models.Model):
    """What a customer wanted, and what came of it."""

    customer = models.ForeignKey(
        "cases.Customer", models.PROTECT, null=True, blank=True, related_name="cases"
    )
    phone = models.CharField(max_length=20, blank=True, help_text="Filled from the mobile (G8).")
    subject = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=CaseState, default=CaseState.OPEN)
    automatic = models.BooleanField(
        default=False,
        editable=False,
        help_text="Made to keep a log where no case was chosen (B13), and named by nobody yet.",
    )
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            # a customer's open and recent cases
            models.Index(name="case_of_customer", fields=["customer", "state", "-updated_at"]),
            # the command bar
            GinIndex(CASE_WORDS, name="case_words"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def number(self) -> int:
        """What people call it by."""
        return FIRST_CASE_NUMBER + self.pk

    @property
    def is_open(self) -> bool:
        return self.state == CaseState.OPEN

    @property
    def seen(self) -> str:
        """What an editor has seen: another one after every change of these fields."""
        return digest(self.subject, self.description)


class CaseLink(models.Model):
    """Whose conversation this is, and which case it belongs to, as far as is known."""

    interaction = models.OneToOneField(
        "routing.Interaction", models.CASCADE, related_name="case_link"
    )
    customer = models.ForeignKey("cases.Customer", models.PROTECT, null=True, related_name="links")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="links")

    def __str__(self) -> str:
        return f"{self.interaction_id}: {self.customer_id}, {self.case_id}"


class ChatLog(models.Model):
    """The task a conversation leaves on the case: times, end and transcript (H7, H8)."""

    interaction = models.OneToOneField(
        "routing.Interaction", models.PROTECT, related_name="chat_log"
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="chat_logs")
    agent_name = models.CharField(max_length=80)
    initiated_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    terminated_at = models.DateTimeField()
    ended_by = models.CharField(max_length=10)
    disposition = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    transcript = models.TextField()

    def __str__(self) -> str:
        return f"Chat log {self.pk}"

    @property
    def ended_by_words(self) -> str:
        return str(EndedBy(self.ended_by).label)


class Disposition(models.Model):
    """How a conversation came out, as supervisors want it named (H3)."""

    name = models.CharField(max_length=80, unique=True)
    queues = models.ManyToManyField(
        "routing.Queue", blank=True, help_text="Where it is offered. None: everywhere."
    )
    position = models.PositiveSmallIntegerField(default=100)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name
