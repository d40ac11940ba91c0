"""N7 J4 J5: an agent is present as long as a browser's heart beats, and is told who was away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from agents.selectors.agents import silent_agents
from agents.services.presence import hear_heartbeat, is_silent, leave, note_silence
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


def away(agent, since):
    """The last heartbeat, and the silence after it."""
    hear_heartbeat(agent_id=agent.pk, now=since)
    assert note_silence(agent_id=agent.pk, now=since + TIMEOUT)


def test_J4_an_agent_is_absent_since_the_last_heartbeat_or_since_signing_out(client):
    silent, signed_out = AgentFactory(), AgentFactory()
    before = clock.now()
    away(silent, before)
    client.force_login(signed_out.user)
    client.post(reverse("sign-out"))

    assert fresh(silent).absent_since == before
    assert before <= fresh(signed_out).absent_since <= clock.now()


def test_J4_leaving_again_does_not_move_the_time():
    agent = AgentFactory()
    before = clock.now()
    away(agent, before)

    leave(agent_id=agent.pk, since=before + timedelta(minutes=5))

    assert fresh(agent).absent_since == before


def test_J4_only_the_first_desk_that_is_back_is_told():
    agent = AgentFactory()
    before = clock.now()
    away(agent, before)
    back = before + timedelta(hours=1)

    assert hear_heartbeat(agent_id=agent.pk, now=back, open_since=back) == before
    assert hear_heartbeat(agent_id=agent.pk, now=back, open_since=back) is None
    assert fresh(agent).absent_since is None


def test_J5_with_a_desk_open_elsewhere_nobody_is_told():
    agent = AgentFactory()
    now = clock.now()
    hear_heartbeat(agent_id=agent.pk, now=now)

    assert hear_heartbeat(agent_id=agent.pk, now=now, open_since=now) is None


def test_J5_a_desk_that_was_open_all_the_time_is_not_told_when_another_signs_out():
    agent = AgentFactory()
    now = clock.now()
    leave(agent_id=agent.pk, since=now)

    opened = now - timedelta(minutes=5)
    assert hear_heartbeat(agent_id=agent.pk, now=now, open_since=opened) is None
    assert (fresh(agent).present, fresh(agent).absent_since) == (True, None)


def test_J4_an_agent_who_was_never_here_has_missed_nothing():
    agent = AgentFactory(present=False, presence_due_at=None)

    assert hear_heartbeat(agent_id=agent.pk, now=clock.now()) is None
