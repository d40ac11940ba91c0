"""A1 N2: from a carrier's request at our door to the conversation, and from a reply to its receipt.

Each carrier as it really asks and answers; only its end of the wire is played here.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from routing import webhooks
from routing.carriers.base import WebRequest, carrier
from routing.enums import Author, MessageState, RequestState
from routing.models import CarrierRequest, Channel, Interaction, Message
from routing.services.delivery import deliver_message
from routing.services.inbox import handle_due_requests
from routing.services.replay import why_not_proven
from smsdesk.lib import clock
from tests.carriers import test_eightxeight as eightxeight
from tests.carriers import test_generic as generic
from tests.carriers import test_telnyx as telnyx
from tests.carriers import test_vonage as vonage
from tests.carriers import test_vonage_messages as vonage_messages
from tests.factories import AgentFactory, ChannelFactory, MessageFactory, active_interaction
from tests.support.door import call

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMER = "+14155550123"
SECRET = "s3cret-of-webhooks"


@dataclass(frozen=True)
class Wire:
    """One carrier's end: what it posts, with which proof, and what it answers a send."""

    slug: str
    secret: str
    text: Callable[[str, str, str], dict[str, Any]]  # sender, recipient, body
    receipt: Callable[[str, str], dict[str, Any]]  # its id of the message, its word
    proven: Callable[[dict[str, Any], datetime], tuple[bytes, dict[str, str]]]
    words: dict[str, MessageState]
    send_path: str
    answer: dict[str, Any]
    receipts_at: str  # the field of a send that names our address for receipts
    options: dict[str, str] | None = None  # of the account


def posted(document: dict[str, Any]) -> WebRequest:
    return WebRequest((), {}, json.dumps(document).encode())


def proven_by_telnyx(document: dict[str, Any], at: datetime) -> tuple[bytes, dict[str, str]]:
    request = telnyx.signed(posted(document), SECRET, at)
    return request.body, dict(request.headers)


def proven_by_8x8(document: dict[str, Any], _at: datetime) -> tuple[bytes, dict[str, str]]:
    return posted(document).body, {"authorization": SECRET}


def proven_by_vonage(document: dict[str, Any], at: datetime) -> tuple[bytes, dict[str, str]]:
    fields = {**document, "timestamp": vonage.seconds(at)}
    return vonage.signed(posted(fields), SECRET).body, {}


def proven_by_vonage_messages(
    document: dict[str, Any], at: datetime
) -> tuple[bytes, dict[str, str]]:
    request = vonage_messages.signed(posted(document), SECRET, iat=int(at.timestamp()))
    return request.body, dict(request.headers)


def proven_by_generic(document: dict[str, Any], _at: datetime) -> tuple[bytes, dict[str, str]]:
    request = generic.signed(posted(document), SECRET)
    return request.body, dict(request.headers)


WIRES = [
    Wire(
        slug="telnyx",
        secret=telnyx.public_key(SECRET),
        text=lambda sender, recipient, body: telnyx.text(
            **{"from": {"phone_number": sender}},
            to=[{"phone_number": recipient, "status": "webhook_delivered"}],
            text=body,
        ),
        receipt=lambda message_id, word: telnyx.receipt(word, id=message_id),
        proven=proven_by_telnyx,
        words={
            "sent": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "delivery_failed": MessageState.FAILED,
        },
        send_path="/v2/messages",
        answer={"data": {"id": "T1"}},
        receipts_at="webhook_url",
    ),
    Wire(
        slug="8x8",
        secret=SECRET,
        # Numbers without their plus, as its answers have them.
        text=lambda sender, recipient, body: eightxeight.text(
            source=sender.removeprefix("+"), destination=recipient.removeprefix("+"), body=body
        ),
        receipt=lambda message_id, word: eightxeight.receipt(word, umid=message_id),
        proven=proven_by_8x8,
        words={
            "sent": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "undelivered": MessageState.FAILED,
        },
        send_path="/api/v1/subaccounts/acme_desk/messages",
        answer={**eightxeight.answer("QUEUED"), "umid": "T1"},
        receipts_at="dlrCallbackUrl",
    ),
    Wire(
        slug="vonage",
        secret=SECRET,
        text=lambda sender, recipient, body: vonage.text(
            msisdn=sender.removeprefix("+"), to=recipient.removeprefix("+"), text=body
        ),
        # Without our reference, so that it is found by its id.
        receipt=lambda message_id, word: vonage.receipt(
            word, messageId=message_id, **{"client-ref": ""}
        ),
        proven=proven_by_vonage,
        words={
            "accepted": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "rejected": MessageState.FAILED,
        },
        send_path="/sms/json",
        answer={"message-count": "1", "messages": [{"message-id": "T1", "status": "0"}]},
        receipts_at="callback",
    ),
    Wire(
        slug="vonage-messages",
        secret=vonage_messages.key(SECRET),
        text=lambda sender, recipient, body: vonage_messages.text(
            **{"from": sender.removeprefix("+")}, to=recipient.removeprefix("+"), text=body
        ),
        receipt=lambda message_id, word: vonage_messages.receipt(
            word, message_uuid=message_id, client_ref=""
        ),
        proven=proven_by_vonage_messages,
        words={
            "submitted": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "undeliverable": MessageState.FAILED,
        },
        send_path="/v1/messages",
        answer={"message_uuid": "T1"},
        receipts_at="webhook_url",
    ),
    Wire(
        slug="generic",
        secret=SECRET,
        text=lambda sender, recipient, body: generic.text(
            **{"from": sender.removeprefix("+")}, to=recipient.removeprefix("+"), text=body
        ),
        receipt=lambda message_id, word: generic.receipt(word, id=message_id),
        proven=proven_by_generic,
        words={
            "sent": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "undelivered": MessageState.FAILED,
        },
        send_path="/v1/messages",
        answer={"messages": [{"id": "T1", "status": "queued"}]},
        receipts_at="receipts",
        options=generic.OPTIONS,
    ),
]


@pytest.fixture(params=WIRES, ids=lambda wire: wire.slug)
def wire(request) -> Wire:
    wire: Wire = request.param
    return wire


@pytest.fixture
def channel(wire) -> Channel:
    return ChannelFactory(
        number="+14155550100",
        account__carrier=wire.slug,
        account__account_sid="acme_desk",
        account__signing_secret=wire.secret,
        account__options=wire.options or {},
    )


def post(wire: Wire, path: str, document: dict[str, Any], *, query: str = "", late: int = 0) -> int:
    """What our door answers the carrier that posts this, signed so many seconds ago."""
    body, headers = wire.proven(document, clock.now() - timedelta(seconds=late))
    [(status, _)] = call(path, body, headers=headers, query=query)
    handle_due_requests()
    return status


@pytest.fixture
def interaction(channel) -> Interaction:
    return active_interaction(AgentFactory(), channel=channel, customer_address=CUSTOMER)


def our_text(interaction: Interaction, state: MessageState, **fields) -> Message:
    return MessageFactory(
        interaction=interaction,
        author=Author.AGENT,
        agent=interaction.agent,
        state=state,
        client_id=uuid.uuid4(),
        **fields,
    )


def test_A1_A18_a_text_becomes_a_conversation_once(wire, channel):
    document = wire.text(CUSTOMER, channel.number, "Où est-ce? 😀")

    answers = [post(wire, channel.account.inbound_path, document) for _ in range(2)]

    assert answers == [200, 200]
    message = Message.objects.get()
    assert (message.body, message.channel, message.interaction.customer_address) == (
        "Où est-ce? 😀",
        channel,
        CUSTOMER,
    )
    assert Interaction.objects.count() == 1


def test_N2_A18_receipts_at_the_address_for_texts_move_their_message(wire, channel, interaction):
    for word, state in wire.words.items():
        message = our_text(interaction, MessageState.UNKNOWN, carrier_message_id=f"T-{word}")

        assert post(wire, channel.account.inbound_path, wire.receipt(f"T-{word}", word)) == 200

        message.refresh_from_db()
        assert message.state == state


def test_S4_A18_what_is_not_proven_is_quarantined(wire, channel):
    body = json.dumps(wire.text(CUSTOMER, channel.number, "let me in")).encode()

    assert call(channel.account.inbound_path, body)[0][0] == 403
    handle_due_requests()

    assert CarrierRequest.objects.get().state == RequestState.QUARANTINED
    assert Message.objects.count() == 0


def field(body: str | bytes, name: str) -> str:
    """A field of what we sent, as JSON or as a form."""
    text = body if isinstance(body, str) else body.decode()
    if text.startswith("{"):
        return str(json.loads(text)[name])
    [value] = parse_qs(text)[name]
    return value


@responses.activate
def test_F11_N2_A18_a_reply_goes_out_and_its_receipt_comes_back(
    wire, channel, interaction, settings
):
    settings.PUBLIC_URL = "https://desk.example"
    now = clock.now()
    message = our_text(interaction, MessageState.QUEUED, due_at=now, carrier_message_id="")
    responses.post(f"https://carrier.example{wire.send_path}", json=wire.answer)

    assert deliver_message(message_id=message.pk, now=now)
    message.refresh_from_db()
    assert (message.state, message.carrier_message_id) == (MessageState.SENT, "T1")

    address = urlsplit(field(responses.calls[0].request.body, wire.receipts_at))
    assert address.path == channel.account.status_path
    receipt = wire.receipt("T1", "delivered")
    assert post(wire, address.path, receipt, query=address.query) == 200
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


# The time that Telnyx signs


@pytest.mark.parametrize("wire", WIRES[:1], ids=["telnyx"], indirect=True)
class TestTheClock:
    def test_S5_a_request_of_ten_minutes_ago_is_refused(self, wire, channel):
        text = wire.text(CUSTOMER, channel.number, "again")

        assert post(wire, channel.account.inbound_path, text, late=600) == 403
        assert "five minutes" in CarrierRequest.objects.get().note

    def test_S5_the_time_is_the_databases(self, wire, channel, monkeypatch):
        an_hour_behind = "clock_timestamp() - interval '1 hour' AS now"
        select = webhooks.SELECT.replace("clock_timestamp() AS now", an_hour_behind)
        monkeypatch.setattr(webhooks, "SELECT", select)
        text = wire.text(CUSTOMER, channel.number, "from an hour ago")

        assert post(wire, channel.account.inbound_path, text, late=3600) == 200
        assert post(wire, channel.account.inbound_path, text) == 403


# The parts in which Vonage's SMS API brings a long text


@pytest.mark.parametrize("wire", WIRES[2:3], ids=["vonage"], indirect=True)
def test_F14_A18_the_parts_of_a_long_text_are_one_text_in_its_order(wire, channel):
    pieces = ["I want to ", "ask about ", "my parcel 😀"]

    for number in (3, 1, 1, 2):
        document = vonage.text(
            text=pieces[number - 1],
            messageId=f"P{number}",
            **{"concat": "true", "concat-ref": "108", "concat-total": "3"},
            **{"concat-part": str(number)},
        )
        assert post(wire, channel.account.inbound_path, document) == 200

    message = Message.objects.get()
    assert message.body == "".join(pieces)
    assert message.interaction.customer_address == CUSTOMER


@pytest.mark.parametrize("wire", WIRES[2:3], ids=["vonage"], indirect=True)
def test_F14_A18_what_vonage_asks_by_get_is_taken(wire, channel):
    fields = vonage.text(text="by GET 😀", timestamp=vonage.seconds(clock.now()))
    request = vonage.signed(vonage.asked(fields, "get"), SECRET)
    query = urlsplit(request.urls[0]).query

    [(status, _)] = call(channel.account.inbound_path, method="GET", query=query)
    handle_due_requests()

    assert status == 200
    assert Message.objects.get().body == "by GET 😀"


@pytest.mark.parametrize("wire", WIRES[2:4], ids=["vonage", "vonage-messages"], indirect=True)
def test_S5_A18_what_an_outage_kept_away_for_a_day_is_taken_and_no_more(wire, channel):
    text = wire.text(CUSTOMER, channel.number, "from yesterday")

    assert post(wire, channel.account.inbound_path, text, late=24 * 3600) == 200
    assert post(wire, channel.account.inbound_path, text, late=25 * 3600) == 403
    assert Message.objects.get().body == "from yesterday"


@pytest.mark.parametrize("wire", WIRES[2:3], ids=["vonage"], indirect=True)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_A18_the_empty_request_with_which_vonage_tries_an_address_succeeds(wire, channel, method):
    for path in (channel.account.inbound_path, channel.account.status_path):
        assert call(path, method=method) == [(200, b"")]

    assert CarrierRequest.objects.count() == 0


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.slug, indirect=True)
def test_S4_A18_a_request_that_says_something_must_be_proven(wire, channel):
    adapter = carrier(wire.slug)
    says = [{"method": "GET", "query": "a=1"}] if "GET" in adapter.methods else []
    says += [{"body": b"{}"}] + ([] if adapter.tries_address else [{"body": b""}])

    for each in says:
        assert call(channel.account.inbound_path, **each)[0][0] == 403

    states = CarrierRequest.objects.values_list("state", flat=True)
    assert set(states) == {RequestState.QUARANTINED}


# What a generic carrier proves itself with


@pytest.mark.parametrize("wire", WIRES[4:], ids=["generic"], indirect=True)
@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_S4_A18_a_password_that_comes_with_a_request_is_not_kept(wire, channel, secret):
    account = channel.account
    account.options = {**wire.options, "proof": "?Token={secret}"}
    account.save()
    body = json.dumps(wire.text(CUSTOMER, channel.number, "hello")).encode()

    [(status, answer)] = call(account.inbound_path, body, query=f"a=1&Tok%65n={secret}&b=2")

    kept = CarrierRequest.objects.get()
    assert (status, answer) == ((200, b'{"ok": true}') if secret == SECRET else (403, answer))
    assert kept.url.endswith("?a=1&Tok%65n=not-kept&b=2")
    assert why_not_proven(kept).startswith(
        "Its proof was a password" if secret == "wrong" else "It does not stand in quarantine"
    )


@pytest.mark.parametrize("wire", WIRES[4:], ids=["generic"], indirect=True)
def test_S4_A18_a_key_in_a_header_of_the_carriers_own_is_not_kept(wire, channel):
    account = channel.account
    account.options = {**wire.options, "proof": "X-Key: {secret}"}
    account.save()
    body = json.dumps(wire.text(CUSTOMER, channel.number, "hello")).encode()

    assert call(account.inbound_path, body, headers={"x-key": SECRET})[0][0] == 200
    assert SECRET not in json.dumps(CarrierRequest.objects.get().headers)
