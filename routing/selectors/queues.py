"""Queues as the plain values that overflow and matching decide on: for dry runs (N8)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from routing.models import AgentSkill, OverflowStep, Queue, QueueMember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """``levels``: of each member, by id, the level of its skill; 0 where it asks for none."""

    queue: Queue
    steps: Sequence[OverflowStep] = ()
    levels: Mapping[int, int | None] = field(default_factory=dict)


def queue_terms() -> dict[int, QueueTerms]:
    """Every queue, by its id, in three reads."""
    queues = Queue.objects.in_bulk()
    level = AgentSkill.objects.filter(agent=OuterRef("agent"), skill=OuterRef("queue__skill"))
    members = QueueMember.objects.values_list("queue", "agent", Subquery(level.values("level")[:1]))
    levels: dict[int, dict[int, int | None]] = defaultdict(dict)
    for queue_id, agent_id, held in members:
        levels[queue_id][agent_id] = held if queues[queue_id].skill_id else 0
    steps: dict[int, list[OverflowStep]] = defaultdict(list)
    for step in OverflowStep.objects.order_by("pk"):
        steps[step.queue_id].append(step)
    return _of_one_another(
        {pk: QueueTerms(queue, steps[pk], levels[pk]) for pk, queue in queues.items()}
    )


def queue_terms_with(
    changed: Queue, *, steps: Sequence[OverflowStep], members: Sequence[int]
) -> dict[int, QueueTerms]:
    """The same, once this queue is saved with these steps and members, who are agents' ids."""
    held = AgentSkill.objects.filter(skill=changed.skill_id, agent__in=members)
    level_of = dict(held.values_list("agent", "level"))
    levels = {agent: level_of.get(agent) if changed.skill_id else 0 for agent in members}
    return _of_one_another(queue_terms() | {changed.pk: QueueTerms(changed, steps, levels)})


def _of_one_another(terms: dict[int, QueueTerms]) -> dict[int, QueueTerms]:
    """Each step knows its queues as they are here, which may not be saved."""
    for step in (step for each in terms.values() for step in each.steps):
        step.queue = terms[step.queue_id].queue
        step.to_queue = terms[step.to_queue_id].queue if step.to_queue_id else None
    return terms
