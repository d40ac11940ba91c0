"""E4 F1 F9 H13: what is read of conversations, present and past."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.enums import InteractionState
from routing.selectors.strip import tiles_of
from routing.selectors.threads import past_of, thread_of
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
)
from tests.routing.steps import close, end, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


def test_E4_conversations_of_one_agent_are_each_in_a_state_of_their_own(agent):
    first, second, third = (active_interaction(agent) for _ in range(3))
    end(second)
    end(third)
    close(third)

    assert [(one, one.state) for one in tiles_of(agent.pk)] == [
        (first, InteractionState.ACTIVE),
        (second, InteractionState.WRAP_UP),
    ]
    assert fresh(agent).load == 2


def test_H13_the_last_ten_conversations_of_the_number_are_shown_oldest_first(agent):
    channel = ChannelFactory()
    address = "+14155550123"
    past = [
        InteractionFactory(
            channel=channel, customer_address=address, state=InteractionState.CLOSED, agent=agent
        )
        for _ in range(11)
    ]
    InteractionFactory(state=InteractionState.CLOSED)
    present = active_interaction(agent, channel=channel, customer_address=address)

    assert past_of(present) == (past[1:], True)
    assert past_of(present, before=past[1].pk) == (past[:1], False)


def test_F9_other_conversations_come_with_their_counts_in_one_query(
    agent, django_assert_num_queries
):
    channel = ChannelFactory()
    for messages in (0, 1, 12):
        old = InteractionFactory(
            channel=channel, customer_address="+1646", state=InteractionState.CLOSED, agent=agent
        )
        MessageFactory.create_batch(messages, interaction=old)
    present = active_interaction(agent, channel=channel, customer_address="+1646")

    with django_assert_num_queries(1):
        counts = [one.messages_count for one in past_of(present)[0]]

    assert counts == [0, 1, 12]


def test_F9_a_thread_is_in_the_order_of_its_messages(interaction):
    now = clock.now()
    late = MessageFactory(interaction=interaction, created_at=now)
    early = MessageFactory(interaction=interaction, created_at=now - timedelta(minutes=1))
    same = MessageFactory(interaction=interaction, created_at=now)

    assert list(thread_of(interaction.pk)) == [early, late, same]


def test_F1_the_strip_has_the_oldest_accepted_on_top(agent):
    now = clock.now()
    second = active_interaction(agent, accepted_at=now)
    first = active_interaction(agent, accepted_at=now - timedelta(minutes=1))
    active_interaction(AgentFactory())

    assert list(tiles_of(agent.pk)) == [first, second]
