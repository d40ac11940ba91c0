"""N4: a conversation is parked until a time, and comes back by it, by its agent, or by a text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from routing import sweeper
from routing.enums import EventKind, InteractionState
from routing.models import Interaction, Message
from routing.services.initiate import start_conversation
from routing.services.interactions import NotYours, end_if_inactive, end_interaction
from routing.services.offers import accept_offer, reject_offer
from routing.services.outbound import TextRefused, send_text
from routing.services.parking import ParkRefused, park, resume, wake_if_due
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, active_interaction, inbound_text
from tests.routing.steps import life_line, new_id, offer_to, route

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue])


@pytest.fixture
def talk(agent, channel):
    talk = active_interaction(agent, channel=channel)
    Interaction.objects.filter(pk=talk.pk).update(draft="half a sen", response_due_at=clock.now())
    return fresh(talk)


@pytest.fixture
def parked(talk):
    put_aside(talk)
    return fresh(talk)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def put_aside(talk, until=None, *, by=None, now=None):
    now = now or clock.now()
    park(
        interaction_id=talk.pk,
        agent_id=(by or talk.agent).pk,
        until=until or now + HOUR,
        now=now,
    )


def take_up(talk, *, by=None, now=None):
    resume(interaction_id=talk.pk, agent_id=(by or talk.agent).pk, now=now or clock.now())


def test_N4_parked_it_stays_the_agents_and_its_place_is_free(talk, agent):
    now = clock.now()

    put_aside(talk, now + HOUR, now=now)

    parked = fresh(talk)
    assert (parked.state, parked.agent, parked.parked_until) == ("PARKED", agent, now + HOUR)
    assert (parked.inactivity_due_at, parked.response_due_at) == (None, None)
    assert parked.draft == "half a sen"
    assert fresh(agent).load == 0
    event = talk.events.get(kind=EventKind.PARKED)
    assert (event.state, event.detail) == ("PARKED", {"until": (now + HOUR).isoformat()})


def test_N4_a_parked_conversation_ends_for_no_silence(parked):
    assert not end_if_inactive(interaction_id=parked.pk, now=clock.now() + timedelta(days=9))


def test_N4_resumed_it_takes_a_place_and_its_silence_counts_anew(parked, agent):
    now = clock.now()

    take_up(parked, now=now)

    back = fresh(parked)
    assert (back.state, back.agent, back.parked_until) == ("ACTIVE", agent, None)
    assert back.inactivity_due_at == now + timedelta(minutes=120)
    assert back.accepted_at == parked.accepted_at
    assert fresh(agent).load == 1
    assert parked.events.get(kind=EventKind.RESUMED).detail == {"by": "agent"}


def test_N4_without_a_free_place_it_stays_parked_and_says_so(parked, agent):
    Agent.objects.filter(pk=agent.pk).update(limit=2, load=2)

    with pytest.raises(ParkRefused) as refusal:
        take_up(parked)

    assert str(refusal.value) == (
        "You have 2 of 2 conversations. End, hand over or park one first; this one stays parked."
    )
    assert fresh(parked).state == InteractionState.PARKED
    assert fresh(agent).load == 2


@pytest.mark.parametrize("looks", [True, False], ids=["task", "sweep"])
def test_N4_at_its_time_it_is_offered_to_who_parked_it(parked, agent, looks):
    AgentFactory(queues=[parked.queue])  # idle for longer, but it did not park it
    now = clock.now()
    Interaction.objects.update(parked_until=now)

    if looks:
        assert wake_if_due(interaction_id=parked.pk, now=now) is True
    else:
        sweeper.sweep()

    offer = offer_to(agent)
    assert offer.interaction == parked
    assert offer.receipt["why"] == "parked by this agent, and its time has come"
    assert (fresh(parked).state, fresh(parked).agent) == ("OFFERED", None)
    assert parked.events.get(kind=EventKind.RESUMED).detail == {"by": "time"}
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    assert fresh(parked).draft == "half a sen"


def test_N4_it_does_not_wake_before_its_time_nor_twice(parked, agent):
    early = parked.parked_until - timedelta(microseconds=1)
    assert wake_if_due(interaction_id=parked.pk, now=early) is False
    assert fresh(parked).state == InteractionState.PARKED

    assert wake_if_due(interaction_id=parked.pk, now=parked.parked_until) is True
    assert wake_if_due(interaction_id=parked.pk, now=parked.parked_until) is False

    assert parked.offers.count() == 1
    assert fresh(agent).load == 1


def test_N4_a_text_wakes_it_and_is_appended(parked, agent):
    inbound_text(parked.channel, parked.customer_address, "Here is the number")

    assert Message.objects.get().interaction == parked
    offer = offer_to(agent)
    assert offer.receipt["why"] == "parked by this agent, and the customer has written"
    assert fresh(parked).unanswered == 1
    assert parked.events.get(kind=EventKind.RESUMED).detail == {"by": "text"}


@pytest.mark.parametrize(
    "fields", [{"present": False}, {"stop_new": True}, {"limit": 1, "load": 1}]
)
def test_N4_where_who_parked_it_cannot_take_it_anybody_may(parked, agent, fields):
    Agent.objects.filter(pk=agent.pk).update(**fields)
    other = AgentFactory(queues=[parked.queue])

    inbound_text(parked.channel, parked.customer_address)

    assert fresh(parked).state == InteractionState.QUEUED
    route(parked.queue)
    accept_offer(offer_id=offer_to(other).pk, agent_id=other.pk, now=clock.now())
    assert fresh(parked).draft == ""


def test_N4_N6_what_was_not_sent_waits_for_who_parked_it_and_was_away(parked, agent):
    Agent.objects.filter(pk=agent.pk).update(present=False)
    inbound_text(parked.channel, parked.customer_address)
    Agent.objects.filter(pk=agent.pk).update(present=True)

    route(parked.queue)
    accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())

    assert fresh(parked).draft == "half a sen"


def test_N4_N6_who_texts_first_where_a_colleague_had_parked_does_not_see_the_draft(parked, agent):
    Agent.objects.filter(pk=agent.pk).update(present=False)
    inbound_text(parked.channel, parked.customer_address)
    other = AgentFactory(queues=[parked.queue], may_initiate=True)

    start_conversation(
        agent_id=other.pk,
        channel_id=parked.channel_id,
        number=parked.customer_address,
        body="Hello",
        client_id=new_id(),
        now=clock.now(),
    )

    assert (fresh(parked).agent, fresh(parked).draft) == (other, "")


def test_N4_rejected_by_who_parked_it_anybody_may_without_the_draft(parked, agent):
    wake_if_due(interaction_id=parked.pk, now=parked.parked_until)
    other = AgentFactory(queues=[parked.queue])

    reject_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())

    route(parked.queue)
    accept_offer(offer_id=offer_to(other).pk, agent_id=other.pk, now=clock.now())
    assert fresh(parked).draft == ""


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (timedelta(0), "This time is over already. Choose one that is still to come."),
        (timedelta(days=-1), "This time is over already. Choose one that is still to come."),
        (timedelta(days=30, seconds=1), "Choose a time within the next 30 days."),
    ],
)
def test_N4_a_time_that_is_no_good_is_refused(talk, agent, until, sentence):
    now = clock.now()

    with pytest.raises(ParkRefused) as refusal:
        put_aside(talk, now + until, now=now)

    assert str(refusal.value) == sentence
    assert (fresh(talk).state, fresh(agent).load) == (InteractionState.ACTIVE, 1)


def test_N4_only_ones_own_conversations_are_parked_and_resumed(talk):
    stranger = AgentFactory()

    with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
        put_aside(talk, by=stranger)
    put_aside(talk)
    with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
        take_up(talk, by=stranger)

    assert life_line(talk)[-1] == EventKind.PARKED


def test_N4_what_is_parked_ended_or_not_parked_says_so(talk):
    with pytest.raises(ParkRefused, match=r"^This conversation is not parked any more\.$"):
        take_up(talk)
    put_aside(talk)
    with pytest.raises(ParkRefused, match=r"^This conversation is parked already\.$"):
        put_aside(talk)
    take_up(talk)
    end_interaction(interaction_id=talk.pk, agent_id=talk.agent_id, now=clock.now())

    with pytest.raises(
        ParkRefused, match=r"^This conversation has ended; there is nothing to park\.$"
    ):
        put_aside(talk)


@pytest.mark.parametrize("unanswered", [0, 2])
def test_N4_F4_a_parked_conversation_owes_an_answer_from_the_text_that_wakes_it(
    talk, channel, unanswered
):
    channel.queue.next_response_seconds = 60
    channel.queue.save()
    Interaction.objects.filter(pk=talk.pk).update(unanswered=unanswered)
    put_aside(talk)
    now = clock.now()

    inbound_text(channel, talk.customer_address, now=now)

    assert fresh(talk).response_due_at == now + timedelta(seconds=60)


def test_N4_nothing_is_sent_in_a_parked_conversation(parked, agent):
    with pytest.raises(TextRefused, match=r"^This conversation is parked\. Resume it"):
        send_text(
            interaction_id=parked.pk,
            agent_id=agent.pk,
            body="hi",
            client_id=new_id(),
            now=clock.now(),
        )

    assert not Message.objects.exists()


def start_text(talk, agent):
    return start_conversation(
        channel_id=talk.channel_id,
        agent_id=agent.pk,
        number=talk.customer_address,
        body="One more thing",
        client_id=new_id(),
        now=clock.now(),
    )


def test_N4_I2_a_new_text_to_ones_own_parked_customer_resumes_it_and_takes_a_place(parked, agent):
    message = start_text(parked, agent)

    assert message.interaction == parked
    assert (fresh(parked).state, fresh(parked).parked_until) == (InteractionState.ACTIVE, None)
    assert fresh(agent).load == 1


def test_N4_I2_a_new_text_to_a_parked_customer_needs_a_place(parked, agent):
    Agent.objects.filter(pk=agent.pk).update(limit=1, load=1)

    with pytest.raises(TextRefused, match=r"; this one stays parked\."):
        start_text(parked, agent)

    assert fresh(parked).state == InteractionState.PARKED
