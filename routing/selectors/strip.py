"""What an agent's strip shows: offers, conversations, and what waits in the queues."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from routing.enums import Author, EventKind, InteractionState, MessageState, OfferState
from routing.models import Event, Interaction, Message, Offer
from routing.selectors.consent import last_word_on_consent

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def tiles_of(agent_id: int) -> QuerySet[Interaction]:
    """The agent's conversations in the order they were accepted, oldest first (F1).

    ``has_failed``: a text of ours was not delivered, and has not been sent again.
    ``waiting_since``: when the first customer's text came that the agent has not answered.
    ``whisper``: the last one that its agent heard from a supervisor.
    ``is_opted_out``: the customer wants no more texts over this channel; None where never asked.
    """
    failed = Message.objects.filter(
        interaction=OuterRef("pk"),
        state__in=[MessageState.FAILED, MessageState.UNKNOWN],
        retried_by__isnull=True,
    ).exclude(author=Author.CUSTOMER)
    # Looked up once a conversation, not once for each of its texts: a long one has thousands.
    replies = Message.objects.filter(
        interaction=OuterRef(OuterRef("pk")), author=Author.AGENT
    ).order_by("-created_at", "-pk")
    last_reply = Coalesce(Subquery(replies.values("created_at")[:1]), Value(BEFORE_ALL))
    unanswered = Message.objects.filter(
        interaction=OuterRef("pk"), author=Author.CUSTOMER, created_at__gt=last_reply
    ).order_by("created_at", "pk")
    whispers = Event.objects.filter(
        interaction=OuterRef("pk"), kind=EventKind.WHISPERED, agent=agent_id
    ).order_by("-pk")
    return (
        Interaction.objects.filter(
            agent_id=agent_id, state__in=[InteractionState.ACTIVE, InteractionState.WRAP_UP]
        )
        .annotate(
            has_failed=Exists(failed),
            waiting_since=Subquery(unanswered.values("created_at")[:1]),
            whisper=Subquery(whispers.values("pk")[:1]),
            is_opted_out=Subquery(last_word_on_consent()),
        )
        .select_related("channel", "queue")
        .order_by("accepted_at", "pk")
    )


def parked_of(agent_id: int) -> QuerySet[Interaction]:
    """The conversations the agent has parked, the first to wake first (N4)."""
    parked = Interaction.objects.filter(agent_id=agent_id, state=InteractionState.PARKED)
    return parked.select_related("channel", "queue").order_by("parked_until", "pk")


def held_counts(agent_id: int) -> dict[str, int]:
    """How many conversations the agent has in each open state and in wrap-up."""
    states = [InteractionState.ACTIVE, InteractionState.PARKED, InteractionState.WRAP_UP]
    held = Interaction.objects.filter(agent_id=agent_id, state__in=states)
    return dict(held.values_list("state").annotate(Count("pk")).order_by("state"))


def offers_of(agent_id: int) -> QuerySet[Offer]:
    """The agent's pending offers, oldest first, each with the text's ``first_words``."""
    texts = Message.objects.filter(
        interaction=OuterRef("interaction"), author=Author.CUSTOMER
    ).order_by("created_at", "pk")
    return (
        Offer.objects.filter(agent_id=agent_id, state=OfferState.PENDING)
        .annotate(first_words=Subquery(texts.values("body")[:1]))
        .select_related("interaction__queue", "interaction__channel", "interaction__handed_over_by")
        .order_by("offered_at", "pk")
    )


def waiting_counts(agent_id: int) -> tuple[int, datetime | None]:
    """How many texts wait in the agent's queues, and since when the oldest does."""
    waiting = Interaction.objects.filter(
        Q(queue__memberships__agent_id=agent_id), state=InteractionState.QUEUED
    ).aggregate(count=Count("pk"), oldest=Min("queued_at"))
    return waiting["count"], waiting["oldest"]


def texts_since(agent_id: int, since: datetime) -> tuple[int, int]:
    """How many texts of customers came since then, and in how many of the agent's conversations."""
    texts = Message.objects.filter(
        interaction__agent_id=agent_id,
        interaction__state__in=[InteractionState.ACTIVE, InteractionState.PARKED],
        author=Author.CUSTOMER,
        created_at__gt=since,
    ).aggregate(count=Count("pk"), conversations=Count("interaction", distinct=True))
    return texts["count"], texts["conversations"]
