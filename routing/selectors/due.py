"""Rows whose time has come: what the sweeper looks for. Each query has its partial index."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Case, OuterRef, Q, Subquery, Value, When

from agents.enums import StatusKind
from routing.enums import Author, InteractionState, MessageState, OfferState
from routing.models import Channel, Disconnect, Interaction, Message, Offer, TextPart
from routing.selectors.outages import accounts_paused

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST = 500
# How long a doorbell has before the sweeper sends a queued message itself.
DOORBELL_SECONDS = 1.0
# So many turns a number gives agents while others wait, before one of these has one (N18).
MOST_AGENTS_TURNS = 4
AGENTS_FIRST = Case(When(author=Author.AGENT, then=Value(0)), default=Value(1))


def expired_offers(now: datetime) -> list[int]:
    pending = Offer.objects.filter(state=OfferState.PENDING, expires_at__lte=now)
    return _ids(pending.order_by("expires_at", "pk"))


def agents_to_withdraw_from() -> list[int]:
    """Agents who hold pending offers, and are absent or away."""
    cannot = Q(agent__present=False) | Q(agent__status__kind=StatusKind.AWAY)
    held = Offer.objects.filter(cannot, state=OfferState.PENDING)
    return list(held.order_by("agent_id").values_list("agent_id", flat=True).distinct())


def wrap_ups_over(now: datetime) -> list[int]:
    over = Interaction.objects.filter(state=InteractionState.WRAP_UP, wrap_up_due_at__lte=now)
    return _ids(over.order_by("wrap_up_due_at", "pk"))


def inactive_conversations(now: datetime) -> list[int]:
    silent = Interaction.objects.filter(state=InteractionState.ACTIVE, inactivity_due_at__lte=now)
    return _ids(silent.order_by("inactivity_due_at", "pk"))


def parked_due(now: datetime) -> list[int]:
    parked = Interaction.objects.filter(state=InteractionState.PARKED, parked_until__lte=now)
    return _ids(parked.order_by("parked_until", "pk"))


def held_texts_due(now: datetime) -> list[int]:
    held = Interaction.objects.filter(state=InteractionState.HELD, held_until__lte=now)
    return _ids(held.order_by("held_until", "pk"))


def overflows_due(now: datetime) -> list[int]:
    late = Interaction.objects.filter(state=InteractionState.QUEUED, overflow_due_at__lte=now)
    return _ids(late.order_by("overflow_due_at", "pk"))


def disconnects_due(now: datetime) -> list[int]:
    due = Disconnect.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    return list(due.values_list("pk", flat=True))


def parts_due(now: datetime) -> list[int]:
    """Parts of texts whose other parts are awaited no longer."""
    due = TextPart.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    return list(due.values_list("pk", flat=True)[:MOST])


def unsent_messages(now: datetime) -> list[int]:
    """Queued messages whose doorbell nobody heard, in the order in which they are to go.

    Of a number of a given rate it is the one whose turn it is; none where the number is not free,
    or its account takes no texts.
    """
    latest = now - timedelta(seconds=DOORBELL_SECONDS)
    free = Channel.objects.filter(Q(free_at=None) | Q(free_at__lte=now)).exclude(
        account__in=accounts_paused(now)
    )
    queued = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=latest)
    at_once = queued.filter(channel__in=free.filter(parts_per_second=None))
    at_once = at_once.order_by(AGENTS_FIRST, "due_at", "pk")
    rated = free.filter(parts_per_second__isnull=False, pk__in=queued.values("channel"))
    turns = [next_text(channel, now) for channel in rated.order_by("pk")]
    return [text.pk for text in turns if text] + _ids(at_once)


def next_text(channel: Channel, now: datetime, *, besides: int | None = None) -> Message | None:
    """Which of the texts that wait on a channel goes next (N18).

    An agent's before a campaign's or an automatic one, but after MOST_AGENTS_TURNS of agents one
    of the others, so that they do not starve. Between conversations it goes in turns: first the
    one whose last turn is longest ago, and in a conversation in the order of writing.
    """
    waiting = Message.objects.filter(channel=channel, state=MessageState.QUEUED, due_at__lte=now)
    if besides is not None:
        waiting = waiting.exclude(pk=besides)
    served = Message.objects.filter(interaction=OuterRef("interaction"), turn_at__isnull=False)
    last = served.order_by("-turn_at").values("turn_at")[:1]
    others_first = channel.agents_turns >= MOST_AGENTS_TURNS
    whose = AGENTS_FIRST.desc() if others_first else AGENTS_FIRST.asc()
    return waiting.order_by(whose, Subquery(last).asc(nulls_first=True), "due_at", "pk").first()


def too_old_to_send(now: datetime) -> list[int]:
    """Queued messages that waited so long that they are not to be sent any more."""
    since = now - timedelta(hours=settings.SEND_WITHIN_HOURS)
    old = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=now, created_at__lt=since)
    return _ids(old.order_by("due_at", "pk"))


def abandoned_sends(now: datetime) -> list[int]:
    """Messages whose sending process must have died."""
    sending = Message.objects.filter(state=MessageState.SENDING, due_at__lte=now)
    return _ids(sending.order_by("due_at", "pk"))


def _ids(rows: QuerySet[Offer] | QuerySet[Interaction] | QuerySet[Message]) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:MOST])
