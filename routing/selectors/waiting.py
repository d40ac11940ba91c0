"""What waits in queues, and who could take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from agents.enums import StatusKind
from agents.models import Agent
from routing.enums import InteractionState, OfferState
from routing.models import AgentSkill, Interaction, Offer, Queue, QueueMember

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queue member as matching sees one. ``level`` is None without the queue's skill."""

    agent_id: int
    name: str
    status: str
    available: bool
    present: bool
    stop_new: bool
    level: int | None
    load: int
    capacity: int
    idle_since: datetime


def in_turn() -> QuerySet[Interaction]:
    """Waiting conversations in the order they are served: priority, then age, then id."""
    return Interaction.objects.filter(state=InteractionState.QUEUED).order_by(
        F("priority").desc(), "queued_at", "id"
    )


def queue_to_serve_next(queue_ids: Collection[int]) -> int | None:
    """The queue whose first waiting text comes before those of the other queues."""
    head = in_turn().filter(queue_id=OuterRef("pk"))[:1]
    return (
        Queue.objects.filter(pk__in=queue_ids)
        .annotate(
            head_priority=Subquery(head.values("priority")),
            head_queued_at=Subquery(head.values("queued_at")),
            head_id=Subquery(head.values("id")),
        )
        .filter(head_id__isnull=False)
        .order_by(F("head_priority").desc(), "head_queued_at", "head_id")
        .values_list("pk", flat=True)
        .first()
    )


def queues_with_waiting() -> list[int]:
    """Queues in which a text waits for an agent."""
    waiting = Interaction.objects.filter(queue=OuterRef("pk"), state=InteractionState.QUEUED)
    return list(Queue.objects.filter(Exists(waiting)).order_by("pk").values_list("pk", flat=True))


def queues_of_agent(agent_id: int) -> list[int]:
    """Queues the agent is a member of."""
    memberships = QueueMember.objects.filter(agent_id=agent_id)
    return list(memberships.order_by("queue_id").values_list("queue_id", flat=True))


def candidates_of(queue: Queue) -> list[Candidate]:
    """Every member of a queue as matching sees one; a queue without a skill needs none."""
    level = AgentSkill.objects.filter(agent=OuterRef("pk"), skill=queue.skill_id)
    members = (
        Agent.objects.filter(memberships__queue=queue, user__is_active=True)
        .with_limit()
        .annotate(level=Subquery(level.values("level")[:1]))
        .order_by("pk")
        .values_list(
            "pk",
            "name",
            "status__name",
            "status__kind",
            "present",
            "stop_new",
            "level",
            "load",
            "capacity",
            "idle_since",
        )
    )
    return [
        Candidate(
            agent_id=pk,
            name=name,
            status=status,
            available=kind == StatusKind.AVAILABLE,
            present=present,
            stop_new=stop_new,
            level=level if queue.skill_id else 0,
            load=load,
            capacity=capacity,
            idle_since=idle_since,
        )
        for pk, name, status, kind, present, stop_new, level, load, capacity, idle_since in members
    ]


def declined_by(interaction_id: int) -> frozenset[int]:
    """Agents who rejected this conversation or let its offer lapse."""
    refused = Q(state__in=[OfferState.REJECTED, OfferState.LAPSED])
    offers = Offer.objects.filter(refused, interaction_id=interaction_id)
    return frozenset(offers.values_list("agent_id", flat=True))
