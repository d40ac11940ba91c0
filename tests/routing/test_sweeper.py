"""I4 I5: the sweep finds every row whose time has come, and one row's trouble stops no other."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from agents.enums import ON_BREAK
from agents.models import Agent, StatusCode
from routing import sweeper
from routing.enums import InteractionState, MessageState, OfferState, RequestState
from routing.models import CarrierRequest, Interaction, Message, Offer
from routing.selectors import due
from routing.services import interactions
from routing.services.interactions import end_interaction
from routing.services.outbound import send_text
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import new_id, offer_to, route

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def past():
    return clock.now() - timedelta(seconds=1)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def offered(channel) -> Offer:
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    return offer_to(agent)


def ended(**fields) -> Interaction:
    agent = AgentFactory()
    interaction = active_interaction(agent, **fields)
    end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())
    return interaction


def test_C3_the_sweep_lapses_an_offer_whose_time_is_over(channel, past):
    offer = offered(channel)
    Offer.objects.update(expires_at=past)

    sweeper.sweep()

    assert fresh(offer).state == OfferState.LAPSED
    assert fresh(offer.agent).status.name == ON_BREAK


def test_H5_the_sweep_closes_a_wrap_up_at_zero(past):
    interaction = ended()
    Interaction.objects.update(wrap_up_due_at=past)

    sweeper.sweep()

    assert fresh(interaction).state == InteractionState.CLOSED


def test_H12_the_sweep_ends_a_silent_conversation(past):
    interaction = active_interaction(AgentFactory())
    Interaction.objects.update(inactivity_due_at=past)

    sweeper.sweep()

    assert fresh(interaction).state == InteractionState.WRAP_UP


def test_B7_the_sweep_releases_and_offers_a_held_text(channel, past):
    agent = AgentFactory(queues=[channel.queue])
    held = InteractionFactory(channel=channel, state=InteractionState.HELD, held_until=past)

    sweeper.sweep()

    assert offer_to(agent).interaction == held


def test_N7_the_sweep_notes_silence_and_passes_offers_on(channel, past):
    offer = offered(channel)
    Agent.objects.update(presence_due_at=past)
    second = AgentFactory(queues=[channel.queue])

    sweeper.sweep()

    assert fresh(offer.agent).present is False
    assert fresh(offer).state == OfferState.WITHDRAWN
    assert offer_to(second).interaction == offer.interaction


def test_E1_the_sweep_passes_on_offers_of_an_agent_who_went_away(channel):
    offer = offered(channel)
    Agent.objects.update(status=StatusCode.objects.get(name=ON_BREAK))

    sweeper.sweep()

    assert fresh(offer).state == OfferState.WITHDRAWN


def test_I5_the_sweep_routes_what_waits_while_somebody_has_room(channel):
    waiting = InteractionFactory(channel=channel)
    agent = AgentFactory(queues=[channel.queue])

    sweeper.sweep()

    assert offer_to(agent).interaction == waiting


def test_N15_the_sweep_handles_requests_nobody_rang_for(channel):
    request = inbound_text(channel, "+14155550123")
    Message.objects.all().delete()
    CarrierRequest.objects.update(state=RequestState.STORED, due_at=clock.now())

    sweeper.sweep()

    assert fresh(request).state == RequestState.HANDLED


def test_fault_8_the_sweep_gives_up_a_send_whose_process_died(past):
    interaction = active_interaction(AgentFactory())
    message = send_text(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        body="hi",
        client_id=new_id(),
        now=clock.now(),
    )
    Message.objects.update(state=MessageState.SENDING, due_at=past)

    sweeper.sweep()

    assert fresh(message).state == MessageState.UNKNOWN


def test_F11_queued_messages_are_left_to_the_doorbell_for_a_second():
    interaction = active_interaction(AgentFactory())
    now = clock.now()
    message = send_text(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        body="hi",
        client_id=new_id(),
        now=now,
    )

    assert due.unsent_messages(now) == []
    assert due.unsent_messages(now + timedelta(seconds=1)) == [message.pk]


def test_I4_nothing_that_is_not_due_is_touched(channel):
    offer = offered(channel)
    wrapping, talking = ended(), active_interaction(AgentFactory())
    held = InteractionFactory(
        state=InteractionState.HELD, held_until=clock.now() + timedelta(hours=1)
    )

    sweeper.sweep()

    assert fresh(offer).state == OfferState.PENDING
    assert [fresh(one).state for one in (wrapping, talking, held)] == [
        InteractionState.WRAP_UP,
        InteractionState.ACTIVE,
        InteractionState.HELD,
    ]


def test_I4_one_failing_row_does_not_keep_the_others_waiting(past, monkeypatch, caplog):
    first, second = ended(), ended()
    Interaction.objects.update(wrap_up_due_at=past)
    close = interactions.close_if_wrap_up_is_over

    def fail_for_the_first(*, interaction_id, now):
        if interaction_id == first.pk:
            raise RuntimeError("tripped")
        return close(interaction_id=interaction_id, now=now)

    monkeypatch.setattr(interactions, "close_if_wrap_up_is_over", fail_for_the_first)

    sweeper.sweep()

    assert fresh(first).state == InteractionState.WRAP_UP
    assert fresh(second).state == InteractionState.CLOSED
    assert [(one.levelno, one.message) for one in caplog.records] == [
        (logging.ERROR, f"fail_for_the_first failed for {first.pk}")
    ]


def test_I4_a_second_sweep_changes_nothing(channel, past):
    offer = offered(channel)
    Offer.objects.update(expires_at=past)
    sweeper.sweep()
    before = list(Agent.objects.values_list("load", "status_since", "desk_version"))

    sweeper.sweep()

    assert list(Agent.objects.values_list("load", "status_since", "desk_version")) == before
    assert fresh(offer).state == OfferState.LAPSED
