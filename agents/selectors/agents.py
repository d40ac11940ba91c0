"""Agents, read by other apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.models import Agent, StatusCode

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from agents.models.agent import AgentWithLimit


def agent_of_user(user_id: int) -> AgentWithLimit | None:
    """The agent who signs in as this user, with status and ``capacity``."""
    return (
        Agent.objects.filter(user_id=user_id, user__is_active=True)
        .select_related("status", "user")
        .with_limit()
        .first()
    )


def desk_versions(agent_ids: list[int]) -> dict[int, int]:
    """The present version of each desk."""
    return dict(Agent.objects.filter(pk__in=agent_ids).values_list("pk", "desk_version"))


def silent_agents(now: datetime) -> list[int]:
    """Agents marked present whose heartbeat is overdue."""
    overdue = Agent.objects.filter(present=True, presence_due_at__lte=now)
    return list(overdue.order_by("presence_due_at", "pk").values_list("pk", flat=True)[:200])


def status_menu() -> QuerySet[StatusCode]:
    """The status menu in its order."""
    return StatusCode.objects.order_by("position", "name")
