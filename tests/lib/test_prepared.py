"""A query whose SQL is made once answers as the ordinary one does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from routing.models import Interaction
from routing.selectors.strip import tiles_of
from smsdesk.lib.prepared import Prepared
from tests.factories import AgentFactory, MessageFactory, active_interaction


@pytest.fixture
def agents(db):
    agents = AgentFactory.create_batch(2)
    for agent in agents:
        for number in range(2):
            talk = active_interaction(agent, customer_address=f"+1415555{agent.pk:03}{number}")
            MessageFactory(interaction=talk)
    return agents


def told(row: Interaction) -> dict:
    """All that was read with a row."""
    joined = (row.channel.__dict__ | row.queue.__dict__).items()
    return {key: value for key, value in (*row.__dict__.items(), *joined) if key != "_state"}


def test_each_id_gets_its_own_rows_with_all_that_belongs_to_them(agents, django_assert_num_queries):
    ordinary = [list(map(told, tiles_of(agent.pk))) for agent in agents]
    prepared = Prepared(tiles_of)

    for _ in range(2):
        with django_assert_num_queries(2):
            assert [list(map(told, prepared(agent.pk))) for agent in agents] == ordinary


def test_its_sql_is_made_once(agents):
    made = []

    def query(agent_id: int):
        made.append(agent_id)
        return tiles_of(agent_id)

    prepared = Prepared(query)

    assert [len(prepared(agent.pk)) for agent in (*agents, *agents)] == [2, 2, 2, 2]
    assert len(made) == 1


def test_several_values_each_take_their_place(agents):
    prepared = Prepared(
        lambda agent_id, pk, address: Interaction.objects.filter(
            agent=agent_id, customer_address=address
        ).exclude(pk=pk)
    )
    first, second = tiles_of(agents[0].pk)

    assert prepared(agents[0].pk, first.pk, second.customer_address) == [second]
    assert prepared(agents[0].pk, second.pk, first.customer_address) == [first]
    assert prepared(agents[1].pk, first.pk, second.customer_address) == []


@pytest.mark.django_db(transaction=True)
def test_threads_ask_over_connections_of_their_own(agents):
    prepared = Prepared(tiles_of)

    def ask(agent) -> list[int | None]:
        try:
            return [one.agent_id for one in prepared(agent.pk)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(ask, agents * 20))

    assert asked == [[agent.pk] * 2 for agent in agents] * 20
