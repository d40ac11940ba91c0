"""The lines of a number: the present conversation's and the other ones' (F9, H13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from routing.enums import Author, EventKind
from routing.models import Event, Interaction, Message
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    import uuid

    from django_stubs_ext import WithAnnotations

    class MessageFacts(TypedDict):
        """``retried``: it was sent again."""

        retried: bool

    class PastFacts(TypedDict):
        """``messages_count``: how many there are."""

        messages_count: int

    MessageRow = WithAnnotations[Message, MessageFacts]
    PastRow = WithAnnotations[Interaction, PastFacts]

PAST = 10  # S4:29
LARGEST = 2**63 - 1
WHISPERS = 3
# What befell a conversation and tells whoever reads its thread something.
TOLD = (
    EventKind.STARTED,
    EventKind.TRANSFERRED,
    EventKind.REQUEUED,
    EventKind.TAKEN_OVER,
    EventKind.PARKED,
    EventKind.RESUMED,
    EventKind.ANNOUNCED,
    EventKind.KEPT_QUIET,
)


def thread_of(interaction_id: int) -> QuerySet[MessageRow]:
    """A conversation's messages in order, with the agent, and whether they were sent again."""
    again = Message.objects.filter(retry_of=OuterRef("pk"))
    return (
        Message.objects.filter(interaction_id=interaction_id)
        .annotate(retried=Exists(again))
        .select_related("agent")
        .order_by("created_at", "pk")
    )


def events_of(interaction_id: int) -> QuerySet[Event]:
    """What befell a conversation, with who did it."""
    return Event.objects.filter(interaction_id=interaction_id, kind__in=TOLD).select_related(
        "agent"
    )


def whispers_to(interaction: Interaction) -> list[Event]:
    """What supervisors whispered last to the agent who has a conversation, oldest first (N11)."""
    return _whispers(interaction.pk, interaction.agent_id or 0)[::-1]


@Prepared
def _whispers(interaction_id: int, agent_id: int) -> QuerySet[Event]:
    said = Event.objects.filter(
        interaction=interaction_id, kind=EventKind.WHISPERED, agent=agent_id
    )
    return said.order_by("-pk")[:WHISPERS]


def past_of(interaction: Interaction, *, before: int | None = None) -> tuple[list[PastRow], bool]:
    """The last ten other conversations of this number, or the last ten before ``before``.

    Oldest first, and whether there are still earlier ones.
    """
    most = before if before is not None else LARGEST
    found: list[PastRow] = _past_of(interaction.customer_address, interaction.pk, most)
    return found[:PAST][::-1], len(found) > PAST


def past_for(interaction: Interaction, past_id: int) -> Interaction | None:
    """Another conversation of the same number; None where it is none."""
    return _others(interaction.customer_address, interaction.pk).filter(pk=past_id).first()


@Prepared
def _past_of(address: str, present: int, before: int) -> QuerySet[Interaction]:
    return _others(address, present).filter(pk__lt=before).order_by("-pk")[: PAST + 1]


def _others(address: str, present: int) -> QuerySet[Interaction]:
    messages = Message.objects.filter(interaction=OuterRef("pk")).order_by()
    counted = messages.values("interaction").annotate(count=Count("pk")).values("count")
    return (
        Interaction.objects.filter(customer_address=address)
        .exclude(pk=present)
        .annotate(messages_count=Coalesce(Subquery(counted), 0))
        .select_related("agent", "channel")
    )


def last_reply_of(interaction_id: int) -> int | None:
    """The last text of an agent's in a conversation."""
    replies = Message.objects.filter(interaction_id=interaction_id, author=Author.AGENT)
    return replies.order_by("-pk").values_list("pk", flat=True).first()


def last_texts_of(interaction_id: int) -> tuple[int, int | None]:
    """The text of a conversation that came to the desk last, zero for none; and the last reply."""
    ((last, reply),) = _last_texts(interaction_id)
    return last or 0, reply


@Prepared
def _last_texts(interaction_id: int) -> QuerySet[Any, Any]:
    texts = Message.objects.filter(interaction=OuterRef("pk")).order_by("-pk").values("pk")
    return Interaction.objects.filter(pk=interaction_id).values_list(
        Subquery(texts[:1]), Subquery(texts.filter(author=Author.AGENT)[:1])
    )


def replies_since(interaction_id: int, client_id: uuid.UUID) -> list[str]:
    """What agents sent in a conversation from the text with this id on; nothing without it."""
    replies = Message.objects.filter(interaction_id=interaction_id, author=Author.AGENT)
    since = replies.filter(pk__gte=replies.filter(client_id=client_id).values("pk")[:1])
    return list(since.order_by("pk").values_list("body", flat=True))
