"""A1 N2: from a carrier's request at our door to the conversation, and from a reply to its receipt.

Each carrier as it really asks and answers; only its end of the wire is played here.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import responses

from routing import webhooks
from routing.carriers.base import WebRequest
from routing.enums import Author, MessageState, RequestState
from routing.models import CarrierRequest, Channel, Interaction, Message
from routing.services.inbox import handle_due_requests
from routing.services.outbound import deliver_message
from smsdesk.lib import clock
from tests.carriers import test_eightxeight as eightxeight
from tests.carriers import test_telnyx as telnyx
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
    headers: Callable[[bytes, datetime], dict[str, str]]
    words: dict[str, MessageState]
    send_path: str
    answer: dict[str, Any]
    receipts_at: str  # the field of a send that names our address for receipts


def signed_by_telnyx(body: bytes, at: datetime) -> dict[str, str]:
    return dict(telnyx.signed(WebRequest((), {}, body), SECRET, at).headers)


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
        headers=signed_by_telnyx,
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
        headers=lambda _body, _at: {"authorization": SECRET},
        words={
            "sent": MessageState.SENT,
            "delivered": MessageState.DELIVERED,
            "undelivered": MessageState.FAILED,
        },
        send_path="/api/v1/subaccounts/acme_desk/messages",
        answer={**eightxeight.answer("QUEUED"), "umid": "T1"},
        receipts_at="dlrCallbackUrl",
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
    )


def post(wire: Wire, path: str, document: dict[str, Any], *, query: str = "", late: int = 0) -> int:
    """What our door answers the carrier that posts this, signed so many seconds ago."""
    body = json.dumps(document).encode()
    headers = wire.headers(body, clock.now() - timedelta(seconds=late))
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

    address = urlsplit(json.loads(responses.calls[0].request.body)[wire.receipts_at])
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
