"""N15: every carrier request is stored, handled once, and never lost, whatever is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from routing.carriers.base import DeliveryReceipt, InboundText
from routing.carriers.twilio import Twilio
from routing.enums import Author, MessageState, RequestKind, RequestState
from routing.models import Interaction, Message, Receipt
from routing.services import inbox
from routing.services.inbox import handle_due_requests, handle_request, replay_request
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory, MessageFactory, inbound_text
from tests.routing.steps import handled, receive_receipt

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUSTOMER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def poison(monkeypatch):
    """A text that breaks the handler: the one whose body is "poison"."""
    receive_text = inbox.receive_text

    def trip(*, text, **others):
        if text.body == "poison":
            raise RuntimeError("tripped")
        return receive_text(text=text, **others)

    monkeypatch.setattr(inbox, "receive_text", trip)


def test_A2_a_text_to_a_number_of_no_channel_is_parked(channel):
    unknown = ChannelFactory.build(number="+14155559999", account=channel.account)

    request = inbound_text(unknown, CUSTOMER)

    assert (request.state, request.note) == (
        RequestState.PARKED,
        "No channel has the number +14155559999.",
    )
    assert Interaction.objects.count() == 0


def test_N15_a_parked_text_is_handled_when_it_is_replayed(channel):
    unknown = ChannelFactory.build(number="+14155559999", account=channel.account)
    request = inbound_text(unknown, CUSTOMER, "please answer", now=NOON)
    ChannelFactory(number="+14155559999", account=channel.account)

    replay_request(request_id=request.pk, now=clock.now())
    handle_due_requests()

    request.refresh_from_db()
    message = Message.objects.get()
    assert request.state == RequestState.HANDLED
    assert (message.body, message.created_at) == ("please answer", NOON)


@pytest.mark.parametrize(
    ("spelled", "stored"),
    [
        (["+5215512345678", "525512345678"], "+525512345678"),
        (["+551187654321", "+5511987654321"], "+5511987654321"),
        (["+541150123456", "+5491150123456"], "+5491150123456"),
    ],
)
def test_A1_a_customer_whose_number_comes_in_two_variants_has_one_conversation(
    channel, spelled, stored
):
    for number in spelled:
        inbound_text(channel, number)

    assert Interaction.objects.get().customer_address == stored
    assert Message.objects.filter(author=Author.CUSTOMER).count() == len(spelled)


def test_A2_another_accounts_number_is_not_ours_to_be_told_of(channel):
    stranger = ChannelFactory()
    forged = ChannelFactory.build(number=channel.number, account=stranger.account)

    request = inbound_text(forged, CUSTOMER)

    assert request.state == RequestState.PARKED


def test_N15_replaying_what_was_handled_changes_nothing(channel):
    request = inbound_text(channel, CUSTOMER)

    replay_request(request_id=request.pk, now=clock.now())
    handle_due_requests()

    request.refresh_from_db()
    assert request.state == RequestState.REPEATED
    assert Message.objects.count() == 1


def test_N15_replaying_a_receipt_keeps_it_once(channel):
    message = MessageFactory(channel=channel)
    request = receive_receipt(message, "delivered")

    replay_request(request_id=request.pk, now=clock.now())
    handle_due_requests()

    assert Receipt.objects.count() == 1


def test_N15_what_nothing_proves_to_be_the_carriers_cannot_be_replayed(channel):
    request = inbound_text(channel, CUSTOMER)
    request.state = RequestState.QUARANTINED
    request.save()

    replay_request(request_id=request.pk, now=clock.now())

    request.refresh_from_db()
    assert (request.state, request.due_at) == (RequestState.QUARANTINED, None)


@pytest.mark.parametrize(
    ("kind", "fields", "note"),
    [
        (RequestKind.INBOUND, {}, "The field MessageSid is missing."),
        (RequestKind.INBOUND, {"MessageSid": "SM1"}, "The field From is missing."),
        (
            RequestKind.INBOUND,
            {"MessageSid": "SM1", "From": CUSTOMER},
            "The field To is missing.",
        ),
        (RequestKind.STATUS, {"MessageSid": "SM1"}, "The field MessageStatus is missing."),
        (RequestKind.STATUS, {"MessageStatus": "sent"}, "The field MessageSid is missing."),
    ],
)
def test_fault_36_a_request_with_a_field_missing_is_refused_with_a_note(
    channel, kind, fields, note
):
    request = handled(channel.account, kind, urlencode(fields).encode(), clock.now())

    assert (request.state, request.note) == (RequestState.REFUSED, note)
    assert (Message.objects.count(), Receipt.objects.count()) == (0, 0)


def test_fault_36_a_text_with_bytes_that_are_no_text_is_kept_and_flagged(channel):
    body = urlencode({"MessageSid": "SM1", "From": CUSTOMER, "To": channel.number}).encode()
    body += b"&Body=caf%E9%00"

    request = handled(channel.account, RequestKind.INBOUND, body, clock.now())

    message = Message.objects.get()
    assert message.body == "caf\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    assert message.repaired is True
    assert (request.state, request.note) == (
        RequestState.HANDLED,
        "Bytes that are no text were replaced.",
    )
    assert bytes(request.body) == body


@pytest.mark.parametrize(
    "body", ["", "x" * 5000, "😀" * 1000, "<b>&amp;</b>", "'; DROP TABLE x;--"]
)
def test_fault_36_any_text_is_stored_as_it_came(channel, body):
    inbound_text(channel, CUSTOMER, body)

    message = Message.objects.get()
    assert (message.body, message.repaired) == (body, False)


def test_fault_34_a_poison_text_is_tried_again_later_and_then_parked(channel, poison):
    request = inbound_text(channel, CUSTOMER, "poison", now=NOON)

    waits = []
    while request.state == RequestState.STORED:
        waits.append((request.due_at - NOON).total_seconds())
        handle_request(request_id=request.pk, now=request.due_at)
        request.refresh_from_db()

    assert waits == [4, 12, 28, 60]
    assert (request.state, request.note, request.due_at) == (
        RequestState.PARKED,
        "RuntimeError: tripped",
        None,
    )


def test_fault_34_the_texts_behind_a_poison_one_do_not_wait(channel, poison):
    stored = [inbound_text(channel, CUSTOMER, body) for body in ("poison", "one", "two")]
    for request in stored:
        replay_request(request_id=request.pk, now=clock.now())
    Message.objects.all().delete()

    handle_due_requests()

    assert [message.body for message in Message.objects.order_by("pk")] == ["one", "two"]


def test_N15_a_request_is_handled_once(channel):
    request = inbound_text(channel, CUSTOMER)

    assert handle_request(request_id=request.pk, now=clock.now()) is False
    assert Message.objects.count() == 1


def test_N15_a_request_is_not_handled_before_it_is_due(channel, poison):
    request = inbound_text(channel, CUSTOMER, "poison", now=NOON)

    assert handle_request(request_id=request.pk, now=NOON + timedelta(seconds=3)) is False


def test_N15_a_pass_handles_as_many_as_it_is_asked_for_and_the_next_one_the_rest(channel):
    for _ in range(5):
        request = inbound_text(channel, CUSTOMER)
        replay_request(request_id=request.pk, now=clock.now())
    Message.objects.all().delete()

    handle_due_requests(most=2)
    assert Message.objects.count() == 2
    handle_due_requests()
    assert Message.objects.count() == 5


def test_A1_a_sender_no_answer_could_reach_is_parked_and_mixed_with_nobody():
    channel = ChannelFactory()

    request = inbound_text(channel, "whatsapp-business:+14155550123")

    assert request.state == RequestState.PARKED
    assert "is no phone number" in request.note
    assert not channel.interactions.exists()


class Bundle(Twilio):
    """A carrier whose requests bring several texts and receipts, one a line of JSON."""

    def read(self, request):
        return [
            DeliveryReceipt(line["id"], "sent", MessageState.SENT)
            if "status" in line
            else InboundText(CUSTOMER, line["to"], line["body"], line["id"])
            for line in json.loads(request.body)
        ]


@pytest.fixture
def bundled(settings):
    settings.CARRIERS = {**settings.CARRIERS, "bundle": f"{__name__}.Bundle"}
    channel = ChannelFactory(account=AccountFactory(carrier="bundle"))

    def receive(*lines):
        body = json.dumps(lines).encode()
        return handled(channel.account, RequestKind.INBOUND, body, NOON)

    return channel, receive


def test_N15_each_text_of_a_request_is_taken_and_one_nobody_awaits_parks_it(bundled):
    channel, receive = bundled
    number = channel.number
    request = receive(
        {"id": "M1", "to": number, "body": "one"},
        {"id": "M2", "to": "+14155559999", "body": "astray"},
        {"id": "M3", "to": number, "body": "two"},
    )

    assert [m.body for m in Message.objects.order_by("pk")] == ["one", "two"]
    assert (request.state, request.note) == (
        RequestState.PARKED,
        "No channel has the number +14155559999.",
    )


def test_N15_a_bundle_replayed_takes_only_what_is_not_there_yet(bundled):
    channel, receive = bundled
    number = channel.number
    request = receive({"id": "M1", "to": number, "body": "one"})
    request.body = json.dumps(
        [
            {"id": "M1", "to": number, "body": "one"},
            {"id": "M2", "to": number, "body": "two"},
        ]
    ).encode()
    request.save()

    replay_request(request_id=request.pk, now=clock.now())
    handle_due_requests()

    request.refresh_from_db()
    assert [m.body for m in Message.objects.order_by("pk")] == ["one", "two"]
    assert request.state == RequestState.HANDLED


def test_N2_each_receipt_of_a_request_is_kept_and_applied(bundled):
    channel, receive = bundled
    ours = [
        MessageFactory(
            channel=channel,
            author=Author.AUTOMATIC,
            state=MessageState.SENDING,
            carrier_message_id=sid,
        )
        for sid in ("M1", "M2")
    ]

    receive({"id": "M1", "status": "sent"}, {"id": "M2", "status": "sent"})

    assert Receipt.objects.count() == 2
    for message in ours:
        message.refresh_from_db()
        assert message.state == MessageState.SENT


def test_N15_a_request_that_tells_of_nothing_is_handled_and_says_so(bundled):
    _, receive = bundled

    request = receive()

    assert (request.state, request.note) == (
        RequestState.HANDLED,
        "It tells of no text and no receipt.",
    )


def test_A2_a_national_writing_is_read_in_the_country_of_the_channel():
    channel = ChannelFactory(number="+447700900123")

    inbound_text(channel, "07911 123456")

    assert Interaction.objects.get().customer_address == "+447911123456"
