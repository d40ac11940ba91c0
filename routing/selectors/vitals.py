"""How the desk does, in figures for a monitoring system. Partial indexes keep them cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Min, Q

from agents.enums import StatusKind
from agents.models import Agent
from routing.enums import OPEN_STATES, InteractionState, MessageState, OfferState, RequestState
from routing.models import CarrierRequest, Interaction, Message, Offer, Queue
from routing.selectors.outages import outages_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LIVE = (*OPEN_STATES, InteractionState.WRAP_UP)
REQUESTS = {
    RequestState.STORED: "Carrier requests that were stored and not handled yet.",
    RequestState.PARKED: "Those that could not be handled: see Carrier requests.",
    RequestState.QUARANTINED: "Those that were not proven to be the carrier's.",
}


class Vital(NamedTuple):
    """One figure; ``of`` is a label and its value, such as ``("queue", "Claims")``."""

    name: str
    means: str
    value: float
    of: tuple[str, str] | None = None


def vitals(now: datetime) -> list[Vital]:
    """Every figure; those of one name stand together."""
    return [*_waiting(now), *_conversations(), *_agents(), *_outbox(now), *_inbox(now)]


def _waiting(now: datetime) -> Iterator[Vital]:
    waiting = Interaction.objects.filter(state=InteractionState.QUEUED)
    counted = waiting.values_list("queue").annotate(Count("pk"), Min("queued_at"))
    found = {queue_id: (count, oldest) for queue_id, count, oldest in counted}
    queues = list(Queue.objects.order_by("name").values_list("pk", "name"))
    for pk, name in queues:
        count, _ = found.get(pk, (0, None))
        yield Vital("waiting", "Conversations that wait for an agent.", count, ("queue", name))
    means = "For how long the one that came first has waited."
    for pk, name in queues:
        _, oldest = found.get(pk, (0, None))
        yield Vital("waiting_oldest_seconds", means, _age(oldest, now), ("queue", name))


def _conversations() -> Iterator[Vital]:
    counted = Interaction.objects.filter(state__in=LIVE).values_list("state").annotate(Count("pk"))
    found = dict(counted)
    for state in LIVE:
        of = ("state", state.lower())
        yield Vital("conversations", "Conversations that go on.", found.get(state, 0), of)


def _agents() -> Iterator[Vital]:
    found = Agent.objects.filter(present=True).aggregate(
        present=Count("pk"), available=Count("pk", filter=Q(status__kind=StatusKind.AVAILABLE))
    )
    yield Vital("agents_present", "Agents with an open desk.", found["present"])
    yield Vital("agents_available", "Those of them who are Available.", found["available"])


def _outbox(now: datetime) -> Iterator[Vital]:
    unsent = Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.SENDING])
    found = unsent.aggregate(count=Count("pk"), oldest=Min("due_at"))
    yield Vital("outbox", "Texts that no carrier has taken yet.", found["count"])
    means = "How long ago the first of them was to be sent. Retries and rates set later times."
    yield Vital("outbox_late_seconds", means, _age(found["oldest"], now))
    means = "Carriers' accounts to which nothing is sent, for they took no texts again and again."
    yield Vital("outages", means, len(outages_now()))


def _inbox(now: datetime) -> Iterator[Vital]:
    requests = CarrierRequest.objects.filter(state__in=REQUESTS)
    found = dict(requests.values_list("state").annotate(Count("pk")))
    for state, means in REQUESTS.items():
        yield Vital(f"requests_{state.lower()}", means, found.get(state, 0))
    stored = CarrierRequest.objects.filter(state=RequestState.STORED)
    oldest = stored.aggregate(at=Min("due_at"))["at"]
    means = "How long ago the first stored one was to be handled: nobody works over a few."
    yield Vital("requests_late_seconds", means, _age(oldest, now))
    lapsed = Offer.objects.filter(state=OfferState.PENDING).aggregate(at=Min("expires_at"))["at"]
    means = "How long ago the first pending offer was to lapse: nobody sweeps over a few."
    yield Vital("offers_late_seconds", means, _age(lapsed, now))


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
