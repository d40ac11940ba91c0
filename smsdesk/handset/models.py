"""What the simulated carrier remembers: phones, texts, the webhooks it owes, who said STOP."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator
from django.db import models

LONGEST_DELAY_SECONDS = 60
RECEIPT_CODES_FROM = 30000


class Direction(models.TextChoices):
    """Seen from the phone."""

    SENT = "SENT", "sent by the phone"
    RECEIVED = "RECEIVED", "received by the phone"


class Status(models.TextChoices):
    """A text's status in Twilio's own words, which the wire and the page show."""

    QUEUED = "queued", "on its way"
    SENT = "sent", "sent"
    DELIVERED = "delivered", "delivered"
    UNDELIVERED = "undelivered", "not delivered"
    FAILED = "failed", "failed"


# A receipt that comes late never takes back what the phone already knows.
LADDER = {
    Status.QUEUED: 0,
    Status.SENT: 1,
    Status.UNDELIVERED: 2,
    Status.FAILED: 2,
    Status.DELIVERED: 2,
}


class Phone(models.Model):
    """A phone one can type as. Made when it is added, or when it first sends or gets a text."""

    number = models.CharField(max_length=20, unique=True)
    label = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.label or self.number


class Text(models.Model):
    """One SMS between a phone and a business number, in either direction."""

    sid = models.CharField(max_length=34, unique=True)
    direction = models.CharField(max_length=8, choices=Direction)
    phone = models.CharField(max_length=20)
    business_number = models.CharField(max_length=20)
    body = models.TextField()
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error_code = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()

    class Meta:
        # a phone's conversation, oldest first
        indexes = [models.Index(name="handset_text_of_phone", fields=["phone", "id"])]

    def __str__(self) -> str:
        return self.sid

    @property
    def sender(self) -> str:
        return self.phone if self.direction == Direction.SENT else self.business_number

    @property
    def recipient(self) -> str:
        return self.business_number if self.direction == Direction.SENT else self.phone


class Call(models.Model):
    """A step the carrier owes a text: the status it gets, and the webhook that tells the desk.

    The row is what waits; a Celery task rings at ``due_at``, and whoever looks at a phone rings
    again for the ones whose doorbell was lost.
    """

    text = models.ForeignKey(Text, models.CASCADE, related_name="calls")
    status = models.CharField(max_length=12, choices=Status)
    error_code = models.CharField(max_length=8, blank=True)
    url = models.TextField(blank=True, help_text="Empty: nobody asked to be told.")
    params = models.JSONField(default=dict)
    # The same over all attempts and copies, as Twilio's I-Twilio-Idempotency-Token is.
    token = models.UUIDField(default=uuid.uuid4)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    answer = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the desk.")

    class Meta:
        indexes = [
            # calls whose doorbell was lost
            models.Index(
                name="handset_call_due",
                fields=["due_at"],
                condition=models.Q(done_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.text_id} {self.status}"


class OptOut(models.Model):
    """A phone that texted STOP to a number: the carrier lets no text through (21610)."""

    phone = models.CharField(max_length=20)
    business_number = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="handset_opted_out_once", fields=["phone", "business_number"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.phone} stopped {self.business_number}"


class Scenario(models.Model):
    """How the carrier behaves. One row for the whole simulator; all off is a good day."""

    delay_seconds = models.FloatField(
        default=0, validators=[MaxValueValidator(LONGEST_DELAY_SECONDS)]
    )
    duplicate_webhooks = models.BooleanField(default=False)
    receipts_out_of_order = models.BooleanField(default=False)
    time_out_after_accepting = models.BooleanField(default=False)
    failure_code = models.CharField(max_length=5, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="handset_one_scenario", condition=models.Q(pk=1))
        ]

    def __str__(self) -> str:
        return "Scenario"

    def as_switches(self) -> dict[str, float | bool | str]:
        return {
            "delay_seconds": self.delay_seconds,
            "duplicate_webhooks": self.duplicate_webhooks,
            "receipts_out_of_order": self.receipts_out_of_order,
            "time_out_after_accepting": self.time_out_after_accepting,
            "failure_code": self.failure_code,
        }

    @property
    def fails_by_receipt(self) -> bool:
        """Codes of 30000 and up come by receipt; lower ones refuse the request itself."""
        return bool(self.failure_code) and int(self.failure_code) >= RECEIPT_CODES_FROM

    @property
    def fails_at_once(self) -> bool:
        return bool(self.failure_code) and not self.fails_by_receipt
