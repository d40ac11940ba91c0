"""Presence by heartbeat: an agent whose browser is gone gets no offers (N7), and is told (J4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F

from agents.events import AgentLeft, AgentMayTakeMore
from agents.models import Agent
from agents.services.desks import touch_desk
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models.expressions import CombinedExpression

# Browsers send a heartbeat every five seconds.
MISSED_HEARTBEATS_SECONDS = 12


@transaction.atomic
def hear_heartbeat(
    *, agent_id: int, now: datetime, open_since: datetime | None = None
) -> datetime | None:
    """Note that a browser of this agent is there, until PRESENCE_TIMEOUT_SECONDS from ``now``.

    Returns since when the agent was absent, to the first desk that is back and to no other (J4).
    One that was ``open_since`` before then has shown everything that came, and is told nothing.
    """
    due = now + timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
    # First, for it locks the row: silence noted between the two would outlive this heartbeat.
    Agent.objects.filter(pk=agent_id).update(presence_due_at=due)
    if not Agent.objects.filter(pk=agent_id, present=False).update(present=True):
        return None
    absent_since = Agent.objects.values_list("absent_since", flat=True).get(pk=agent_id)
    touch_desk(agent_id, absent_since=None)
    publish(AgentMayTakeMore(agent_id))
    if open_since is not None and absent_since is not None and open_since <= absent_since:
        return None
    return absent_since


def is_silent(*, agent_id: int, now: datetime) -> bool:
    """Whether every browser of a present agent has missed two heartbeats, and may be gone."""
    heard_before = now - timedelta(seconds=MISSED_HEARTBEATS_SECONDS)
    due_before = heard_before + timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
    return Agent.objects.filter(pk=agent_id, presence_due_at__lt=due_before).exists()


@transaction.atomic
def leave(*, agent_id: int, since: datetime | None = None) -> None:
    """Mark an agent absent at once: signed out, or not there when an offer ended.

    Absent ``since`` then, or since the last heartbeat. A heartbeat from another of the agent's
    browsers takes it back within seconds.
    """
    present = Agent.objects.filter(pk=agent_id, present=True)
    present.update(present=False, absent_since=since or _last_heartbeat())
    touch_desk(agent_id)
    publish(AgentLeft(agent_id))


@transaction.atomic
def note_silence(*, agent_id: int, now: datetime) -> bool:
    """Mark an agent absent whose last heartbeat is too old. False where one came meanwhile."""
    gone = Agent.objects.filter(pk=agent_id, present=True, presence_due_at__lte=now).update(
        present=False, absent_since=_last_heartbeat()
    )
    if gone:
        touch_desk(agent_id)
        publish(AgentLeft(agent_id))
    return bool(gone)


def _last_heartbeat() -> CombinedExpression:
    return F("presence_due_at") - timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)
