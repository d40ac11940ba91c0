"""B10 B2: a quick reply goes first to the same agent where the queue says so; a level is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents.models import Agent
from routing.models import Interaction
from routing.services.interactions import end_interaction, wrap_up
from routing.services.offers import lapse_offer
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REPLY = NOON + timedelta(minutes=29)


@pytest.fixture
def queue():
    return QueueFactory(sticky_minutes=30)


@pytest.fixture
def channel(queue):
    return ChannelFactory(queue=queue)


@pytest.fixture
def anna(queue, channel):
    """Talked with the customer until noon, and has been busy since."""
    anna = AgentFactory(name="Anna", queues=[queue])
    talk = active_interaction(
        anna, channel=channel, customer_address=CUSTOMER, accepted_at=NOON - timedelta(hours=1)
    )
    end_interaction(interaction_id=talk.pk, agent_id=anna.pk, now=NOON)
    wrap_up(interaction_id=talk.pk, agent_id=anna.pk, disposition="", note="", now=NOON)
    Agent.objects.filter(pk=anna.pk).update(idle_since=REPLY)
    return anna


@pytest.fixture
def ben(queue, anna):
    """Would be first: idle for longest."""
    ben = AgentFactory(name="Ben", queues=[queue])
    Agent.objects.filter(pk=ben.pk).update(idle_since=NOON - timedelta(days=1))
    return ben


def reply(channel, now=REPLY) -> Interaction:
    inbound_text(channel, CUSTOMER, "one more thing", now=now)
    route(channel.queue, now=now)
    return Interaction.objects.latest("pk")


def test_B10_N8_a_quick_reply_goes_to_the_same_agent_and_the_receipt_says_so(channel, anna, ben):
    reply(channel)

    receipt = offer_to(anna).receipt
    assert receipt["why"].startswith("talked with this customer last: idle for 0:00")
    assert receipt["others"] == [
        {"id": ben.pk, "name": "Ben", "why_not": "is not who talked with this customer last"}
    ]


def test_B10_a_reply_after_the_window_goes_to_whoever_is_best(channel, anna, ben):
    reply(channel, now=NOON + timedelta(minutes=31))

    assert offer_to(ben)


def test_B10_by_default_no_queue_is_sticky(channel, anna, ben):
    channel.queue.sticky_minutes = QueueFactory().sticky_minutes
    channel.queue.save()

    reply(channel)

    assert offer_to(ben)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"present": False}, "has no open desk"),
        ({"stop_new": True}, "takes nothing new"),
        ({"load": 6}, "has 6 of 6 conversations"),
    ],
)
def test_B10_N8_who_cannot_take_it_is_passed_over_at_once_and_named(
    channel, anna, ben, change, why
):
    Agent.objects.filter(pk=anna.pk).update(**change)

    reply(channel)

    assert offer_to(ben).receipt["others"] == [
        {"id": anna.pk, "name": "Anna", "why_not": f"talked with this customer last, but {why}"}
    ]
    Agent.objects.filter(pk=anna.pk).update(load=0)


def test_B10_not_taken_in_the_acceptance_interval_it_goes_to_anybody(channel, anna, ben):
    reply(channel)
    offer = offer_to(anna)

    lapse_offer(offer_id=offer.pk, now=offer.expires_at)
    route(channel.queue, now=offer.expires_at)

    assert offer_to(ben)


def test_B10_N8_who_has_left_the_queue_is_told(channel, anna, ben):
    channel.queue.memberships.filter(agent=anna).delete()

    reply(channel)

    assert offer_to(ben).receipt["notes"] == [
        "who talked with this customer last is not in this queue"
    ]


def test_B2_a_queue_may_ask_for_a_minimum_level():
    skill = SkillFactory()
    queue = QueueFactory(skill=skill, minimum_level=4)
    channel = ChannelFactory(queue=queue)
    low = AgentFactory(queues=[queue], skills={skill: 3})
    inbound_text(channel, CUSTOMER)
    assert route(queue) == 0

    high = AgentFactory(queues=[queue], skills={skill: 4})
    route(queue)

    assert offer_to(high).receipt["others"] == [
        {"id": low.pk, "name": low.name, "why_not": "has skill level 3, and 4 is asked"}
    ]
