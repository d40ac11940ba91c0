"""An agent's status and the "Stop new" switch (E1–E3, C3, D10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.enums import AVAILABLE, ON_BREAK, StatusKind, StatusReason
from agents.events import AgentLeft, AgentMayTakeMore
from agents.models import Agent, StatusCode, StatusPeriod
from agents.services.desks import touch_desk
from agents.services.places import lock_agent
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime


class NoSuchStatus(Exception):
    """The status asked for is not in the supervisors' list."""


@transaction.atomic
def set_status(
    *, agent_id: int, code: str, reason: StatusReason, now: datetime, by: str = ""
) -> None:
    """Give an agent a status, by name, and close the period of the one before.

    ``by`` is the supervisor who does. Setting the present status again only takes over the reason.
    Raises NoSuchStatus.
    """
    status = StatusCode.objects.filter(name=code, in_menu=True).first()
    if status is None:
        raise NoSuchStatus(f"There is no status called “{code}”.")
    agent = Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
    if agent.status_id == status.pk:
        touch_desk(agent_id, status_reason=reason, status_set_by=by)
        return
    StatusPeriod.objects.filter(agent_id=agent_id, ended_at__isnull=True).update(ended_at=now)
    StatusPeriod.objects.create(agent_id=agent_id, status=status, reason=reason, started_at=now)
    fields: dict[str, object] = {
        "status": status,
        "status_reason": reason,
        "status_set_by": by,
        "status_since": now,
    }
    if status.kind == StatusKind.AVAILABLE:
        fields["idle_since"] = now
        publish(AgentMayTakeMore(agent_id))
    else:
        publish(AgentLeft(agent_id))
    touch_desk(agent_id, **fields)


def send_on_break(*, agent_id: int, reason: StatusReason, now: datetime) -> None:
    """What rejecting an offer or letting it lapse costs (C3)."""
    set_status(agent_id=agent_id, code=ON_BREAK, reason=reason, now=now)


@transaction.atomic
def return_from_wrap_up(
    *, agent_id: int, ended_at: datetime, countdown_ran_out: bool, now: datetime
) -> None:
    """Make an agent Available after a wrap-up (E3, H5), unless the agent chose another status.

    A status chosen by hand since End is kept. One chosen before it is kept when the agent clicked
    "Wrap up", and yields to Available when the countdown ran out, as S1:25 has it.
    """
    agent = lock_agent(agent_id)
    if agent.is_available:
        return
    chosen = agent.status_reason in {StatusReason.CHOSEN, StatusReason.SUPERVISOR}
    if chosen and (not countdown_ran_out or agent.status_since >= ended_at):
        return
    set_status(agent_id=agent_id, code=AVAILABLE, reason=StatusReason.WRAPPED_UP, now=now)


@transaction.atomic
def set_stop_new(*, agent_id: int, stop: bool) -> None:
    """Turn "Stop new" on or off; the status stays as it is (D10)."""
    touch_desk(agent_id, stop_new=stop)
    if not stop:
        publish(AgentMayTakeMore(agent_id))
