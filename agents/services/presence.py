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

# Browsers send a heartbeat every five seconds.
MISSED_HEARTBEATS_SECONDS = 12


@transaction.atomic
def hear_heartbeat(*, agent_id: int, now: datetime) -> None:
    """Note that a browser of this agent is there, until PRESENCE_TIMEOUT_SECONDS from ``now``."""
    due = now + timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
    # First, for it locks the row: silence noted between the two would outlive this heartbeat.
    Agent.objects.filter(pk=agent_id).update(presence_due_at=due)
    if Agent.objects.filter(pk=agent_id, present=False).update(present=True):
        touch_desk(agent_id)
        publish(AgentMayTakeMore(agent_id))


def is_silent(*, agent_id: int, now: datetime) -> bool:
    """Whether every browser of a present agent has missed two heartbeats, and may be gone."""
    heard_before = now - timedelta(seconds=MISSED_HEARTBEATS_SECONDS)
    due_before = heard_before + timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
    return Agent.objects.filter(pk=agent_id, presence_due_at__lt=due_before).exists()


@transaction.atomic
def leave(*, agent_id: int) -> None:
    """Mark an agent absent at once: signed out, or not there when an offer ended.

    A heartbeat from another of the agent's browsers takes it back within seconds.
    """
    Agent.objects.filter(pk=agent_id).update(present=False)
    touch_desk(agent_id)
    publish(AgentLeft(agent_id))


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
