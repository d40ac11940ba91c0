"""A thread that is different now."""

from __future__ import annotations

from django.db.models import F

from routing.models import Interaction


def revise_thread(interaction_id: int) -> int | None:
    """Count the thread's revision up, so that whoever has it open looks again.

    Returns the agent who has the conversation: the caller touches that desk, last.
    """
    Interaction.objects.filter(pk=interaction_id).update(revision=F("revision") + 1)
    return Interaction.objects.values_list("agent_id", flat=True).get(pk=interaction_id)
