"""An agent's desk: the version of what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from agents.events import DeskChanged
from agents.models import Agent
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Iterable


def touch_desk(agent_id: int, **fields: object) -> None:
    """Count the desk's version up, set ``fields`` with it, and nudge its open sockets on commit.

    The agent's row is locked from here to the commit: call it last in a transaction.
    """
    Agent.objects.filter(pk=agent_id).update(desk_version=F("desk_version") + 1, **fields)
    publish(DeskChanged(agent_id))


def touch_desks(agent_ids: Iterable[int]) -> None:
    """Touch several desks, always in the same order: call it last, too."""
    for agent_id in sorted(agent_ids):
        touch_desk(agent_id)
