"""D1-D5 D9: how many conversations an agent may hold - one limit over SMS and chat."""

from __future__ import annotations

import pytest

from agents.models import Agent
from agents.selectors.agents import agent_of_user, desk_versions
from agents.services.places import free_place, lock_agent, take_place
from smsdesk.lib import clock
from tests.factories import AgentFactory, TeamFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("own", "teams", "capacity"),
    [
        (None, "no team", 6),  # D1: the default
        (None, None, 6),
        (None, 5, 5),  # D4: the team's
        (3, 5, 3),  # D4: the user's own comes first
        (12, 5, 12),  # D3
        (8, "no team", 8),
        (None, 12, 12),
    ],
)
def test_D4_the_limit_is_ones_own_else_the_teams_else_six(own, teams, capacity):
    team = None if teams == "no team" else TeamFactory(limit=teams)
    agent = AgentFactory(limit=own, team=team)

    assert Agent.objects.with_limit().get(pk=agent.pk).capacity == capacity
    assert lock_agent(agent.pk).capacity == capacity
    assert agent_of_user(agent.user_id).capacity == capacity


def test_D3_a_default_over_twelve_is_cut_to_twelve(settings):
    settings.DEFAULT_CONVERSATION_LIMIT = 20

    assert lock_agent(AgentFactory().pk).capacity == 12


def test_D5_a_place_is_filled_and_freed_on_the_row_and_counts_as_activity():
    agent = AgentFactory()
    filled = clock.now()
    take_place(agent=agent, now=filled)
    assert Agent.objects.values_list("load", "idle_since").get(pk=agent.pk) == (1, filled)

    freed = clock.now()
    free_place(agent_id=agent.pk, now=freed)
    assert Agent.objects.values_list("load", "idle_since").get(pk=agent.pk) == (0, freed)


def test_J2_each_change_of_places_shows_on_the_desk():
    agent, other = AgentFactory(), AgentFactory()

    take_place(agent=agent, now=clock.now())
    free_place(agent_id=agent.pk, now=clock.now())

    versions = {pk: version for pk, (version, _) in desk_versions([agent.pk, other.pk]).items()}
    assert versions == {agent.pk: 2, other.pk: 0}


def test_K1_a_user_who_was_switched_off_is_no_agent():
    agent = AgentFactory(user__is_active=False)

    assert agent_of_user(agent.user_id) is None
    assert agent_of_user(0) is None
