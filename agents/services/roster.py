"""Who works here: agents as supervisors make and change them (D4, K3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction

from agents.enums import ON_BREAK, Role, StatusReason
from agents.events import AgentLeft, AgentMayTakeMore
from agents.models import Agent, StatusCode, StatusPeriod, Team
from agents.services.desks import touch_desk
from agents.services.roles import join_role
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime


@transaction.atomic
def add_agent(*, agent: Agent, now: datetime) -> None:
    """Save a new agent, who begins On Break and comes to work by choosing Available."""
    agent.status = StatusCode.objects.get(name=ON_BREAK)
    agent.status_reason = StatusReason.SIGNED_UP
    agent.status_since = agent.idle_since = now
    agent.save()
    join_role(agent.user, Role.AGENT)
    StatusPeriod.objects.create(
        agent=agent, status=agent.status, reason=agent.status_reason, started_at=now
    )


@transaction.atomic
def add_person(*, agent: Agent, username: str, email: str, now: datetime) -> None:
    """Save a new agent and the user they sign in as, who chooses a password by an invitation."""
    agent.user = User.objects.create_user(username, email)
    add_agent(agent=agent, now=now)


@transaction.atomic
def change_agent(*, agent: Agent, fields: Collection[str]) -> None:
    """Save the fields a supervisor changed, and only those: routing moves the others."""
    agent.save(update_fields=fields)
    look_again(agent.pk)


def look_again(agent_id: int) -> None:
    """Let the desk, and what waits, follow what the agent can take by now."""
    capable = Agent.objects.filter(pk=agent_id, sms_capable=True).exists()
    touch_desk(agent_id)
    publish(AgentMayTakeMore(agent_id) if capable else AgentLeft(agent_id))


@transaction.atomic
def change_team(*, team: Team, fields: Collection[str]) -> None:
    """Save a team; a new limit holds for its members at once."""
    team.save(update_fields=fields)
    _limits_changed(team.agents.values_list("pk", flat=True))


@transaction.atomic
def change_teams(
    *,
    teams: Sequence[Team],
    fields: Mapping[str, Any],
    joining: Iterable[Agent],
    leaving: Iterable[Agent],
) -> None:
    """Give several teams the same values; who joins is in the first, who leaves in none of them."""
    for team in teams if fields else []:
        for name, value in fields.items():
            setattr(team, name, value)
        change_team(team=team, fields=list(fields))
    for agent in leaving:
        if agent.team in teams:
            _join(agent, None)
    for agent in joining:
        _join(agent, teams[0])


def _join(agent: Agent, team: Team | None) -> None:
    agent.team = team
    change_agent(agent=agent, fields=["team"])


@transaction.atomic
def delete_team(*, team: Team) -> None:
    """Delete a team; its members have their own limits from now on, or the desk's default."""
    members = list(team.agents.values_list("pk", flat=True))
    team.delete()
    _limits_changed(members)


def _limits_changed(agent_ids: Iterable[int]) -> None:
    for agent_id in sorted(agent_ids):
        touch_desk(agent_id)
        publish(AgentMayTakeMore(agent_id))
