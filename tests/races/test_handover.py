"""N4: handing over, parking and waking race everything else; nothing is lost, nobody overfull."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from agents.models import Agent
from routing.enums import Author, EventKind, InteractionState, MessageState, OfferState
from routing.models import Event, Interaction, Message, Offer
from routing.services.assignment import route_waiting
from routing.services.handover import (
    HandOverRefused,
    requeue,
    transfer_to_agent,
    transfer_to_queue,
)
from routing.services.interactions import AlreadyEnded, NotYours, end_interaction
from routing.services.offers import OfferGone, accept_offer
from routing.services.outbound import TextRefused, retry_message
from routing.services.parking import ParkRefused, park, resume, wake_if_due
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    MessageFactory,
    QueueFactory,
    active_interaction,
    inbound_text,
)
from tests.races.together import audit, call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

SAID = (HandOverRefused, ParkRefused, NotYours, AlreadyEnded, OfferGone, TextRefused)


@pytest.fixture
def giver(channel):
    return AgentFactory(queues=[channel.queue], limit=12)


@pytest.fixture
def colleague():
    return AgentFactory(limit=12)


def hand_to(talk, agent, colleague):
    return call(
        transfer_to_agent,
        interaction_id=talk.pk,
        agent_id=agent.pk,
        to_agent_id=colleague.pk,
        note="",
        now=clock.now(),
    )


def hand_back(talk, agent):
    return call(requeue, interaction_id=talk.pk, agent_id=agent.pk, note="", now=clock.now())


def put_aside(talk, agent, until):
    early = until - timedelta(seconds=1)
    park(interaction_id=talk.pk, agent_id=agent.pk, until=until, now=early)


def in_either_order(run, *steps):
    """Results in the order of ``steps``, whichever of the two was begun first."""
    results = together(*(steps if run % 2 else reversed(steps)))
    assert errors(results, *SAID) == []
    return results if run % 2 else results[::-1]


def test_N4_a_transfer_races_the_end_and_one_wins(channel, giver, colleague):
    for run in range(20):
        talk = active_interaction(giver, channel=channel)
        ending = call(end_interaction, interaction_id=talk.pk, agent_id=giver.pk, now=clock.now())

        moved, ended = in_either_order(run, hand_to(talk, giver, colleague), ending)

        talk.refresh_from_db()
        giver.refresh_from_db()
        colleague.refresh_from_db()
        if moved is None:
            assert isinstance(ended, NotYours)
            assert (talk.state, giver.load, colleague.load) == ("OFFERED", 0, 1)
            accept_offer(offer_id=talk.offers.get().pk, agent_id=colleague.pk, now=clock.now())
        else:
            assert isinstance(moved, HandOverRefused)
            assert (talk.state, giver.load, colleague.load) == ("WRAP_UP", 1, 0)
        finish(colleague if moved is None else giver, talk)


def test_N4_a_transfer_races_the_customers_text_and_the_text_goes_along(channel, giver, colleague):
    for run in range(20):
        talk = active_interaction(giver, channel=channel)
        text = call(inbound_text, channel, talk.customer_address)

        moved, _ = in_either_order(run, hand_to(talk, giver, colleague), text)

        assert moved is None
        assert Message.objects.get(interaction__customer_address=talk.customer_address)
        talk.refresh_from_db()
        assert (talk.state, talk.unanswered) == (InteractionState.OFFERED, 1)
        accept_offer(offer_id=talk.offers.get().pk, agent_id=colleague.pk, now=clock.now())
        finish(colleague, talk)


def test_N4_twenty_transfers_of_one_conversation_move_it_once(channel, giver):
    colleagues = AgentFactory.create_batch(10, limit=1)
    elsewhere = QueueFactory()
    for _ in range(3):
        talk = active_interaction(giver, channel=channel)
        aside = call(
            transfer_to_queue,
            interaction_id=talk.pk,
            agent_id=giver.pk,
            queue_id=elsewhere.pk,
            note="",
            now=clock.now(),
        )

        results = together(
            *(hand_to(talk, giver, one) for one in colleagues),
            *[aside] * 5,
            *[hand_back(talk, giver)] * 5,
        )

        assert errors(results, *SAID) == []
        assert results.count(None) == 1
        moves = talk.events.filter(kind__in=[EventKind.TRANSFERRED, EventKind.REQUEUED])
        assert moves.count() == 1
        Offer.objects.filter(interaction=talk).delete()
        talk.delete()
        Agent.objects.update(load=0)


def test_N4_twenty_givers_against_a_colleagues_last_place_give_one_offer(channel):
    colleague = AgentFactory(limit=1)
    givers = AgentFactory.create_batch(20, limit=1)
    talks = [active_interaction(giver, channel=channel) for giver in givers]

    with audit():
        results = together(*(hand_to(talk, talk.agent, colleague) for talk in talks))

    assert errors(results, HandOverRefused) == []
    assert results.count(None) == 1
    colleague.refresh_from_db()
    assert colleague.load == 1
    assert Interaction.objects.filter(state=InteractionState.ACTIVE).count() == 19


def test_N4_transfers_race_accepts_and_routing_and_places_hold(channel):
    agents = AgentFactory.create_batch(10, queues=[channel.queue], limit=2)
    for agent in agents:
        active_interaction(agent, channel=channel)

    def pass_on(agent, to):
        for _ in range(6):
            for talk in Interaction.objects.filter(agent=agent, state=InteractionState.ACTIVE):
                try:
                    hand_to(talk, agent, to)()
                except HandOverRefused:
                    hand_back(talk, agent)()
            for offer in Offer.objects.filter(agent=agent, state=OfferState.PENDING):
                accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    def route_often():
        for _ in range(10):
            route_waiting(queue_ids=[channel.queue_id], now=clock.now())

    with audit():
        results = together(
            *(call(pass_on, one, agents[place - 1]) for place, one in enumerate(agents)),
            *[route_often] * 10,
        )

    assert errors(results, *SAID) == []
    assert Interaction.objects.exclude(state=InteractionState.CLOSED).count() == 10


@pytest.mark.parametrize("by_text", [False, True], ids=["time", "text"])
def test_N4_waking_races_resuming_and_one_wins(channel, giver, by_text):
    for run in range(20):
        talk = active_interaction(giver, channel=channel)
        until = clock.now()
        put_aside(talk, giver, until)
        up = call(resume, interaction_id=talk.pk, agent_id=giver.pk, now=clock.now())
        waking = (
            call(inbound_text, channel, talk.customer_address)
            if by_text
            else call(wake_if_due, interaction_id=talk.pk, now=until)
        )

        resumed, _ = in_either_order(run, up, waking)

        talk.refresh_from_db()
        giver.refresh_from_db()
        assert giver.load == 1
        assert talk.state == ("ACTIVE" if resumed is None else "OFFERED")
        assert talk.events.filter(kind=EventKind.RESUMED).count() == 1
        if resumed is not None:
            accept_offer(offer_id=talk.offers.get().pk, agent_id=giver.pk, now=clock.now())
        finish(giver, talk)


def test_N4_twenty_resumes_against_one_free_place_give_one_winner(channel, giver):
    talks = [active_interaction(giver, channel=channel) for _ in range(10)]
    for talk in talks:
        put_aside(talk, giver, clock.now() + timedelta(hours=1))
    Agent.objects.filter(pk=giver.pk).update(limit=F("load") + 1)

    with audit():
        results = together(
            *(
                call(resume, interaction_id=talk.pk, agent_id=giver.pk, now=clock.now())
                for talk in talks * 2
            )
        )

    assert errors(results, ParkRefused) == []
    assert results.count(None) == 1
    giver.refresh_from_db()
    assert giver.load == 1


def test_N4_twenty_wakings_of_one_conversation_make_one_offer(channel, giver):
    for _ in range(3):
        talk = active_interaction(giver, channel=channel)
        until = clock.now()
        put_aside(talk, giver, until)

        results = together(*[call(wake_if_due, interaction_id=talk.pk, now=until)] * 20)

        assert errors(results) == []
        assert results.count(True) == 1
        accept_offer(offer_id=talk.offers.get().pk, agent_id=giver.pk, now=clock.now())
        finish(giver, talk)


def test_N4_a_retry_never_sends_in_the_conversation_of_who_took_it_over(channel, giver, colleague):
    for run in range(20):
        talk = active_interaction(giver, channel=channel)
        old = MessageFactory(
            interaction=talk,
            author=Author.AGENT,
            agent=giver,
            state=MessageState.FAILED,
            failure="The phone is switched off.",
        )
        again = call(
            retry_message,
            message_id=old.pk,
            agent_id=giver.pk,
            client_id=uuid.uuid4(),
            now=clock.now(),
        )

        in_either_order(run, call(change_hands, talk, giver, colleague), again)

        after = Event.objects.filter(interaction=talk, kind=EventKind.TRANSFERRED).get()
        sent = Event.objects.filter(interaction=talk, kind=EventKind.ANSWERED, agent=giver)
        assert not sent.filter(pk__gt=after.pk).exists()
        finish(colleague, talk)


@transaction.atomic
def change_hands(talk, giver, colleague):
    """Hand over and accept in one moment, as two quick people do."""
    hand_to(talk, giver, colleague)()
    offer = talk.offers.get(state=OfferState.PENDING)
    accept_offer(offer_id=offer.pk, agent_id=colleague.pk, now=clock.now())
