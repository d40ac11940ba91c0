from __future__ import annotations

from django.db import models
from django.db.models import Q


class Note(models.Model):
    """What agents tell one another about a conversation or a case. Customers never see it (N4)."""

    interaction = models.ForeignKey(
        "routing.Interaction", models.PROTECT, null=True, related_name="notes"
    )
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="notes")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField()
    mentioned = models.ManyToManyField("agents.Agent", through="cases.Mention", related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_note_belongs_somewhere",
                condition=Q(interaction__isnull=False) | Q(case__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class Mention(models.Model):
    """An agent named with @ in a note, until they have seen it."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mentioned_once_in_a_note", fields=["note", "agent"])
        ]
        indexes = [
            # the count on an agent's desk
            models.Index(
                name="mention_unseen", fields=["agent", "id"], condition=Q(seen_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} in note {self.note_id}"
