from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from routing.enums import OPEN_ENDED, Author, AutoReply, MessageState


class Message(models.Model):
    """One text, in or out. In state QUEUED the row is the outbox."""

    interaction = models.ForeignKey("routing.Interaction", models.PROTECT, related_name="messages")
    channel = models.ForeignKey("routing.Channel", models.PROTECT, related_name="messages")
    author = models.CharField(max_length=10, choices=Author)
    agent = models.ForeignKey("agents.Agent", models.PROTECT, null=True, related_name="messages")
    body = models.TextField(blank=True)
    repaired = models.BooleanField(
        default=False, help_text="Bytes that are no text were replaced; the raw request has them."
    )
    # Thread order: when the carrier's request came in, or the agent pressed Send.
    created_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=MessageState)
    # Names a send: a double click or a resent form has the same, and sends once (N5).
    client_id = models.UUIDField(default=uuid.uuid4, unique=True)
    carrier_message_id = models.CharField(max_length=80, blank=True)
    request = models.ForeignKey(
        "routing.CarrierRequest", models.SET_NULL, null=True, related_name="messages"
    )
    # When the outbox is to look at it: QUEUED to send, SENDING to give it up as unknown.
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=20, blank=True)
    failure = models.TextField(blank=True, help_text="Why it failed, in a sentence.")
    retry_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="retried_by")
    parts = models.PositiveSmallIntegerField(default=0)
    price = models.DecimalField(
        max_digits=8,
        decimal_places=4,
        null=True,
        help_text="What it costs by the price list, in settings.CURRENCY; empty where not listed.",
    )

    # Why no person wrote it; one of each reason is enough for a while (N16).
    auto_reply = models.CharField(max_length=9, choices=AutoReply, blank=True, db_default="")
    # A person is to say whether it asks for no more texts (N1).
    may_ask_to_stop = models.BooleanField(default=False, db_default=False)

    # When its number's rate let it go, the last time; empty while it waits for its turn (N18).
    turn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="a_carriers_message_once_per_channel",
                fields=["channel", "carrier_message_id"],
                condition=~Q(carrier_message_id=""),
            ),
        ]
        indexes = [
            # the outbox, and sends whose process died
            models.Index(
                name="message_due",
                fields=["due_at"],
                condition=Q(state__in=[MessageState.QUEUED, MessageState.SENDING]),
            ),
            # what is compared with the carrier's own list
            models.Index(
                name="message_open_ended",
                fields=["channel", "created_at"],
                condition=Q(state__in=OPEN_ENDED),
            ),
            # how a number does, of late (N2)
            models.Index(name="message_of_channel", fields=["channel", "created_at"]),
            # a thread
            models.Index(name="message_in_thread", fields=["interaction", "created_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.author} {self.pk}"

    @property
    def is_ours(self) -> bool:
        return self.author != Author.CUSTOMER
