"""What a supervisor does to an agent from the floor: status and limit (N11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.enums import LIMIT_CEILING, StatusReason
from agents.models import Agent
from agents.services.audit import record_act
from agents.services.places import lock_agent
from agents.services.roster import change_agent
from agents.services.status import set_status

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User


class LimitRefused(Exception):
    """No agent can have this limit. Says why; nothing was changed."""


def name_of(actor: User) -> str:
    """What a supervisor is called on agents' desks and in life lines."""
    return actor.get_full_name() or actor.get_username()


@transaction.atomic
def set_agent_status(*, agent_id: int, code: str, actor: User, now: datetime) -> None:
    """Give an agent a status; the agent reads who did. Raises NoSuchStatus."""
    before = lock_agent(agent_id)
    set_status(
        agent_id=agent_id, code=code, reason=StatusReason.SUPERVISOR, by=name_of(actor), now=now
    )
    record_act(
        actor=actor,
        act="set the status of",
        subject=before,
        before={"status": before.status.name},
        after={"status": code},
        now=now,
    )


@transaction.atomic
def set_agent_limit(*, agent_id: int, limit: int | None) -> None:
    """Give an agent a limit of their own; None: the team's. Raises LimitRefused.

    Who has more already keeps them, and gets nothing new. The audit trail follows the row itself.
    """
    if limit is not None and not 1 <= limit <= LIMIT_CEILING:
        raise LimitRefused(f"Choose a limit from 1 to {LIMIT_CEILING}, or none for the team's.")
    agent = Agent.objects.get(pk=agent_id)
    agent.limit = limit
    change_agent(agent=agent, fields=["limit"])
