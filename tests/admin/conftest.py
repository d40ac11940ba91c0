"""A supervisor at the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from agents.enums import Role
from agents.models import Agent


@pytest.fixture
def supervisor(db) -> Client:
    user = User.objects.create_user("sue", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client = Client()
    client.force_login(user)
    return client


def version(agent: Agent) -> int:
    """The version of what the agent's desk shows: open desks look again when it grows."""
    return Agent.objects.get(pk=agent.pk).desk_version
