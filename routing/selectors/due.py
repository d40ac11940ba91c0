"""Rows whose time has come: what the sweeper looks for. Each query has its partial index."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from agents.enums import StatusKind
from routing.enums import InteractionState, MessageState, OfferState
from routing.models import Disconnect, Interaction, Message, Offer, TextPart

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST = 500
# How long a doorbell has before the sweeper sends a queued message itself.
DOORBELL_SECONDS = 1.0


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
    """Queued messages whose doorbell nobody heard."""
    latest = now - timedelta(seconds=DOORBELL_SECONDS)
    queued = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=latest)
    return _ids(queued.order_by("due_at", "pk"))


def abandoned_sends(now: datetime) -> list[int]:
    """Messages whose sending process must have died."""
    sending = Message.objects.filter(state=MessageState.SENDING, due_at__lte=now)
    return _ids(sending.order_by("due_at", "pk"))


def _ids(rows: QuerySet[Offer] | QuerySet[Interaction] | QuerySet[Message]) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:MOST])
