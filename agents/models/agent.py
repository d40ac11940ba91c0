from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Least

from agents.enums import LIMIT_CEILING, StatusKind, StatusReason

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Capacity(TypedDict):
        capacity: int

    AgentWithLimit = WithAnnotations["Agent", Capacity]


class AgentQuerySet(models.QuerySet["Agent"]):
    def with_limit(self, default: int | None = None) -> models.QuerySet[Any]:
        """Annotate ``capacity``: own limit, else the team's, else the default; at most 12."""
        if default is None:
            default = settings.DEFAULT_CONVERSATION_LIMIT
        return self.annotate(
            capacity=Least(
                Coalesce("limit", "team__limit", default),
                LIMIT_CEILING,
                output_field=models.PositiveSmallIntegerField(),
            )
        )


class Agent(models.Model):
    """A person who answers texts: who they are, and everything that says whether they can."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="agent",
        help_text="Who signs in as this agent.",
    )
    name = models.CharField(max_length=80, help_text="As colleagues and chat logs show it.")
    team = models.ForeignKey(
        "agents.Team",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="agents",
        help_text="Whose limit holds for the agent, and whose sending policy.",
    )
    limit = models.PositiveSmallIntegerField(
        "conversation limit",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LIMIT_CEILING)],
        help_text="Overrides the team's limit. Empty: the team's.",
    )
    sms_capable = models.BooleanField(
        "account is for SMS",
        default=True,
        help_text="Off where the licence is not: no text is offered, none can be sent (A19).",
    )
    may_reject = models.BooleanField(
        "may reject offers",
        default=True,
        help_text="Off: an offer is accepted, or lapses after its acceptance interval (C4).",
    )
    may_initiate = models.BooleanField(
        "may text first", default=True, help_text="May begin conversations with customers (I1)."
    )
    may_transfer = models.BooleanField(
        "may transfer",
        default=True,
        help_text="May hand conversations to colleagues and to other queues (N4).",
    )

    # How an offer calls this agent (N12); the agent's own choice.
    alert_sound = models.BooleanField(default=True)
    alert_desktop = models.BooleanField(default=True)
    alert_title = models.BooleanField(default=True)

    status = models.ForeignKey("agents.StatusCode", models.PROTECT, related_name="+")
    status_reason = models.CharField(
        max_length=12, choices=StatusReason, default=StatusReason.SIGNED_UP
    )
    # The supervisor who set it; empty: nobody did.
    status_set_by = models.CharField(max_length=150, blank=True, editable=False)
    status_since = models.DateTimeField()
    stop_new = models.BooleanField(
        "stop new", default=False, help_text="Keeps the status, takes no new conversation (D10)."
    )

    # Presence by heartbeat (N7): present until presence_due_at, which each heartbeat moves.
    present = models.BooleanField(default=False)
    presence_due_at = models.DateTimeField(null=True, blank=True)
    # Since when no desk of the agent was open; the first one that opens tells what was missed (J4).
    absent_since = models.DateTimeField(null=True, blank=True)

    # Places taken: pending offers, conversations and wrap-ups. Changed only under this row's lock.
    load = models.PositiveSmallIntegerField(default=0)
    idle_since = models.DateTimeField(help_text="When a place was last filled or freed.")
    # Grows with every change the desk shows; a socket whose version is behind looks again.
    desk_version = models.BigIntegerField(default=0)

    objects = AgentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agent_load_within_ceiling", condition=models.Q(load__lte=LIMIT_CEILING)
            ),
            models.CheckConstraint(
                name="agent_limit_within_ceiling",
                condition=models.Q(limit__isnull=True) | models.Q(limit__range=(1, LIMIT_CEILING)),
            ),
        ]
        indexes = [
            # the presence sweep
            models.Index(
                name="agent_presence_due",
                fields=["presence_due_at"],
                condition=models.Q(present=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status_why(self) -> str:
        """Why the agent has this status, as the agent reads it."""
        return (
            f"{self.status_set_by} set it"
            if self.status_set_by
            else self.get_status_reason_display()
        )

    @property
    def status_why_told(self) -> str:
        """Why the agent has this status, as somebody else reads it."""
        if self.status_set_by:
            return self.status_why
        return self.status_why.replace("your ", "their ").replace("you ", "they ")

    @property
    def is_available(self) -> bool:
        return self.status.kind == StatusKind.AVAILABLE
