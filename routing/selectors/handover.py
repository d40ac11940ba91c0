"""Where a conversation may be handed to (N4)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Count, Min

from routing.enums import InteractionState
from routing.models import AgentSkill, Interaction, Queue, QueueMember

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from routing.selectors.waiting import Candidate


@dataclass(frozen=True)
class QueueLoad:
    """A queue, what waits in it, and those of its members who were asked about."""

    queue: Queue
    waiting: int
    oldest: datetime | None
    members: list[Candidate]


def queues_with_load(agents: Iterable[Candidate]) -> list[QueueLoad]:
    """Every queue by name, with its members among ``agents``, each at the queue's skill level."""
    queued = Interaction.objects.filter(state=InteractionState.QUEUED).values("queue_id")
    waiting = {
        row["queue_id"]: (row["count"], row["oldest"])
        for row in queued.annotate(count=Count("pk"), oldest=Min("queued_at"))
    }
    by_id = {agent.agent_id: agent for agent in agents}
    of_queue: dict[int, list[Candidate]] = defaultdict(list)
    for queue_id, agent_id in QueueMember.objects.values_list("queue_id", "agent_id"):
        if agent_id in by_id:
            of_queue[queue_id].append(by_id[agent_id])
    levels = {
        (agent, skill): level
        for agent, skill, level in AgentSkill.objects.values_list("agent_id", "skill_id", "level")
    }
    loads = []
    for queue in Queue.objects.order_by("name"):
        count, oldest = waiting.get(queue.pk, (0, None))
        members = [
            replace(one, level=levels.get((one.agent_id, queue.skill_id)))
            if queue.skill_id
            else one
            for one in of_queue[queue.pk]
        ]
        members.sort(key=lambda one: one.name.casefold())
        loads.append(QueueLoad(queue, count, oldest, members))
    return loads
