"""What an agent's strip shows: offers, conversations, and what waits in the queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from routing.enums import Author, EventKind, InteractionState, MessageState, OfferState
from routing.models import Event, Interaction, Message, Offer, QueueMember
from routing.selectors.access import ON_A_DESK
from routing.selectors.consent import last_word_on_consent

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def tiles_of(agent_id: int) -> QuerySet[Interaction]:
    """The agent's conversations in the order they were accepted, oldest first (F1).

    The parked ones follow, the first to wake first (N4).

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
        # As the two partial indexes have it: the conversations an agent has ended are thousands.
        Interaction.objects.filter(
            Q(state__in=[InteractionState.ACTIVE, InteractionState.WRAP_UP])
            | Q(state=InteractionState.PARKED),
            agent_id=agent_id,
        )
        .annotate(
            has_failed=Exists(failed),
            waiting_since=Subquery(unanswered.values("created_at")[:1]),
            whisper=Subquery(whispers.values("pk")[:1]),
            is_opted_out=Subquery(last_word_on_consent()),
        )
        .select_related("channel", "queue")
        .order_by(F("parked_until").asc(nulls_first=True), "accepted_at", "pk")
    )


def held_counts(agent_id: int) -> dict[str, int]:
    """How many conversations the agent has in each open state and in wrap-up."""
    held = Interaction.objects.filter(agent_id=agent_id, state__in=ON_A_DESK)
    return dict(held.values_list("state").annotate(Count("pk")).order_by("state"))


def offers_of(agent_id: int) -> QuerySet[Offer]:
    """The agent's pending offers, oldest first.

    ``first_words`` is the customer's first text, ``newest_words`` are the last three, newest first.
    """
    texts = Message.objects.filter(
        interaction=OuterRef("interaction"), author=Author.CUSTOMER
    ).order_by("created_at", "pk")
    return (
        Offer.objects.filter(agent_id=agent_id, state=OfferState.PENDING)
        .annotate(
            first_words=Subquery(texts.values("body")[:1]),
            newest_words=ArraySubquery(texts.reverse().values("body")[:3]),
        )
        .select_related("interaction__queue", "interaction__channel", "interaction__handed_over_by")
        .order_by("offered_at", "pk")
    )


def with_waiting(agents: QuerySet[Any]) -> QuerySet[Any]:
    """With ``waiting``: what waits in each agent's queues, for ``waiting_in``."""
    waiting = Interaction.objects.filter(
        queue__memberships__agent=OuterRef("pk"), state=InteractionState.QUEUED
    ).values("state")
    told: QuerySet[Any] = agents.annotate(
        waiting=Subquery(
            waiting.annotate(told=JSONObject(count=Count("pk"), oldest=Min("queued_at"))).values(
                "told"
            )
        )
    )
    return told


def waiting_in(told: dict[str, Any] | None) -> tuple[int, datetime | None]:
    """How many texts wait in an agent's queues, and since when the oldest does."""
    if told is None:
        return 0, None
    return told["count"], datetime.fromisoformat(told["oldest"])


def waiting_by_agent(agent_ids: list[int]) -> dict[int, tuple[int, datetime | None]]:
    """The same for many agents: what waits is counted once a queue, not once for each member."""
    waiting = Interaction.objects.filter(state=InteractionState.QUEUED).values_list("queue")
    counts = waiting.annotate(Count("pk"), Min("queued_at"))
    queues = {queue_id: (count, oldest) for queue_id, count, oldest in counts}
    found: dict[int, tuple[int, datetime | None]] = dict.fromkeys(agent_ids, (0, None))
    members = QueueMember.objects.filter(agent__in=agent_ids, queue__in=queues)
    for agent_id, queue_id in members.values_list("agent", "queue"):
        count, oldest = queues[queue_id]
        before, since = found[agent_id]
        found[agent_id] = (before + count, min(oldest, since or oldest))
    return found


def texts_since(agent_id: int, since: datetime) -> tuple[int, int]:
    """How many texts of customers came since then, and in how many of the agent's conversations."""
    texts = Message.objects.filter(
        interaction__agent_id=agent_id,
        interaction__state__in=[InteractionState.ACTIVE, InteractionState.PARKED],
        author=Author.CUSTOMER,
        created_at__gt=since,
    ).aggregate(count=Count("pk"), conversations=Count("interaction", distinct=True))
    return texts["count"], texts["conversations"]
