"""I1, I2: every text once, in one conversation of its customer (faults 1 and 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses

from routing.carriers.base import Part
from routing.enums import InteractionState, RequestState
from routing.models import CarrierRequest, Interaction, Message
from routing.services.assignment import route_waiting
from routing.services.inbox import handle_due_requests
from routing.services.interactions import AlreadyEnded, end_if_inactive, end_interaction
from routing.services.offers import accept_offer
from routing.services.reconcile import compare
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    active_interaction,
    inbound_text,
)
from tests.races.together import call, errors, finish, together
from tests.routing.steps import Piecemeal, receive_part
from tests.support.twilio_list import TwilioList

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

SENDER = "+14155550123"


def test_I1_fault_1_five_copies_of_a_webhook_in_parallel_make_one_message(channel):
    for run in range(20):
        sid = f"SM{run:032x}"

        results = together(*[call(inbound_text, channel, SENDER, sid=sid)] * 5)

        assert errors(results) == []
        states = sorted(request.state for request in results)
        assert states == [RequestState.HANDLED] + [RequestState.REPEATED] * 4
        assert Message.objects.filter(carrier_message_id=sid).count() == 1


def test_I1_the_same_carrier_id_from_two_senders_makes_one_message(channel):
    """No carrier does it; the unique index decides, and nothing is an error in the end."""
    results = together(
        call(inbound_text, channel, "+14155550001", sid="SM1"),
        call(inbound_text, channel, "+14155550002", sid="SM1"),
    )
    assert errors(results) == []
    CarrierRequest.objects.filter(state=RequestState.STORED).update(due_at=clock.now())
    handle_due_requests()
    assert Message.objects.count() == 1
    assert sorted(CarrierRequest.objects.values_list("state", flat=True)) == [
        RequestState.HANDLED,
        RequestState.REPEATED,
    ]


def test_I2_fault_4_two_first_texts_in_one_instant_share_a_conversation(channel):
    for run in range(50):
        sender = f"+1415556{run:04}"

        results = together(
            call(inbound_text, channel, sender, "one"), call(inbound_text, channel, sender, "two")
        )

        assert errors(results) == []
        interaction = Interaction.objects.get(customer_address=sender)
        bodies = interaction.messages.values_list("body", flat=True)
        assert sorted(bodies) == ["one", "two"]
        assert interaction.unanswered == 2
    assert Interaction.objects.count() == 50


def test_I1_I2_a_text_races_the_end_and_finds_a_conversation_either_way(channel):
    agent = AgentFactory(limit=12)
    for run in range(50):
        sender = f"+1415557{run:04}"
        old = active_interaction(agent, channel=channel, customer_address=sender)
        steps = [
            call(inbound_text, channel, sender),
            call(end_interaction, interaction_id=old.pk, agent_id=agent.pk, now=clock.now()),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results) == []
        message = Message.objects.get(interaction__customer_address=sender)
        old.refresh_from_db()
        assert old.state == InteractionState.WRAP_UP
        if message.interaction_id == old.pk:
            # It is in the log of the conversation that ended with it.
            assert message.body in old.chat_log.transcript
        else:
            assert message.interaction.state == InteractionState.QUEUED
        finish(agent, old)


def test_I4_a_text_races_the_inactivity_timer_and_resets_it_or_begins_anew(channel):
    """H11: ended though a text arrived, only where the text was later than the end."""
    agent = AgentFactory(limit=12)
    for run in range(30):
        sender = f"+1415558{run:04}"
        old = active_interaction(agent, channel=channel, customer_address=sender)
        due = old.inactivity_due_at
        steps = [
            call(inbound_text, channel, sender, now=due),
            call(end_if_inactive, interaction_id=old.pk, now=due),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results) == []
        old.refresh_from_db()
        message = Message.objects.get(interaction__customer_address=sender)
        stays = message.interaction_id == old.pk
        assert old.state == (InteractionState.ACTIVE if stays else InteractionState.WRAP_UP)
        if stays:
            assert old.inactivity_due_at == channel.inactive_at(due)
        finish(agent, old)


def test_I2_a_text_races_accept_and_is_counted(channel):
    agent = AgentFactory(queues=[channel.queue], limit=12)
    for run in range(30):
        sender = f"+1415559{run:04}"
        inbound_text(channel, sender)
        route_waiting(queue_ids=[channel.queue_id], now=clock.now())
        interaction = Interaction.objects.get(customer_address=sender)
        offer = interaction.offers.get()

        results = together(
            call(inbound_text, channel, sender, "more"),
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
        )

        assert errors(results) == []
        interaction.refresh_from_db()
        assert interaction.state == InteractionState.ACTIVE
        assert interaction.unanswered == 2
        finish(agent, interaction)


def test_I4_two_tabs_end_a_conversation_once(channel):
    agent = AgentFactory(limit=12)
    for _ in range(10):
        interaction = active_interaction(agent, channel=channel)
        end = call(
            end_interaction, interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now()
        )

        results = together(end, end)

        assert errors(results, AlreadyEnded) == []
        assert sum(isinstance(one, AlreadyEnded) for one in results) == 1
        finish(agent, interaction)


def test_F14_the_parts_of_a_text_arrive_at_once_and_are_one_text(settings):
    settings.CARRIERS = {**settings.CARRIERS, "piecemeal": f"{Piecemeal.__module__}.Piecemeal"}
    channel = ChannelFactory(account=AccountFactory(carrier="piecemeal"))
    for run in range(20):
        parts = [Part(str(run), number, 3) for number in (1, 2, 3)]

        results = together(*(call(receive_part, channel, part, f"{part.number}") for part in parts))

        assert errors(results) == []
        assert Message.objects.get(carrier_message_id=f"{run}-1").body == "123"
    assert Message.objects.count() == 20


@responses.activate
def test_I1_N15_a_webhook_races_the_carriers_list_and_one_text_comes_of_both(channel):
    listed = TwilioList(channel.account)
    listed.answers()
    now = clock.now()
    span = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    for run in range(20):
        sid = f"SM{run:032x}"
        listed.texts.clear()
        listed.has(at=now, sid=sid, to=channel.number)

        results = together(
            call(compare, channel=channel, **span),
            call(inbound_text, channel, SENDER, sid=sid),
            call(compare, channel=channel, **span),
        )

        assert errors(results) == []
        assert Message.objects.filter(carrier_message_id=sid).count() == 1
    states = set(CarrierRequest.objects.values_list("state", flat=True))
    assert states <= {RequestState.HANDLED, RequestState.REPEATED}
