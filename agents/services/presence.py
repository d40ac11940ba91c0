"""Presence by heartbeat: an agent whose browser is gone gets no offers (N7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from agents.events import AgentLeft, AgentMayTakeMore
from agents.models import Agent
from agents.services.desks import touch_desk
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def hear_heartbeat(*, agent_id: int, now: datetime) -> None:
    """Note that a browser of this agent is there, until PRESENCE_TIMEOUT_SECONDS from ``now``."""
    due = now + timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
    # First, for it locks the row: silence noted between the two would outlive this heartbeat.
    Agent.objects.filter(pk=agent_id).update(presence_due_at=due)
    if Agent.objects.filter(pk=agent_id, present=False).update(present=True):
        touch_desk(agent_id)
        publish(AgentMayTakeMore(agent_id))


@transaction.atomic
def note_silence(*, agent_id: int, now: datetime) -> bool:
    """Mark an agent absent whose last heartbeat is too old. False where one came meanwhile."""
    gone = Agent.objects.filter(pk=agent_id, present=True, presence_due_at__lte=now).update(
        present=False
    )
    if gone:
        touch_desk(agent_id)
        publish(AgentLeft(agent_id))
    return bool(gone)
