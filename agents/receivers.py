"""What follows from the agents' events inside this app, and from signing out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from agents.events import DeskChanged
from agents.models import Agent, StatusCode, Team
from agents.services.following import follow
from agents.services.presence import leave
from smsdesk.lib import clock, live
from smsdesk.lib.events import on

follow(User, state=["last_login", "date_joined"], hidden=["password"])
follow(Group, Team, StatusCode)
follow(
    Agent,
    state=[
        "status",
        "status_reason",
        "status_set_by",
        "status_since",
        "stop_new",
        "present",
        "presence_due_at",
        "absent_since",
        "load",
        "idle_since",
        "desk_version",
        # The agent's own choice.
        "alert_sound",
        "alert_desktop",
        "alert_title",
    ],
)


@on(DeskChanged)
def show_change(event: DeskChanged) -> None:
    live.nudge([event.agent_id])


@receiver(user_logged_out)
def leave_the_desk(user: Any, **_: object) -> None:
    """Whoever signs out is offered nothing more, without a penalty (N7)."""
    agent = Agent.objects.filter(user=user).first() if user else None
    if agent is not None:
        leave(agent_id=agent.pk, since=clock.now())
