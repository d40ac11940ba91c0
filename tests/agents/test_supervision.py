"""N11: a supervisor sets an agent's status and limit, and the agent reads who did."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.models import Agent, AuditEntry
from agents.services.status import set_status
from agents.services.supervision import LimitRefused, set_agent_limit, set_agent_status
from smsdesk.lib import clock
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sue():
    return User.objects.create_user("sue", first_name="Sue", last_name="Berg")


def test_N11_a_status_that_a_supervisor_set_names_the_supervisor(sue):
    agent = AgentFactory()
    version = agent.desk_version

    set_agent_status(agent_id=agent.pk, code=ON_BREAK, actor=sue, now=clock.now())

    agent = Agent.objects.get(pk=agent.pk)
    assert (agent.status.name, agent.status_reason) == (ON_BREAK, StatusReason.SUPERVISOR)
    assert agent.status_why == "Sue Berg set it"
    assert agent.desk_version > version
    entry = AuditEntry.objects.get(act="set the status of")
    assert (entry.actor, entry.before, entry.after) == (
        sue,
        {"status": AVAILABLE},
        {"status": ON_BREAK},
    )

    set_status(agent_id=agent.pk, code=AVAILABLE, reason=StatusReason.CHOSEN, now=clock.now())
    agent = Agent.objects.get(pk=agent.pk)
    assert (agent.status_why, agent.status_why_told) == ("you chose it", "they chose it")


@pytest.mark.parametrize("reason", StatusReason)
def test_N11_why_an_agent_has_a_status_is_never_told_to_others_as_you(reason):
    words = Agent(status_reason=reason).status_why_told.split()

    assert {"you", "your", "yours"}.isdisjoint(words)


def test_N11_the_name_of_who_set_a_status_stays_as_it_is_written():
    agent = Agent(status_reason=StatusReason.SUPERVISOR, status_set_by="Wei you Lin")

    assert agent.status_why_told == "Wei you Lin set it"


def test_N11_a_limit_is_set_live_and_a_wrong_one_refused():
    agent = AgentFactory()

    set_agent_limit(agent_id=agent.pk, limit=2)
    with pytest.raises(LimitRefused, match="1 to 12"):
        set_agent_limit(agent_id=agent.pk, limit=13)

    assert Agent.objects.with_limit().get(pk=agent.pk).capacity == 2
    assert AuditEntry.objects.get(act="changed").after == {"conversation limit": 2}
