"""The floor as supervisors watch it: one reading of queues, agents and what is wrong (N11)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import TruncMinute

from agents.enums import StatusKind
from agents.models import Agent
from routing.enums import (
    NOBODYS,
    OPEN_STATES,
    Author,
    InteractionState,
    MessageState,
    OfferState,
    RequestState,
)
from routing.models import CarrierRequest, Interaction, Message, Offer, Queue, QueueMember
from routing.selectors.outages import outages_now
from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from routing.selectors.outages import Incident

MINUTES = 30
# What the reading of texts per minute looks at: it is read every second.
NEWEST_TEXTS = 5000
MOST_TALKS = 500
# So close to its target a text is at risk.
RISK = timedelta(seconds=60)
DAY = timedelta(days=1)
STATES = (*OPEN_STATES, InteractionState.WRAP_UP)


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue; ``late`` have waited past their target, ``at_risk`` are within a minute of it."""

    pk: int
    name: str
    waiting: int = 0
    oldest: datetime | None = None
    active: int = 0
    late: int = 0
    at_risk: int = 0

    @property
    def risk(self) -> str:
        """How it stands with its target: ``bad``, ``some`` or ``calm``."""
        if self.late:
            return "bad"
        return "some" if self.at_risk else "calm"


@dataclass(frozen=True, slots=True)
class Talk:
    pk: int
    number: str
    state: str
    queue_id: int
    queue: str
    agent_id: int | None
    since: datetime
    unanswered: int
    due_at: datetime | None
    late: bool

    @property
    def state_words(self) -> str:
        return InteractionState(self.state).label


@dataclass(frozen=True, slots=True)
class AgentLine:
    pk: int
    name: str
    team_id: int | None
    team: str
    status: str
    available: bool
    since: datetime
    present: bool
    stop_new: bool
    load: int
    capacity: int
    queue_ids: frozenset[int]
    talks: list[Talk] = field(default_factory=list)

    @property
    def places(self) -> list[bool]:
        """Each place, and whether it is taken."""
        return [place < self.load for place in range(max(self.load, self.capacity))]


@dataclass(frozen=True, slots=True)
class Minute:
    at: datetime
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Floor:
    """All of it at one moment."""

    now: datetime
    queues: list[QueueLine]
    agents: list[AgentLine]
    waiting: list[Talk]
    minutes: list[Minute]
    failed: int
    quarantined: int
    outages: list[Incident]

    @property
    def waiting_count(self) -> int:
        return sum(queue.waiting for queue in self.queues)

    @property
    def late_count(self) -> int:
        return sum(queue.late for queue in self.queues)

    @property
    def risk_count(self) -> int:
        return sum(queue.at_risk for queue in self.queues)

    @property
    def most_waiting(self) -> int:
        """What a full bar stands for; never nothing."""
        return max([1, *(queue.waiting for queue in self.queues)])

    @property
    def oldest(self) -> datetime | None:
        return min((queue.oldest for queue in self.queues if queue.oldest), default=None)

    @property
    def available_count(self) -> int:
        return sum(agent.available and agent.present for agent in self.agents)

    @property
    def present_count(self) -> int:
        return sum(agent.present for agent in self.agents)


def read_floor(now: datetime) -> Floor:
    """Read the floor. The number of queries does not depend on how much there is."""
    talks = _talks(Interaction.objects.filter(state__in=STATES), now)
    return Floor(
        now=now,
        queues=_queues(now),
        agents=_agents(talks),
        waiting=[one for one in talks if one.agent_id is None],
        minutes=_minutes(now),
        failed=_failed(),
        quarantined=CarrierRequest.objects.filter(
            state=RequestState.QUARANTINED, received_at__gte=now - DAY
        ).count(),
        outages=outages_now(),
    )


def narrowed(floor: Floor, *, queue_id: int | None, team_id: int | None) -> Floor:
    """The part of a reading that concerns a queue and a team, where they are given."""
    agents, queues, waiting = floor.agents, floor.queues, floor.waiting
    if queue_id is not None:
        queues = [one for one in queues if one.pk == queue_id]
        waiting = [one for one in waiting if one.queue_id == queue_id]
        agents = [one for one in agents if queue_id in one.queue_ids]
    if team_id is not None:
        agents = [one for one in agents if one.team_id == team_id]
    return replace(floor, agents=agents, queues=queues, waiting=waiting)


def unanswered_talks(now: datetime, *, queue_id: int | None) -> list[Talk]:
    """What nobody has yet, of one queue or of all: it waits, is held, or is offered."""
    found = Interaction.objects.filter(state__in=NOBODYS)
    return _talks(found if queue_id is None else found.filter(queue=queue_id), now)


def _queues(now: datetime) -> list[QueueLine]:
    waits = Q(state=InteractionState.QUEUED)
    counts = (
        Interaction.objects.filter(state__in=OPEN_STATES)
        .values("queue_id")
        .annotate(
            waiting=Count("pk", filter=waits),
            oldest=Min("queued_at", filter=waits),
            active=Count("pk", filter=Q(state=InteractionState.ACTIVE)),
            late=Count("pk", filter=Q(response_due_at__lte=now)),
            at_risk=Count("pk", filter=Q(response_due_at__gt=now, response_due_at__lte=now + RISK)),
        )
    )
    by_queue: dict[int, dict[str, Any]] = {row["queue_id"]: dict(row) for row in counts}
    lines = []
    for pk, name in Queue.objects.order_by("name").values_list("pk", "name"):
        row = by_queue.get(pk, {})
        row.pop("queue_id", None)
        lines.append(QueueLine(pk, name, **row))
    # What a supervisor should see first; among equals by name, so that rows do not jump about.
    return sorted(lines, key=lambda line: (-line.late, -line.at_risk))


def _talks(found: QuerySet[Interaction], now: datetime) -> list[Talk]:
    offered = Offer.objects.filter(interaction=OuterRef("pk"), state=OfferState.PENDING)
    rows = (
        found.annotate(offered_to=Subquery(offered.values("agent_id")[:1]))
        .select_related("queue")
        .order_by("queued_at", "pk")[:MOST_TALKS]
    )
    return [
        Talk(
            pk=row.pk,
            number=phone.display(row.customer_address),
            state=row.state,
            queue_id=row.queue_id,
            queue=row.queue.name,
            agent_id=row.agent_id or row.offered_to,
            since=row.accepted_at if row.agent_id and row.accepted_at else row.queued_at,
            unanswered=row.unanswered,
            due_at=row.response_due_at,
            late=row.response_due_at is not None and row.response_due_at <= now,
        )
        for row in rows
    ]


def _agents(talks: list[Talk]) -> list[AgentLine]:
    held: dict[int, list[Talk]] = defaultdict(list)
    for talk in talks:
        if talk.agent_id is not None:
            held[talk.agent_id].append(talk)
    queues: dict[int, set[int]] = defaultdict(set)
    for agent_id, queue_id in QueueMember.objects.values_list("agent_id", "queue_id"):
        queues[agent_id].add(queue_id)
    rows = (
        Agent.objects.filter(user__is_active=True)
        .with_limit()
        .select_related("status", "team")
        .order_by("-present", "name", "pk")
    )
    return [
        AgentLine(
            pk=agent.pk,
            name=agent.name,
            team_id=agent.team_id,
            team=agent.team.name if agent.team else "",
            status=agent.status.name,
            available=agent.status.kind == StatusKind.AVAILABLE,
            since=agent.status_since,
            present=agent.present,
            stop_new=agent.stop_new,
            load=agent.load,
            capacity=agent.capacity,
            queue_ids=frozenset(queues[agent.pk]),
            talks=held[agent.pk],
        )
        for agent in rows
    ]


def _minutes(now: datetime) -> list[Minute]:
    """Texts of each of the last minutes, oldest first."""
    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    this = now.replace(second=0, microsecond=0)
    first = this - timedelta(minutes=MINUTES - 1)
    counted = (
        Message.objects.filter(pk__gt=last - NEWEST_TEXTS, created_at__gte=first)
        .annotate(minute=TruncMinute("created_at"))
        .values("minute")
        .annotate(received=Count("pk", filter=Q(author=Author.CUSTOMER)), total=Count("pk"))
        .annotate(sent=F("total") - F("received"))
    )
    by_minute = {row["minute"]: row for row in counted}
    moments = [first + timedelta(minutes=number) for number in range(MINUTES)]
    return [
        Minute(at, by_minute[at]["received"], by_minute[at]["sent"])
        if at in by_minute
        else Minute(at, 0, 0)
        for at in moments
    ]


def _failed() -> int:
    """Texts that did not arrive and were not sent again, of conversations that go on."""
    failed = Message.objects.filter(
        interaction__state__in=STATES,
        state__in=[MessageState.FAILED, MessageState.UNKNOWN],
        retried_by__isnull=True,
    )
    return failed.exclude(author=Author.CUSTOMER).count()
