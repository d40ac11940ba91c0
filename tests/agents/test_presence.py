"""N7: an agent is present as long as a browser's heart beats."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from agents.selectors.agents import silent_agents
from agents.services.presence import hear_heartbeat, is_silent, note_silence
from smsdesk.lib import clock
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db
TIMEOUT = timedelta(seconds=settings.PRESENCE_TIMEOUT_SECONDS)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_N7_silence_of_thirty_seconds_is_the_default():
    assert timedelta(seconds=30) == TIMEOUT


def test_N7_the_first_heartbeat_makes_an_agent_present():
    agent = AgentFactory(present=False, presence_due_at=None)
    now = clock.now()

    hear_heartbeat(agent_id=agent.pk, now=now)

    agent = fresh(agent)
    assert (agent.present, agent.presence_due_at, agent.desk_version) == (True, now + TIMEOUT, 1)


def test_N7_further_heartbeats_only_move_the_time():
    agent = AgentFactory()
    now = clock.now()

    hear_heartbeat(agent_id=agent.pk, now=now)

    agent = fresh(agent)
    assert (agent.present, agent.presence_due_at, agent.desk_version) == (True, now + TIMEOUT, 0)


def test_N7_silence_makes_an_agent_absent_and_leaves_the_status():
    agent = AgentFactory()

    assert note_silence(agent_id=agent.pk, now=agent.presence_due_at) is True

    assert (fresh(agent).present, fresh(agent).status) == (False, agent.status)


def test_N7_a_heartbeat_meanwhile_keeps_an_agent_present():
    agent = AgentFactory()
    due = agent.presence_due_at
    hear_heartbeat(agent_id=agent.pk, now=due)

    assert note_silence(agent_id=agent.pk, now=due) is False

    assert fresh(agent).present is True


def test_N7_silence_is_noted_once():
    agent = AgentFactory()
    due = agent.presence_due_at
    note_silence(agent_id=agent.pk, now=due)

    assert note_silence(agent_id=agent.pk, now=due) is False

    assert fresh(agent).desk_version == 1


def test_N7_the_longest_silent_are_found_first():
    now = clock.now()
    late = AgentFactory(presence_due_at=now)
    later = AgentFactory(presence_due_at=now - timedelta(seconds=1))
    AgentFactory(presence_due_at=now + timedelta(microseconds=1))
    AgentFactory(present=False, presence_due_at=now)

    assert silent_agents(now) == [later.pk, late.pk]


def test_N7_an_agent_who_missed_two_heartbeats_is_silent():
    agent = AgentFactory()
    now = clock.now()
    hear_heartbeat(agent_id=agent.pk, now=now)

    assert is_silent(agent_id=agent.pk, now=now + timedelta(seconds=11)) is False
    assert is_silent(agent_id=agent.pk, now=now + timedelta(seconds=13)) is True


def test_N7_signing_out_ends_presence_at_once(client):
    agent = AgentFactory()
    client.force_login(agent.user)

    client.post(reverse("sign-out"))

    assert (fresh(agent).present, fresh(agent).status) == (False, agent.status)
