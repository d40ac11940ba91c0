"""The messages of a number: the present conversation and the past ones (F9, H13)."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from routing.models import Interaction, Message

PAST = 10  # S4:29


def thread_of(interaction_id: int) -> QuerySet[Message]:
    """A conversation's messages in order, with the agent, and the retry where there was one."""
    return (
        Message.objects.filter(interaction_id=interaction_id)
        .select_related("agent", "retried_by")
        .order_by("created_at", "pk")
    )


def past_of(interaction: Interaction) -> list[Interaction]:
    """The last ten earlier conversations with this customer's number, oldest first."""
    messages = Message.objects.select_related("agent", "retried_by").order_by("created_at", "pk")
    recent = (
        Interaction.objects.filter(
            customer_address=interaction.customer_address, pk__lt=interaction.pk
        )
        .select_related("agent", "channel", "queue")
        .prefetch_related(Prefetch("messages", queryset=messages))
        .order_by("-pk")[:PAST]
    )
    return list(reversed(recent))
