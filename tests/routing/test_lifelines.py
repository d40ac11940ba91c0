"""N15: the life line of a text, of its pieces and of a receipt: received, verified, … answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing.carriers.base import Part
from routing.enums import Author, MessageState, RequestSource, RequestState
from routing.models import CarrierRequest, Interaction, Message
from routing.selectors.lifelines import life_of, told_of
from routing.services.offers import accept_offer
from routing.services.outbound import send_text
from routing.services.replay import handle_again
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    MessageFactory,
    inbound_text,
)
from tests.routing.steps import new_id, offer_to, receive_part, receive_receipt, route

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUSTOMER = "+14155550123"
CAME = "It came by webhook, and is proven to be the carrier's."


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims")


def told(request):
    request.refresh_from_db()
    return [line.words for line in life_of(request)]


def test_N15_a_text_is_received_verified_threaded_offered_accepted_and_answered(channel):
    anna = AgentFactory(name="Anna", queues=[channel.queue])
    request = inbound_text(channel, CUSTOMER)
    route(channel.queue)
    pk = accept_offer(offer_id=offer_to(anna).pk, agent_id=anna.pk, now=clock.now())
    send_text(interaction_id=pk, agent_id=anna.pk, body="Yes.", client_id=new_id(), now=clock.now())
    inbound_text(channel, CUSTOMER, "another")

    assert told(request) == [
        CAME,
        "It is in the conversation SMS+14155550123 over Claims.",
        "It waited for an agent.",
        "It was offered to Anna.",
        "Anna accepted it.",
        "Anna answered.",
    ]


def test_N15_what_stands_in_quarantine_says_why(channel):
    request = inbound_text(channel, CUSTOMER)
    Message.objects.all().delete()
    CarrierRequest.objects.update(state=RequestState.QUARANTINED, note="The signature is wrong.")

    assert told(request) == [
        "It came by webhook, and is not proven to be the carrier's. The signature is wrong."
    ]


def test_N15_what_was_parked_and_handled_again_says_so(channel):
    astray = ChannelFactory.build(number="+14155559999", account=channel.account)
    request = inbound_text(astray, CUSTOMER, now=NOON)
    sue = User.objects.create_user("sue")
    handle_again(requests=CarrierRequest.objects.all(), actor=sue, now=clock.now())

    assert told(request) == [
        CAME,
        "Could not be handled. No channel has the number +14155559999.",
        "sue handled it again.",
    ]


def test_N15_each_piece_of_a_text_tells_of_the_others_and_of_the_whole(settings):
    settings.CARRIERS = {**settings.CARRIERS, "piecemeal": "tests.routing.steps.Piecemeal"}
    channel = ChannelFactory(name="Claims", account=AccountFactory(carrier="piecemeal"))
    second = receive_part(channel, Part("7", 2, 2), "world", now=NOON)
    assert told(second)[-1] == "Handled. It is a part of a text, and waits for the others."
    first = receive_part(channel, Part("7", 1, 2), "Hello, ", now=NOON + timedelta(seconds=1))

    assert told(first) == [
        f"Request {second.pk} brought piece 2.",
        "It is in the conversation SMS+14155550123 over Claims.",
        CAME,
        "This request brought piece 1.",
        "It waited for an agent.",
    ]
    assert told_of(Message.objects.get()) == "by webhook, in 2 pieces"


def test_N15_N2_a_receipt_says_what_it_told_and_of_which_text(channel):
    message = MessageFactory(
        channel=channel,
        author=Author.AUTOMATIC,
        state=MessageState.SENT,
        carrier_message_id="SM1",
    )
    failed = receive_receipt(message, "undelivered", code="30003", now=NOON)
    astray = receive_receipt(message, "sent", sid="SM2", referenced=False)

    call_id = message.interaction.call_id
    assert told(failed)[-1] == (
        f"It says “undelivered” (30003) of our text in the conversation {call_id}."
    )
    assert told(astray)[-1] == "It says “sent” of no text of ours that is known."
    assert told_of(message) == "undelivered 12:00:00"


def test_N15_what_was_found_at_the_carrier_says_so(channel):
    request = inbound_text(channel, CUSTOMER)
    CarrierRequest.objects.update(source=RequestSource.FOUND)

    assert told(request)[0] == (
        "The carrier had it, and no webhook brought it: it was found in the carrier's list."
    )
    assert told_of(Message.objects.get()) == "found at the carrier, not by webhook"


def test_N15_supervisors_read_it_at_the_request_and_at_the_conversation(channel, admin_client):
    request = inbound_text(channel, CUSTOMER)
    interaction = Interaction.objects.get()

    page = admin_client.get(reverse("admin:routing_carrierrequest_change", args=[request.pk]))
    story = admin_client.get(reverse("admin:routing_interaction_change", args=[interaction.pk]))

    assert "It is in the conversation SMS+14155550123 over Claims." in page.text
    assert "by webhook" in story.text
