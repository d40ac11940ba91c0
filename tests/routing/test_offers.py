"""C1-C4, D1, H5: an offer's ways, from text to wrapped-up conversation."""

from __future__ import annotations

import pytest

from agents.enums import ON_BREAK, StatusReason
from agents.models import Agent
from routing.enums import InteractionState, OfferState
from routing.models import Offer
from routing.services.assignment import route_waiting
from routing.services.offers import (
    reject_offer,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, inbound_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return ChannelFactory()


def offer_to(agent: Agent) -> Offer:
    return Offer.objects.get(agent=agent, state=OfferState.PENDING)


def test_C1_a_text_is_offered_to_a_member_who_is_available(channel):
    agent = AgentFactory(queues=[channel.queue])

    inbound_text(channel, "+14155550123")
    made = route_waiting(queue_ids=[channel.queue_id], now=clock.now())

    assert made == 1
    offer = offer_to(agent)
    assert offer.interaction.call_id == "SMS+14155550123"
    assert (offer.expires_at - offer.offered_at).total_seconds() == 20
    agent.refresh_from_db()
    assert agent.load == 1


def test_C3_rejecting_sets_on_break_and_offers_to_the_next_agent(channel):
    first = AgentFactory(queues=[channel.queue])
    second = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route_waiting(queue_ids=[channel.queue_id], now=clock.now())

    reject_offer(offer_id=offer_to(first).pk, agent_id=first.pk, now=clock.now())
    route_waiting(queue_ids=[channel.queue_id], now=clock.now())

    first.refresh_from_db()
    assert first.status.name == ON_BREAK
    assert first.status_reason == StatusReason.REJECTED
    assert first.load == 0
    assert offer_to(second).interaction.state == InteractionState.OFFERED
    receipt = offer_to(second).receipt
    assert receipt["others"] == [
        {"id": first.pk, "name": first.name, "why_not": "is On Break"},
    ]
