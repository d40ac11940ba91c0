"""The places of an agent: one limit over SMS and chat, never exceeded (D1–D9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from agents.events import AgentMayTakeMore
from agents.models import Agent
from agents.services.desks import touch_desk
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime

    from agents.models.agent import AgentWithLimit


def lock_agent(agent_id: int) -> AgentWithLimit:
    """The agent's row, locked until commit, with status and ``capacity``. Lock agents last."""
    # Locked alone and read then: joined with its status, a row whose status was changed while we
    # waited for its lock would not be found at all.
    Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
    agent: AgentWithLimit = Agent.objects.select_related("status").with_limit().get(pk=agent_id)
    return agent


def take_place(*, agent: Agent, now: datetime) -> None:
    """Fill one place of an agent who was locked, and found to have room, in this transaction."""
    touch_desk(agent.pk, load=F("load") + 1, idle_since=now)


def free_place(*, agent_id: int, now: datetime) -> None:
    """Give one place back; the next waiting text is pulled into it."""
    touch_desk(agent_id, load=F("load") - 1, idle_since=now)
    publish(AgentMayTakeMore(agent_id))
