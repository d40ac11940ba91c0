"""N12: how an offer calls an agent is kept for all their devices."""

from __future__ import annotations

import pytest

from agents.services.alerts import set_alerts
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


def test_N12_all_alerts_are_on_until_the_agent_chooses():
    agent = AgentFactory()

    assert (agent.alert_sound, agent.alert_desktop, agent.alert_title) == (True, True, True)


def test_N12_the_choice_is_kept_and_shown_on_every_desk():
    agent = AgentFactory()

    set_alerts(agent_id=agent.pk, sound=False, desktop=True, title=False)

    agent.refresh_from_db()
    assert (agent.alert_sound, agent.alert_desktop, agent.alert_title) == (False, True, False)
    assert agent.desk_version == 1
