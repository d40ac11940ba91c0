"""H1 H2 H14 N15: how a conversation is ended, and its whole life line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from cases.models import ChatLog
from routing.enums import EndedBy, EventKind, InteractionState
from routing.models import Interaction
from routing.services.interactions import AlreadyEnded, NotYours
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, active_interaction, inbound_text
from tests.routing.steps import close, end, fresh, life_line, offer_to, route

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


@pytest.fixture
def ended(interaction):
    end(interaction)
    return fresh(interaction)


def test_H1_the_agent_ends_and_the_wrap_up_timer_starts(interaction, agent):
    now = clock.now()

    end(interaction, now=now)

    interaction = fresh(interaction)
    assert (interaction.state, interaction.ended_at, interaction.ended_by) == (
        InteractionState.WRAP_UP,
        now,
        EndedBy.AGENT,
    )
    assert interaction.wrap_up_due_at == now + timedelta(seconds=60)
    assert interaction.inactivity_due_at is None
    assert fresh(agent).load == 1  # a wrap-up holds its place


def test_H2_the_wrap_up_time_is_the_queues(interaction):
    interaction.queue.wrap_up_seconds = 5
    interaction.queue.save()
    now = clock.now()

    end(interaction, now=now)

    assert fresh(interaction).wrap_up_due_at == now + timedelta(seconds=5)


def test_H1_another_agents_conversation_cannot_be_ended(interaction):
    with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
        end(interaction, agent=AgentFactory())

    assert fresh(interaction).state == InteractionState.ACTIVE
    assert ChatLog.objects.count() == 0


def test_H1_a_conversation_is_ended_once(ended):
    with pytest.raises(AlreadyEnded, match=r"^This conversation has ended already\.$"):
        end(ended)

    assert fresh(ended).ended_at == ended.ended_at
    assert life_line(ended).count(EventKind.ENDED) == 1


def test_N15_the_life_line_tells_the_whole_way_and_ends_at_the_present_state():
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    pk = accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())
    interaction = Interaction.objects.get(pk=pk)
    inbound_text(channel, "+14155550123")
    end(interaction)
    close(interaction)

    assert life_line(interaction) == [
        EventKind.RECEIVED,
        EventKind.QUEUED,
        EventKind.OFFERED,
        EventKind.ACCEPTED,
        EventKind.RECEIVED,
        EventKind.ENDED,
        EventKind.CLOSED,
    ]
    events = interaction.events.order_by("pk")
    assert [event.state for event in events if event.state] == [
        InteractionState.QUEUED,
        InteractionState.OFFERED,
        InteractionState.ACTIVE,
        InteractionState.WRAP_UP,
        InteractionState.CLOSED,
    ]
    assert fresh(interaction).state == InteractionState.CLOSED
    times = [event.at for event in events]
    assert times == sorted(times)


def test_H14_the_transcript_is_saved_with_the_end_or_the_end_is_not(interaction, settings):
    settings.CONVERSATION_LOG_HOOK = "tests.routing.steps.fail"

    with pytest.raises(RuntimeError):
        end(interaction)

    assert fresh(interaction).state == InteractionState.ACTIVE
    assert Agent.objects.get(pk=interaction.agent_id).load == 1
