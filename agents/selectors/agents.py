"""Agents, read by other apps."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Concat, Lower

from agents.models import Agent, StatusCode
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from agents.models.agent import AgentWithLimit


def agent_of_user(user_id: int) -> AgentWithLimit | None:
    """The agent who signs in as this user, with status and ``capacity``."""
    found = _agents_of_user(user_id, settings.DEFAULT_CONVERSATION_LIMIT)
    return found[0] if found else None


_agents_of_user = Prepared(
    lambda user_id, limit: (
        Agent.objects.filter(user_id=user_id, user__is_active=True)
        .select_related("status", "user")
        .with_limit(limit)
    )
)


def desk_versions(agent_ids: list[int]) -> dict[int, tuple[int, str]]:
    """The version of each desk, and the hashed password its agent signs in with now.

    Those who may not sign in any more are left out.
    """
    agents = Agent.objects.filter(pk__in=agent_ids, user__is_active=True)
    rows = agents.values_list("pk", "desk_version", "user__password")
    return {pk: (version, password) for pk, version, password in rows}


def present_agents() -> list[int]:
    """Whoever has a desk open."""
    return list(Agent.objects.filter(present=True).order_by("pk").values_list("pk", flat=True))


def silent_agents(now: datetime) -> list[int]:
    """Agents marked present whose heartbeat is overdue."""
    overdue = Agent.objects.filter(present=True, presence_due_at__lte=now)
    return list(overdue.order_by("presence_due_at", "pk").values_list("pk", flat=True)[:200])


def status_menu() -> list[StatusCode]:
    """The status menu in its order."""
    return _menu()


_menu = Prepared(lambda: StatusCode.objects.filter(in_menu=True).order_by("position", "name"))


def agents_called(usernames: Collection[str]) -> dict[str, Agent]:
    """Who signs in by each of these names: spelled so, or the only one who does in other capitals.

    Names that nobody has, or several have, are left out.
    """
    lowered = {name.lower() for name in usernames}
    same: dict[str, list[Agent]] = defaultdict(list)
    agents = _at_work().alias(lower=Lower("user__username")).filter(lower__in=lowered)
    for agent in agents.order_by("pk"):
        same[agent.user.get_username().lower()].append(agent)
    called: dict[str, Agent] = {}
    for name in usernames:
        these = same[name.lower()]
        exact = [agent for agent in these if agent.user.get_username() == name]
        if exact or len(these) == 1:
            called[name] = (exact or these)[0]
    return called


def colleagues_like(words: str, *, but: int, most: int) -> list[Agent]:
    """The first agents by name in whose name or username a word begins with ``words``."""
    return list(
        _at_work()
        .exclude(pk=but)
        .alias(names=Concat(Value(" "), "name", Value(" "), "user__username"))
        .filter(names__icontains=f" {words}")
        .order_by("name", "pk")[:most]
    )


def _at_work() -> QuerySet[Agent]:
    return Agent.objects.filter(user__is_active=True).select_related("user")
