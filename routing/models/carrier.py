from __future__ import annotations

import uuid

from django.core.validators import URLValidator
from django.db import models

from routing.enums import RequestKind, RequestSource, RequestState
from smsdesk.lib.sealed import KEY_LOST, Lost, SealedField


class CarrierAccount(models.Model):
    """Our account with a carrier: how we sign in there, and how it proves itself here."""

    name = models.CharField(max_length=80, unique=True)
    carrier = models.SlugField(max_length=40, default="twilio")
    key = models.UUIDField(
        default=uuid.uuid4, unique=True, editable=False, help_text="Names it in webhook addresses."
    )
    account_sid = models.CharField("account SID", max_length=80)
    auth_token = SealedField()
    # What its requests are signed with, where that is not the auth token.
    signing_secret = SealedField(blank=True, default="")
    # Counts beside the present one while a secret is being changed.
    previous_secret = SealedField(blank=True, default="")
    # What else an adapter asks for, by the names of its own.
    options = models.JSONField(default=dict, blank=True)
    base_url = models.CharField(
        "base URL",
        max_length=200,
        default="https://api.twilio.com",
        validators=[URLValidator(schemes=["https", "http"])],
        help_text="Where texts are sent.",
    )

    def __str__(self) -> str:
        return self.name

    @property
    def why_unusable(self) -> str:
        """Why we can neither prove the carrier's requests nor sign in there; mostly empty."""
        for secret, name in (
            (self.auth_token, "auth token"),
            (self.signing_secret, "signing secret"),
        ):
            if isinstance(secret, Lost) or (name == "auth token" and not secret):
                return f"The {name} of the account “{self}” {KEY_LOST}."
        return ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a request of the carrier may be signed with; none of them is empty."""
        return tuple(filter(None, (self.signing_secret or self.auth_token, self.previous_secret)))

    @property
    def inbound_path(self) -> str:
        return f"/carriers/{self.key}/inbound"

    @property
    def status_path(self) -> str:
        return f"/carriers/{self.key}/status"


class CarrierRequest(models.Model):
    """One request of a carrier, as it came, stored before anything is made of it (N15).

    What was found in the carrier's own list, and no webhook had brought, is kept like a request:
    ``found_as`` names it, once per account, and ``received_at`` is when the carrier had it.
    """

    account = models.ForeignKey(CarrierAccount, models.PROTECT, null=True, related_name="requests")
    kind = models.CharField(max_length=8, choices=RequestKind)
    source = models.CharField(
        max_length=8,
        choices=RequestSource,
        default=RequestSource.WEBHOOK,
        db_default=RequestSource.WEBHOOK.value,
        help_text="How it came.",
    )
    found_as = models.CharField(max_length=130, blank=True, default="", db_default="")
    method = models.CharField(max_length=4, default="POST", db_default="POST")
    url = models.TextField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=RequestState)
    note = models.TextField(blank=True, help_text="What became of it, in a sentence.")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="When it is to be handled (again).")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="found_once_per_account",
                fields=["account", "found_as"],
                condition=~models.Q(found_as=""),
            ),
        ]
        indexes = [
            # the inbox worker: what is due, oldest first
            models.Index(
                name="request_due",
                fields=["due_at", "id"],
                condition=models.Q(state=RequestState.STORED),
            ),
            # the supervisors' list of requests
            models.Index(name="request_by_state", fields=["state", "-received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class TextPart(models.Model):
    """A piece of a long text that the carrier brings piece by piece. Its words are in the request.

    Due while the others are awaited; when that is over, the text is taken with a gap.
    """

    request = models.ForeignKey(CarrierRequest, models.CASCADE, related_name="parts")
    account = models.ForeignKey(CarrierAccount, models.PROTECT, related_name="+", db_index=False)
    carrier_message_id = models.CharField(max_length=80)
    # The same for all pieces of a text.
    text = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="a_part_once_per_account", fields=["account", "carrier_message_id"]
            ),
        ]
        indexes = [
            models.Index(
                name="part_due", fields=["due_at"], condition=models.Q(due_at__isnull=False)
            ),
            # the other pieces of the same text
            models.Index(
                name="part_of_text", fields=["text"], condition=models.Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number}"


class Receipt(models.Model):
    """One delivery receipt, kept whether or not it moved anything (N2)."""

    account = models.ForeignKey(CarrierAccount, models.PROTECT, related_name="receipts")
    # None: it was over its time, and deleted.
    request = models.ForeignKey(CarrierRequest, models.SET_NULL, null=True, related_name="receipts")
    message = models.ForeignKey(
        "routing.Message", models.CASCADE, null=True, related_name="receipts"
    )
    carrier_message_id = models.CharField(max_length=80)
    status = models.CharField(max_length=40, help_text="In the carrier's own word.")
    error_code = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [
            # a send that learns its carrier id looks for receipts that overtook it
            models.Index(
                name="receipt_unmatched",
                fields=["account", "carrier_message_id"],
                condition=models.Q(message__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier_message_id} {self.status}"
