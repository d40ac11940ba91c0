"""The messages of a number: the present conversation and the past ones (F9, H13)."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from routing.enums import Author
from routing.models import Interaction, Message

PAST = 10  # S4:29


def thread_of(interaction_id: int) -> QuerySet[Message]:
    """A conversation's messages in order, with the agent, and the retry where there was one."""
    return (
        Message.objects.filter(interaction_id=interaction_id)
        .select_related("agent", "retried_by")
        .order_by("created_at", "pk")
    )


def past_of(
    interaction: Interaction, *, before: int | None = None
) -> tuple[list[Interaction], bool]:
    """The last ten conversations of this number before this one, or before ``before``.

    Oldest first, and whether there are still earlier ones.
    """
    messages = Message.objects.select_related("agent", "retried_by").order_by("created_at", "pk")
    recent = (
        Interaction.objects.filter(
            customer_address=interaction.customer_address, pk__lt=before or interaction.pk
        )
        .select_related("agent", "channel", "queue")
        .prefetch_related(Prefetch("messages", queryset=messages))
        .order_by("-pk")[: PAST + 1]
    )
    found = list(recent)
    return found[:PAST][::-1], len(found) > PAST


def last_reply_of(interaction_id: int) -> int | None:
    """The last text of an agent's in a conversation."""
    replies = Message.objects.filter(interaction_id=interaction_id, author=Author.AGENT)
    return replies.order_by("-pk").values_list("pk", flat=True).first()
