"""I2: agents who text first race one another, the customer's text and the router."""

from __future__ import annotations

import uuid

import pytest

from agents.models import Agent
from routing.enums import InteractionState
from routing.models import Interaction, Message
from routing.services.assignment import route_waiting
from routing.services.initiate import start_conversation
from routing.services.offers import OfferGone, accept_offer
from routing.services.outbound import TextRefused
from smsdesk.lib import clock
from tests.factories import AgentFactory, inbound_text
from tests.races.together import call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def text(agent, channel, number, click=None):
    return call(
        start_conversation,
        channel_id=channel.pk,
        agent_id=agent.pk,
        number=number,
        body="hello",
        client_id=click or uuid.uuid4(),
        now=clock.now(),
    )


def loads() -> list[int]:
    return list(Agent.objects.order_by("pk").values_list("load", flat=True))


def test_I2_two_agents_text_a_new_number_at_once_and_one_has_it(channel):
    agents = AgentFactory.create_batch(2, queues=[channel.queue])
    for run in range(30):
        number = f"+1415560{run:04}"

        results = together(*(text(agent, channel, number) for agent in agents))

        assert errors(results, TextRefused) == []
        (lost,) = [str(one) for one in results if isinstance(one, TextRefused)]
        assert "in a conversation with this number" in lost
        interaction = Interaction.objects.get(customer_address=number)
        assert Message.objects.get(interaction=interaction).agent_id == interaction.agent_id
        assert sum(loads()) == 1
        finish(interaction.agent, interaction)


def test_I2_an_agent_texts_a_number_whose_text_comes_in_and_one_conversation_has_both(channel):
    agent = AgentFactory(queues=[channel.queue])
    for run in range(30):
        number = f"+1415561{run:04}"
        steps = [text(agent, channel, number), call(inbound_text, channel, number, "hello?")]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results) == []
        interaction = Interaction.objects.get(customer_address=number)
        assert (interaction.state, interaction.agent) == (InteractionState.ACTIVE, agent)
        assert interaction.messages.count() == 2
        assert loads() == [1]
        finish(agent, interaction)


def test_I2_an_agent_texts_a_number_that_is_being_offered_and_it_has_one_owner(channel):
    agents = AgentFactory.create_batch(2, queues=[channel.queue])
    for run in range(30):
        number = f"+1415562{run:04}"
        inbound_text(channel, number)

        results = together(
            text(agents[run % 2], channel, number),
            call(route_waiting, queue_ids=[channel.queue_id], now=clock.now()),
            call(route_waiting, queue_ids=[channel.queue_id], now=clock.now()),
        )

        assert errors(results, TextRefused) == []
        interaction = Interaction.objects.get(customer_address=number)
        assert sum(loads()) == 1
        if interaction.state == InteractionState.OFFERED:
            offer = interaction.offers.get()
            accept_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=clock.now())
            interaction.refresh_from_db()
        assert interaction.state == InteractionState.ACTIVE
        finish(interaction.agent, interaction)


def test_I2_an_agent_texts_a_number_and_accepts_its_offer_in_another_tab(channel):
    agent = AgentFactory(queues=[channel.queue])
    for run in range(20):
        number = f"+1415563{run:04}"
        inbound_text(channel, number)
        route_waiting(queue_ids=[channel.queue_id], now=clock.now())
        interaction = Interaction.objects.get(customer_address=number)
        accept = call(
            accept_offer,
            offer_id=interaction.offers.get().pk,
            agent_id=agent.pk,
            now=clock.now(),
        )

        results = together(text(agent, channel, number), accept)

        assert errors(results, OfferGone) == []
        interaction.refresh_from_db()
        assert (interaction.state, interaction.agent) == (InteractionState.ACTIVE, agent)
        assert loads() == [1]
        finish(agent, interaction)


def test_I2_one_click_heard_four_times_at_once_begins_one_conversation(channel):
    agent = AgentFactory(queues=[channel.queue])
    for run in range(10):
        number, click = f"+1415564{run:04}", uuid.uuid4()

        results = together(*[text(agent, channel, number, click)] * 4)

        assert errors(results) == []
        assert len({message.pk for message in results}) == 1
        interaction = Interaction.objects.get(customer_address=number)
        assert loads() == [1]
        finish(agent, interaction)


def test_D2_two_new_texts_for_one_place_that_is_left_take_it_once(channel):
    agent = AgentFactory(queues=[channel.queue], limit=1)
    for run in range(20):
        numbers = [f"+1415565{run:03}{place}" for place in range(2)]

        results = together(*(text(agent, channel, number) for number in numbers))

        assert errors(results, TextRefused) == []
        (lost,) = [str(one) for one in results if isinstance(one, TextRefused)]
        assert lost.startswith("You hold 1 of 1 conversations.")
        interaction = Interaction.objects.get(state=InteractionState.ACTIVE)
        assert loads() == [1]
        finish(agent, interaction)
