"""H11 H12: a conversation that is silent ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import ChatLog
from routing.enums import EndedBy, EventKind, InteractionState
from routing.services.interactions import close_if_wrap_up_is_over, end_if_inactive
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import fresh, life_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


def test_H12_a_silent_conversation_ends_at_its_time_and_keeps_the_log(interaction, agent):
    MessageFactory(interaction=interaction, body="hello?")
    due = interaction.inactivity_due_at

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is True

    interaction = fresh(interaction)
    assert (interaction.state, interaction.ended_by) == (InteractionState.WRAP_UP, EndedBy.TIMER)
    assert "hello?" in ChatLog.objects.get(interaction=interaction).transcript
    assert fresh(agent).load == 1


def test_H12_a_silent_conversation_is_closed_by_the_countdown(interaction, agent):
    end_if_inactive(interaction_id=interaction.pk, now=interaction.inactivity_due_at)
    due = fresh(interaction).wrap_up_due_at

    close_if_wrap_up_is_over(interaction_id=interaction.pk, now=due)

    assert (fresh(interaction).state, fresh(agent).load) == (InteractionState.CLOSED, 0)


def test_H11_a_text_meanwhile_keeps_the_conversation(interaction):
    due = interaction.inactivity_due_at
    inbound_text(interaction.channel, interaction.customer_address, now=due - timedelta(seconds=1))

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is False

    assert fresh(interaction).state == InteractionState.ACTIVE


def test_H12_the_timer_that_fires_twice_ends_once(interaction):
    due = interaction.inactivity_due_at
    end_if_inactive(interaction_id=interaction.pk, now=due)

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is False

    assert life_line(interaction).count(EventKind.ENDED) == 1


def test_H12_a_channel_without_the_timer_never_ends_by_itself(agent):
    interaction = active_interaction(agent, channel=ChannelFactory(ends_when_inactive=False))

    far = clock.now() + timedelta(days=365)
    assert end_if_inactive(interaction_id=interaction.pk, now=far) is False
