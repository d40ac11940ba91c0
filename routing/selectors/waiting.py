"""What waits in queues, and who could take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value

from agents.enums import StatusKind
from agents.models import Agent
from routing.enums import EventKind, InteractionState, OfferState
from routing.models import AgentSkill, Interaction, Offer, Queue, QueueMember

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from agents.models.agent import AgentWithLimit

DECLINED = "declined this text"
HANDED_OVER = "handed this conversation over"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queue member as matching sees one. ``level`` is None without the queue's skill."""

    agent_id: int
    name: str
    status: str
    available: bool
    present: bool
    stop_new: bool
    capable: bool
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
    members = Agent.objects.filter(memberships__queue=queue, user__is_active=True).with_limit()
    if not queue.skill_id:
        return _candidates(members.annotate(level=Value(0)))
    return _candidates(members.annotate(level=Subquery(level.values("level")[:1])))


def colleagues_of(agent_id: int) -> list[Candidate]:
    """Everybody else who works here, by name, as somebody whom no skill is asked of."""
    others = Agent.objects.filter(user__is_active=True).exclude(pk=agent_id).with_limit()
    found = _candidates(others.annotate(level=Value(0)))
    return sorted(found, key=lambda one: one.name.casefold())


def asked_directly(agent: AgentWithLimit) -> Candidate:
    """An agent, locked and read with the limit, as somebody whom no skill is asked of."""
    active = agent.user.is_active
    return Candidate(
        agent_id=agent.pk,
        name=agent.name,
        status=agent.status.name if active else "barred from the desk",
        available=agent.is_available and active,
        present=agent.present,
        stop_new=agent.stop_new,
        capable=agent.sms_capable,
        level=0,
        load=agent.load,
        capacity=agent.capacity,
        idle_since=agent.idle_since,
    )


def _candidates(agents: QuerySet[Any]) -> list[Candidate]:
    # In the order of Candidate's fields.
    rows = agents.order_by("pk").values_list(
        "pk",
        "name",
        "status__name",
        "status__kind",
        "present",
        "stop_new",
        "sms_capable",
        "level",
        "load",
        "capacity",
        "idle_since",
    )
    return [
        Candidate(pk, name, status, kind == StatusKind.AVAILABLE, *rest)
        for pk, name, status, kind, *rest in rows
    ]


def way_so_far(interaction: Interaction) -> list[str]:
    """How the text came to where it waits, in words: a rule, and each overflow step."""
    routing = interaction.routing
    words = [f"{routing['why']}, so it went to {routing['queue']}"] if routing.get("rule") else []
    if interaction.overflow_after or interaction.overflow_left:
        steps = interaction.events.filter(kind=EventKind.OVERFLOWED).order_by("pk")
        words += [step.detail["words"] for step in steps]
    return words


def declined_by(interaction: Interaction) -> dict[int, str]:
    """Who is asked last for this conversation, and why: who declined it, or handed it over."""
    refused = Q(state__in=[OfferState.REJECTED, OfferState.LAPSED])
    offers = Offer.objects.filter(refused, interaction=interaction)
    found = dict.fromkeys(offers.values_list("agent_id", flat=True), DECLINED)
    if interaction.handed_over_by_id:
        found[interaction.handed_over_by_id] = HANDED_OVER
    return found
