"""B1 I5: what happens rings, after the commit, for what is to follow - as workers would see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.services.presence import hear_heartbeat, note_silence
from agents.services.status import set_status, set_stop_new
from routing import tasks
from routing.enums import OfferState
from routing.events import MemberJoined
from routing.models import Offer
from routing.services.handover import requeue
from routing.services.interactions import end_interaction, extend_wrap_up, wrap_up
from routing.services.offers import reject_offer
from routing.services.outbound import send_text
from routing.services.parking import park
from smsdesk.lib import clock
from smsdesk.lib.events import publish
from tests.factories import AgentFactory, ChannelFactory, active_interaction, inbound_text
from tests.routing.steps import new_id, offer_to, route, rung

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def tasks_of(django_capture_on_commit_callbacks, redis_client):
    """What workers are asked for by a step, once it has committed."""

    def after(step):
        redis_client.delete("smsdesk")
        with django_capture_on_commit_callbacks(execute=True):
            step()
        return rung(redis_client)

    return after


def test_B1_a_text_that_comes_to_wait_rings_for_its_queue(channel, tasks_of):
    rings = tasks_of(lambda: inbound_text(channel, "+14155550123"))

    assert rings == [("routing.route_queue", {"queue_id": channel.queue_id})]


def test_B12_a_further_text_rings_for_nothing(channel, tasks_of):
    inbound_text(channel, "+14155550123")

    assert tasks_of(lambda: inbound_text(channel, "+14155550123")) == []


def test_C3_an_offer_rings_at_its_end(channel, tasks_of):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")

    rings = tasks_of(lambda: route(channel.queue))

    assert rings == [("routing.lapse_offer", {"offer_id": offer_to(agent).pk})]


def test_C3_a_rejection_rings_for_the_queue_and_the_agent(channel, tasks_of):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    offer = offer_to(agent)

    rings = tasks_of(lambda: reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now()))

    assert rings == [
        ("routing.route_agent", {"agent_id": agent.pk}),
        ("routing.route_queue", {"queue_id": channel.queue_id}),
        ("routing.withdraw_offers", {"agent_id": agent.pk}),
    ]


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        (
            {"status": ON_BREAK},
            lambda agent: set_status(
                agent_id=agent.pk, code=AVAILABLE, reason=StatusReason.CHOSEN, now=clock.now()
            ),
        ),
        ({"stop_new": True}, lambda agent: set_stop_new(agent_id=agent.pk, stop=False)),
        ({"present": False}, lambda agent: hear_heartbeat(agent_id=agent.pk, now=clock.now())),
    ],
    ids=["E1-available", "D10-takes-new", "N7-returned"],
)
def test_I5_an_agent_who_gained_room_pulls_the_next_text(channel, tasks_of, fields, step):
    agent = AgentFactory(queues=[channel.queue], **fields)
    inbound_text(channel, "+14155550123")
    assert route(channel.queue) == 0

    assert tasks_of(lambda: step(agent)) == [("routing.route_agent", {"agent_id": agent.pk})]
    tasks.route_agent(agent_id=agent.pk)

    assert offer_to(agent).interaction.customer_address == "+14155550123"


def test_I5_a_freed_place_pulls_the_next_text(channel, tasks_of):
    agent = AgentFactory(queues=[channel.queue], limit=1)
    old = active_interaction(agent, channel=channel)
    inbound_text(channel, "+14155550123")
    end_interaction(interaction_id=old.pk, agent_id=agent.pk, now=clock.now())

    rings = tasks_of(
        lambda: wrap_up(
            interaction_id=old.pk, agent_id=agent.pk, disposition="", note="", now=clock.now()
        )
    )
    tasks.route_agent(agent_id=agent.pk)

    assert rings == [("routing.route_agent", {"agent_id": agent.pk})]
    assert offer_to(agent).interaction.customer_address == "+14155550123"


def test_I5_a_new_member_pulls_the_next_text(channel, tasks_of):
    inbound_text(channel, "+14155550123")
    agent = AgentFactory(queues=[channel.queue])

    rings = tasks_of(lambda: publish(MemberJoined(channel.queue_id)))
    tasks.route_queue(queue_id=channel.queue_id)

    assert rings == [("routing.route_queue", {"queue_id": channel.queue_id})]
    assert offer_to(agent)


@pytest.mark.parametrize(
    "step",
    [
        lambda agent: set_status(
            agent_id=agent.pk, code=ON_BREAK, reason=StatusReason.CHOSEN, now=clock.now()
        ),
        lambda agent: note_silence(agent_id=agent.pk, now=agent.presence_due_at),
    ],
    ids=["E1-away", "N7-silent"],
)
def test_N7_offers_of_an_agent_who_left_go_on_to_the_next(channel, tasks_of, step):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    second = AgentFactory(queues=[channel.queue])

    assert tasks_of(lambda: step(agent)) == [("routing.withdraw_offers", {"agent_id": agent.pk})]
    tasks.withdraw_offers(agent_id=agent.pk)
    tasks.route_queue(queue_id=channel.queue_id)

    assert offer_to(second)
    assert Offer.objects.filter(agent=agent, state=OfferState.PENDING).count() == 0


def test_D10_stop_new_leaves_what_is_offered(channel, tasks_of):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)

    assert tasks_of(lambda: set_stop_new(agent_id=agent.pk, stop=True)) == []

    assert offer_to(agent).state == OfferState.PENDING


def test_F11_a_send_rings_for_its_message(tasks_of):
    interaction = active_interaction(AgentFactory())

    rings = tasks_of(
        lambda: send_text(
            interaction_id=interaction.pk,
            agent_id=interaction.agent_id,
            body="hi",
            client_id=new_id(),
            now=clock.now(),
        )
    )

    message = interaction.messages.get()
    assert rings == [("routing.deliver_message", {"message_id": message.pk})]


def test_H5_the_end_rings_at_zero(tasks_of):
    interaction = active_interaction(AgentFactory())

    rings = tasks_of(
        lambda: end_interaction(
            interaction_id=interaction.pk, agent_id=interaction.agent_id, now=clock.now()
        )
    )

    assert rings == [("routing.close_wrap_up", {"interaction_id": interaction.pk})]


def test_fault_8_every_doorbell_may_ring_again_late_or_for_nothing(channel):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    offer = offer_to(agent)

    tasks.lapse_offer(offer_id=offer.pk)
    tasks.withdraw_offers(agent_id=agent.pk + 1)
    tasks.close_wrap_up(interaction_id=offer.interaction_id)
    tasks.deliver_message(message_id=0)
    tasks.handle_requests()

    assert offer_to(agent) == offer


@pytest.mark.parametrize(("hours", "rings"), [(0.5, 1), (24, 0)])
def test_N4_parking_rings_at_its_time_where_that_is_soon(channel, tasks_of, hours, rings):
    agent = AgentFactory(queues=[channel.queue])
    talk = active_interaction(agent, channel=channel)
    until = clock.now() + timedelta(hours=hours)

    asked = tasks_of(
        lambda: park(interaction_id=talk.pk, agent_id=agent.pk, until=until, now=clock.now())
    )

    assert asked.count(("routing.wake_parked", {"interaction_id": talk.pk})) == rings


def test_N4_a_hand_over_rings_for_the_queue_it_waits_in(channel, tasks_of):
    agent = AgentFactory(queues=[channel.queue])
    talk = active_interaction(agent, channel=channel)

    rings = tasks_of(
        lambda: requeue(interaction_id=talk.pk, agent_id=agent.pk, note="", now=clock.now())
    )

    assert ("routing.route_queue", {"queue_id": channel.queue_id}) in rings


def test_H2_an_extended_wrap_up_rings_at_its_new_end(tasks_of):
    agent = AgentFactory()
    talk = active_interaction(agent)
    talk.queue.wrap_up_extension_seconds = 30
    talk.queue.save()
    end_interaction(interaction_id=talk.pk, agent_id=agent.pk, now=clock.now())

    rings = tasks_of(
        lambda: extend_wrap_up(interaction_id=talk.pk, agent_id=agent.pk, now=clock.now())
    )

    assert rings == [("routing.close_wrap_up", {"interaction_id": talk.pk})]
