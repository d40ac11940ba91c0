"""The status menu as supervisors set it; every open desk shows a change at once (E1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.enums import StatusKind
from agents.events import AgentLeft, AgentMayTakeMore
from agents.models import Agent, StatusPeriod
from agents.selectors.agents import present_agents
from agents.services.desks import touch_desks
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from agents.models import StatusCode


@transaction.atomic
def save_status_code(*, code: StatusCode) -> None:
    """Save a new or changed status; of who is in it, offers follow what it means now."""
    code.save()
    able = code.kind == StatusKind.AVAILABLE
    for agent in Agent.objects.filter(status=code).order_by("pk"):
        publish(AgentMayTakeMore(agent.pk) if able else AgentLeft(agent.pk))
    touch_desks(present_agents())


@transaction.atomic
def delete_status_code(*, code: StatusCode) -> None:
    """Delete a status that nobody is, or was, in; ask ``why_status_stays`` before."""
    code.delete()
    touch_desks(present_agents())


def why_status_stays(code: StatusCode) -> str:
    """Why a status cannot be deleted, in a sentence; empty where it can."""
    if code.built_in:
        return f"“{code}” is set by the desk itself, so it stays."
    users = Agent.objects.filter(status=code).order_by("name").values_list("name", flat=True)
    instead = "Take it out of the menu instead."
    if names := list(users[:4]):
        more = " and others" if len(names) > 3 else ""  # noqa: PLR2004 - as many are named
        return f"“{code}” is the status of {', '.join(names[:3])}{more} now. {instead}"
    if StatusPeriod.objects.filter(status=code).exists():
        return f"“{code}” has been the status of agents, whose past times keep it. {instead}"
    return ""
