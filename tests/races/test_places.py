"""I3: nobody holds more than their limit, at any instant, whatever races (D1-D5, fault 26)."""

from __future__ import annotations

import pytest
from django.db.models import F, Sum

from agents.models import Agent
from routing.enums import InteractionState, OfferState
from routing.models import Interaction, Offer
from routing.services.assignment import route_waiting
from routing.services.interactions import end_interaction, wrap_up
from routing.services.offers import OfferGone, accept_offer, withdraw_offers
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, InteractionFactory
from tests.races.together import audit, call, errors, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def route(queue_id: int) -> int:
    return route_waiting(queue_ids=[queue_id], now=clock.now())


def test_D1_I3_twenty_threads_against_one_free_place_give_one_winner():
    channels = ChannelFactory.create_batch(20)
    agent = AgentFactory(queues=[channel.queue for channel in channels], limit=3, load=0)
    for _ in range(5):
        for channel in channels:
            InteractionFactory(channel=channel)
        Agent.objects.filter(pk=agent.pk).update(limit=F("load") + 1)

        made = together(*(call(route, channel.queue_id) for channel in channels))

        assert errors(made) == []
        assert sorted(made) == [0] * 19 + [1]
        agent.refresh_from_db()
        assert agent.load == Offer.objects.filter(state=OfferState.PENDING).count()


def test_D1_I3_twenty_threads_in_one_queue_give_one_winner(channel):
    agent = AgentFactory(queues=[channel.queue], limit=1)
    InteractionFactory.create_batch(20, channel=channel)

    made = together(*[call(route, channel.queue_id)] * 20)

    assert errors(made) == []
    assert sum(made) == 1
    agent.refresh_from_db()
    assert agent.load == 1


def test_I3_fault_26_eight_routers_fill_twenty_agents_and_nobody_over_the_limit():
    channels = ChannelFactory.create_batch(4)
    queues = [channel.queue for channel in channels]
    for place in range(20):
        # Each serves two queues, so that routers of different queues meet at an agent.
        AgentFactory(queues=[queues[place % 4], queues[(place + 1) % 4]], limit=1 + place % 6)
    for channel in channels:
        InteractionFactory.create_batch(100, channel=channel)

    with audit():
        made = together(*(call(route, queues[place % 4].pk) for place in range(8)))

    assert errors(made) == []
    # A router may leave early what another has locked; the sweeper's pass finds the rest.
    made.append(route_waiting(queue_ids=[queue.pk for queue in queues], now=clock.now()))
    capacity = sum(1 + place % 6 for place in range(20))
    assert sum(made) == capacity
    assert Agent.objects.aggregate(load=Sum("load"))["load"] == capacity
    assert Interaction.objects.filter(state=InteractionState.QUEUED).count() == 400 - capacity


def test_I3_routers_race_agents_who_accept_end_and_wrap_up(channel):
    agents = AgentFactory.create_batch(6, queues=[channel.queue], limit=2)
    InteractionFactory.create_batch(120, channel=channel)

    def work(agent: Agent) -> None:
        for _ in range(10):
            for offer in Offer.objects.filter(agent=agent, state=OfferState.PENDING):
                accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
            for one in Interaction.objects.filter(agent=agent, state=InteractionState.ACTIVE):
                end_interaction(interaction_id=one.pk, agent_id=agent.pk, now=clock.now())
                wrap_up(
                    interaction_id=one.pk,
                    agent_id=agent.pk,
                    disposition="",
                    note="",
                    now=clock.now(),
                )

    def route_often() -> None:
        for _ in range(15):
            route(channel.queue_id)

    with audit():
        results = together(*(call(work, agent) for agent in agents), *[route_often] * 4)

    assert errors(results) == []


def test_I3_a_limit_lowered_while_offers_are_made_holds_from_then_on(channel):
    """Fault 27: who is over a lowered limit keeps what they hold, and gets nothing more."""
    for _ in range(10):
        agent = AgentFactory(queues=[channel.queue], limit=6)
        InteractionFactory.create_batch(6, channel=channel)

        made, _ = together(
            call(route, channel.queue_id),
            call(Agent.objects.filter(pk=agent.pk).update, limit=2),
        )

        agent.refresh_from_db()
        held = agent.load
        assert held == made
        assert route(channel.queue_id) == max(0, 2 - held)
        withdraw_offers(agent_id=agent.pk, now=clock.now())
        Agent.objects.filter(pk=agent.pk).update(stop_new=True)
        Interaction.objects.filter(state=InteractionState.QUEUED).delete()


def test_I2_I3_an_agent_who_leaves_while_texts_are_routed_keeps_no_offer(channel):
    for _ in range(20):
        agent = AgentFactory(queues=[channel.queue], limit=2)
        interaction = InteractionFactory(channel=channel)

        def leave(agent_id: int = agent.pk) -> None:
            Agent.objects.filter(pk=agent_id).update(present=False)
            withdraw_offers(agent_id=agent_id, now=clock.now())

        results = together(call(route, channel.queue_id), leave)
        assert errors(results, OfferGone) == []
        # Made just before the agent left and just after we looked: the sweeper withdraws it.
        withdraw_offers(agent_id=agent.pk, now=clock.now())

        agent.refresh_from_db()
        interaction.refresh_from_db()
        assert agent.load == 0
        assert interaction.state == InteractionState.QUEUED
