from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from routing.enums import OPEN_STATES, EndedBy, EventKind, InteractionState, OfferState


class Interaction(models.Model):
    """One conversation with one customer's number over one channel, from first text to closed."""

    channel = models.ForeignKey("routing.Channel", models.PROTECT, related_name="interactions")
    customer_address = models.CharField(max_length=20)
    queue = models.ForeignKey("routing.Queue", models.PROTECT, related_name="interactions")
    agent = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, blank=True, related_name="interactions"
    )
    state = models.CharField(max_length=8, choices=InteractionState)
    priority = models.SmallIntegerField(default=0)

    initiated_at = models.DateTimeField()
    # The place in the queue: kept through rejected and lapsed offers.
    queued_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=10, choices=EndedBy, blank=True)
    closed_at = models.DateTimeField(null=True)

    # Due columns: the row is the timer; tasks and the sweeper only look at it.
    held_until = models.DateTimeField(null=True)
    inactivity_due_at = models.DateTimeField(null=True)
    wrap_up_due_at = models.DateTimeField(null=True)

    parked_until = models.DateTimeField(null=True)
    overflow_due_at = models.DateTimeField(null=True)

    # Since when it waits in this queue, and the seconds of the last overflow step taken here (N9).
    waits_since = models.DateTimeField(null=True)
    overflow_after = models.PositiveIntegerField(default=0)
    # The queues that overflow moved it out of; it is never moved back there.
    overflow_left = ArrayField(models.BigIntegerField(), default=list)
    # The skill level that is enough after an overflow step; None: the queue's, 0: none.
    asks_level = models.PositiveSmallIntegerField(null=True)
    # Who talked with the customer last and is asked first, where the queue is sticky (B10).
    sticky_agent = models.ForeignKey(
        "agents.Agent", models.SET_NULL, null=True, related_name="+", db_index=False
    )

    # When the customer's waiting text is past its target (F4, F6); None where nobody waits.
    response_due_at = models.DateTimeField(null=True)
    # When its agent last opened it since the customer wrote (F6); None: not opened since then.
    opened_at = models.DateTimeField(null=True)
    # Customer messages since the agent's last reply (F5).
    unanswered = models.PositiveIntegerField(default=0)
    # Grows with every change of its messages, so that an open thread knows when to look again.
    revision = models.PositiveIntegerField(default=0)
    # What the agent has typed and not sent yet (N6).
    draft = models.TextField(blank=True)
    agent_initiated = models.BooleanField(default=False)
    # Who handed it on last, and what the next agent should know (N4).
    handed_over_by = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+", db_index=False
    )
    handover_note = models.TextField(blank=True)
    campaign_tag = models.CharField(
        max_length=80, blank=True, help_text="From the rule that sent it to its queue."
    )
    # What rules could ask about its first text, as it was then, and which rule decided (N8).
    routing = models.JSONField(default=dict)
    wrap_up_extended = models.BooleanField(default=False)
    disposition = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "conversation"  # as people call it; to the code it is an interaction
        permissions = [
            ("supervise", "May step into live conversations from the floor"),
            ("force_disconnect", "May end all live conversations at once"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_open_interaction_per_customer_and_channel",
                fields=["channel", "customer_address"],
                condition=Q(state__in=OPEN_STATES),
            ),
            models.CheckConstraint(
                name="an_agent_from_acceptance_on",
                condition=Q(
                    state__in=[
                        InteractionState.HELD,
                        InteractionState.QUEUED,
                        InteractionState.OFFERED,
                    ],
                    agent__isnull=True,
                )
                | Q(
                    state__in=[
                        InteractionState.ACTIVE,
                        InteractionState.PARKED,
                        InteractionState.WRAP_UP,
                    ],
                    agent__isnull=False,
                )
                | Q(state=InteractionState.CLOSED),
            ),
        ]
        indexes = [
            # routing: the next waiting text of a queue
            models.Index(
                "queue",
                models.F("priority").desc(),
                "queued_at",
                "id",
                name="interaction_waiting",
                condition=Q(state=InteractionState.QUEUED),
            ),
            # an agent's strip
            models.Index(
                name="interaction_of_agent",
                fields=["agent", "accepted_at"],
                condition=Q(state__in=[InteractionState.ACTIVE, InteractionState.WRAP_UP]),
            ),
            # an agent's parked conversations
            models.Index(
                name="interaction_parked_of_agent",
                fields=["agent", "parked_until"],
                condition=Q(state=InteractionState.PARKED),
            ),
            # the sweeps
            models.Index(
                name="interaction_parked",
                fields=["parked_until"],
                condition=Q(state=InteractionState.PARKED),
            ),
            models.Index(
                name="interaction_held",
                fields=["held_until"],
                condition=Q(state=InteractionState.HELD),
            ),
            models.Index(
                name="interaction_overflow",
                fields=["overflow_due_at"],
                condition=Q(state=InteractionState.QUEUED),
            ),
            models.Index(
                name="interaction_inactive",
                fields=["inactivity_due_at"],
                condition=Q(state=InteractionState.ACTIVE),
            ),
            models.Index(
                name="interaction_wrap_up_due",
                fields=["wrap_up_due_at"],
                condition=Q(state=InteractionState.WRAP_UP),
            ),
            # the supervisors' list of a campaign's conversations
            models.Index(
                name="interaction_of_campaign",
                fields=["campaign_tag", "-id"],
                condition=~Q(campaign_tag=""),
            ),
            # the past conversations of a number
            models.Index(name="interaction_of_customer", fields=["customer_address", "-id"]),
        ]

    def __str__(self) -> str:
        return self.call_id

    @property
    def call_id(self) -> str:
        """The word SMS and the sender's number (C6)."""
        return f"SMS{self.customer_address}"

    @property
    def audit_label(self) -> str:
        """What the trail calls it: without the number, which must be erasable (N19)."""
        return f"conversation {self.pk}"

    @property
    def is_announcement(self) -> bool:
        """Whether a campaign began and closed it at once, for its one text (I7)."""
        return self.state == InteractionState.CLOSED and not (self.agent_id or self.ended_by)

    @property
    def wrap_up_ran_out(self) -> bool:
        """Whether the countdown closed it: nobody wrapped it up in the time given (H5)."""
        if self.ended_at is None or self.closed_at is None:
            return False
        seconds = self.queue.wrap_up_seconds
        if self.wrap_up_extended:
            seconds += self.queue.wrap_up_extension_seconds
        return self.closed_at - self.ended_at >= timedelta(seconds=seconds)


class Offer(models.Model):
    """A conversation held out to one agent until ``expires_at``, with the reasons why (N8)."""

    interaction = models.ForeignKey(Interaction, models.CASCADE, related_name="offers")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="offers")
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.PENDING)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    receipt = models.JSONField(help_text="Why this agent, and why not the others.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_pending_offer_per_interaction",
                fields=["interaction"],
                condition=Q(state=OfferState.PENDING),
            ),
        ]
        indexes = [
            # the acceptance sweep
            models.Index(
                name="offer_expiry",
                fields=["expires_at"],
                condition=Q(state=OfferState.PENDING),
            ),
            # an agent's offer cards
            models.Index(
                name="offer_pending_of_agent",
                fields=["agent", "offered_at"],
                condition=Q(state=OfferState.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"Offer {self.pk}"


class Event(models.Model):
    """One entry of a conversation's life line. Written once, never changed (N14, N15)."""

    interaction = models.ForeignKey(Interaction, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind)
    # The interaction's state from here on; empty where the event did not move it.
    state = models.CharField(max_length=8, choices=InteractionState, blank=True)
    at = models.DateTimeField()
    # The interaction's queue from here on; reports count by it (N14).
    queue = models.ForeignKey(
        "routing.Queue", models.PROTECT, null=True, related_name="+", db_index=False
    )
    agent = models.ForeignKey("agents.Agent", models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey("routing.Message", models.CASCADE, null=True, related_name="+")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # what happened in a span of time, for the reports; rows lie in that order already
            BrinIndex(name="event_at", fields=["at"], autosummarize=True, pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M:%S}"
