"""Who works at the demo desk."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from agents.models import Agent, Team
from agents.services.roster import add_agent
from routing.models import AgentSkill, Queue, QueueMember, Skill
from smsdesk.demo.channels import QUEUES, SKILL

if TYPE_CHECKING:
    from datetime import datetime

SUPERVISOR, SUPERVISOR_NAME = "supervisor", "Sam Supervisor"
# username, name, team, may reject, level of the skill "Policies" (0: none)
AGENTS = [
    ("robin", "Robin Castillo", "Claims desk", True, 3),
    ("maya", "Maya Lindqvist", "Claims desk", False, 4),
    ("jonas", "Jonas Weber", "Customer care", True, 0),
    ("lea", "Lea Okafor", "Customer care", True, 5),
]
USERNAMES = [SUPERVISOR, *(agent[0] for agent in AGENTS)]
STATUSES = ["Lunch", "Training"]


def set_password(username: str) -> str:
    """A new password for one of the demo's people, easy to type."""
    password = "-".join(
        "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4))
        for _ in range(3)
    )
    user = User.objects.get(username=username)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def add_people(*, now: datetime) -> None:
    """Make those of the demo's people who are not there."""
    present = set(User.objects.filter(username__in=USERNAMES).values_list("username", flat=True))
    for username, name, team, may_reject, level in AGENTS:
        if username in present:
            continue
        first_name, _, last_name = name.partition(" ")
        agent = Agent(
            user=User.objects.create_user(username, first_name=first_name, last_name=last_name),
            name=name,
            team=Team.objects.get_or_create(name=team)[0],
            may_reject=may_reject,
        )
        add_agent(agent=agent, now=now)
        if level:
            skill, _ = Skill.objects.get_or_create(name=SKILL)
            AgentSkill.objects.create(agent=agent, skill=skill, level=level)
        # Everybody serves both queues; whoever lacks the skill is passed over in the second.
        QueueMember.objects.bulk_create(
            QueueMember(queue=queue, agent=agent)
            for queue in Queue.objects.filter(name__in=QUEUES).order_by("id")
        )
    if SUPERVISOR not in present:
        first_name, _, last_name = SUPERVISOR_NAME.partition(" ")
        user = User.objects.create_superuser(SUPERVISOR, first_name=first_name, last_name=last_name)
        # With a desk, to take over from the floor; in no queue, so that no text is offered there.
        add_agent(agent=Agent(user=user, name=SUPERVISOR_NAME), now=now)
