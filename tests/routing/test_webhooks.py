"""A1 N15 S4 S5: verified, stored, answered - the carriers' door, driven as a server drives it."""

from __future__ import annotations

import asyncio
import uuid
from urllib.parse import urlencode

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from routing import tasks, webhooks
from routing.carriers.base import Answer, BadSignature
from routing.carriers.twilio import Twilio, signature
from routing.enums import RequestKind, RequestState
from routing.models import CarrierAccount, CarrierRequest, Message
from routing.services.inbox import handle_due_requests
from routing.webhooks import Webhooks
from tests.factories import AccountFactory, ChannelFactory, MessageFactory
from tests.routing.steps import rung
from tests.support.door import call, not_found

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"MessageSid": "SM1", "From": "+14155550123", "Body": "hello"}
INBOUND = "inbound"


@pytest.fixture
def channel():
    return ChannelFactory()


def signed(account, path, fields, query=""):
    url = f"http://testserver{path}" + (f"?{query}" if query else "")
    return {"x-twilio-signature": signature(account.auth_token, url, fields)}


def deliver(channel, fields, **options):
    """What Twilio does with a text to a channel's number."""
    fields = [*fields.items(), ("To", channel.number)]
    path = channel.account.inbound_path
    headers = signed(channel.account, path, fields)
    return call(path, urlencode(fields).encode(), headers=headers, **options)


def stored() -> CarrierRequest:
    return CarrierRequest.objects.get()


def test_A1_a_genuine_text_is_stored_answered_and_handled_behind_the_answer(channel, redis_client):
    answers = deliver(channel, FORM)

    assert answers == [(200, b"<Response/>")]
    request = stored()
    assert (request.state, request.kind, request.account) == (
        RequestState.STORED,
        RequestKind.INBOUND,
        channel.account,
    )
    assert request.headers["x-twilio-signature"]
    assert rung(redis_client) == [("routing.handle_requests", {})]
    handle_due_requests()
    assert Message.objects.get().body == "hello"


def test_A1_a_burst_rings_at_once_and_once_more_behind_its_last_text(monkeypatch):
    rings = []
    monkeypatch.setattr(webhooks, "ring", rings.append)

    async def burst():
        door = Webhooks(not_found)
        for _ in range(5):
            door.ring_soon()
        at_once = len(rings)
        await asyncio.sleep(5 * webhooks.RING_SECONDS)
        return at_once

    assert asyncio.run(burst()) == 1
    assert rings == [tasks.handle_requests] * 2


def test_fault_1_the_same_text_five_times_is_one_message(channel):
    answers = deliver(channel, FORM, times=5)
    handle_due_requests()

    assert answers == [(200, b"<Response/>")] * 5
    assert Message.objects.count() == 1
    states = CarrierRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [RequestState.HANDLED, *[RequestState.REPEATED] * 4]


@pytest.mark.parametrize("headers", [{}, {"x-twilio-signature": "bm90IGdlbnVpbmU="}])
def test_S4_a_text_that_is_not_proven_is_answered_403_and_quarantined(
    channel, headers, redis_client
):
    body = urlencode({**FORM, "To": channel.number}).encode()

    assert [status for status, _ in call(channel.account.inbound_path, body, headers=headers)] == [
        403
    ]
    request = stored()
    assert (request.state, request.account, bytes(request.body), request.due_at) == (
        RequestState.QUARANTINED,
        channel.account,
        body,
        None,
    )
    assert request.note
    assert rung(redis_client) == []
    handle_due_requests()
    assert Message.objects.count() == 0


def test_S4_an_account_nobody_has_is_answered_403_and_quarantined():
    path = f"/carriers/{uuid.uuid4()}/inbound"

    assert call(path, b"Body=hi")[0][0] == 403
    request = stored()
    assert (request.state, request.account, request.note) == (
        RequestState.QUARANTINED,
        None,
        "No account has this address.",
    )


@pytest.mark.parametrize("host", ["testserver:99999", "testserver:abc", "[", "[::1"])
def test_S4_whatever_the_host_says_a_bad_signature_is_answered_403(channel, host):
    headers = {"x-twilio-signature": "forged", "host": host}

    answers = call(channel.account.inbound_path, b"Body=hello", headers=headers)

    assert [status for status, _ in answers] == [403]
    assert stored().state == RequestState.QUARANTINED


def test_N15_of_a_strangers_request_the_beginning_is_kept():
    call(f"/carriers/{uuid.uuid4()}/inbound", b"x" * 100_000)

    assert bytes(stored().body) == b"x" * 4096


@pytest.mark.parametrize("path", ["/", "/carriers/x/inbound", f"/carriers/{'-' * 36}/inbound"])
def test_other_addresses_are_djangos(path):
    assert call(path, b"") == [(404, b"Django's")]
    assert CarrierRequest.objects.count() == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_the_carriers_way_of_asking_is_served(channel, method):
    assert call(channel.account.inbound_path, method=method) == [
        (405, b"The carrier of this address does not ask in this way.")
    ]
    assert CarrierRequest.objects.count() == 0


class Getter(Twilio):
    """A carrier that asks by GET, and proves itself by a word in the address."""

    methods = frozenset({"GET"})
    stored = Answer(200, "text/plain", b"thanks")

    def verify(self, request, account):
        if request.headers.get("authorization") != "please":
            raise BadSignature("The word is missing.")


def test_N15_a_carrier_that_asks_by_get_is_stored_with_its_query_and_without_its_secret(settings):
    settings.CARRIERS = {**settings.CARRIERS, "getter": f"{__name__}.Getter"}
    account = AccountFactory(carrier="getter")
    said = {"authorization": "please", "x-more": "1"}

    answers = call(account.inbound_path, method="GET", query="text=a+b", headers=said)

    assert answers == [(200, b"thanks")]
    request = stored()
    assert (request.state, request.method) == (RequestState.STORED, "GET")
    assert request.url == f"http://testserver{account.inbound_path}?text=a+b"
    assert request.headers == {"host": "testserver", "x-more": "1"}
    assert call(account.inbound_path)[0][0] == 405


def test_S4_while_a_secret_is_changed_the_old_one_counts_too(channel):
    before = CarrierAccount(auth_token=channel.account.auth_token)
    CarrierAccount.objects.filter(pk=channel.account_id).update(
        auth_token="n3w", previous_secret=channel.account.auth_token
    )
    path, body = channel.account.inbound_path, urlencode(FORM).encode()

    assert call(path, body, headers=signed(before, path, list(FORM.items())))[0][0] == 200
    assert stored().state == RequestState.STORED


def test_S4_a_signing_secret_that_cannot_be_opened_lets_the_carrier_try_again(channel):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_carrieraccount SET signing_secret = 'lost'")

    assert call(channel.account.inbound_path, b"x=1")[0][0] == 503
    assert stored().note.startswith("The signing secret of the account")


def test_fault_35_a_body_over_256_kb_is_answered_413_and_its_beginning_kept(channel):
    answers = deliver(channel, {**FORM, "Body": "x" * (300 * 1024)})

    assert answers[0][0] == 413
    request = stored()
    assert (request.state, len(request.body)) == (RequestState.QUARANTINED, 256 * 1024)
    assert request.note == "The body is over 256 KB; only its beginning is here."
    handle_due_requests()
    assert Message.objects.count() == 0


def test_fault_35_reading_stops_behind_the_largest_size(channel):
    chunks = [b"x" * 100 * 1024] * 50

    assert call(channel.account.inbound_path, chunks=chunks)[0][0] == 413
    assert len(stored().body) == 256 * 1024


def test_fault_35_a_body_that_does_not_arrive_is_answered_408(channel, settings):
    settings.WEBHOOK_BODY_SECONDS = 0.05

    async def run():
        door = Webhooks(not_found)
        scope = {
            "type": "http",
            "method": "POST",
            "path": channel.account.inbound_path,
            "query_string": b"",
            "headers": [],
        }
        caller = ApplicationCommunicator(door, scope)
        await caller.send_input({"type": "http.request", "body": b"Body=", "more_body": True})
        start = await caller.receive_output(5)
        await caller.receive_output(5)
        await caller.wait(5)
        return start["status"]

    assert asyncio.run(run()) == 408


def test_fault_35_ten_thousand_fields_are_not_read(channel):
    fields = {f"field{number}": "" for number in range(10_000)}

    assert deliver(channel, fields)[0][0] == 403
    assert stored().note == "The form has more than 1000 fields."


@pytest.mark.parametrize(
    "tail", [b"&Body=caf%E9", b"&Body=caf\xe9", b"&Body=a%00b", b"&Body=a\x00b", b"&Body=%ED%A0%80"]
)
def test_fault_36_bytes_that_are_no_text_are_kept_as_they_came(channel, tail):
    path = channel.account.inbound_path
    fields = [("MessageSid", "SM1"), ("From", "+14155550123"), ("To", channel.number)]
    value = tail.removeprefix(b"&Body=").replace(b"%E9", b"\xe9").replace(b"%00", b"\x00")
    value = value.replace(b"%ED%A0%80", b"\xed\xa0\x80")
    headers = signed(
        channel.account, path, [*fields, ("Body", value.decode("utf-8", "surrogateescape"))]
    )
    body = urlencode(fields).encode() + tail

    assert call(path, body, headers=headers) == [(200, b"<Response/>")]
    handle_due_requests()

    assert bytes(stored().body) == body
    assert Message.objects.get().repaired is True


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_fault_36_a_text_with_a_field_missing_is_answered_and_refused_with_a_note(channel, missing):
    answers = deliver(channel, {name: FORM[name] for name in FORM if name != missing})
    handle_due_requests()

    assert answers == [(200, b"<Response/>")]
    assert (stored().state, stored().note) == (
        RequestState.REFUSED,
        f"The field {missing} is missing.",
    )


def test_fault_36_headers_and_addresses_that_are_no_text_are_stored(channel):
    answers = call(
        channel.account.inbound_path,
        b"",
        headers={"x-odd": "a\x00\xff"},
        query="a=%00&b=\x00",
    )

    assert answers[0][0] == 403
    assert stored().headers["x-odd"] == "aÿ"
    assert stored().url.endswith("/inbound?a=%00&b=")


def test_N2_a_receipt_is_signed_for_with_the_messages_own_address(channel):
    message = MessageFactory(channel=channel)
    path, query = channel.account.status_path, f"message={message.client_id}"
    fields = [("MessageSid", "SM9"), ("MessageStatus", "delivered")]
    body = urlencode(fields).encode()

    without = call(path, body, headers=signed(channel.account, path, fields), query=query)
    answers = call(path, body, headers=signed(channel.account, path, fields, query), query=query)

    assert (without[0][0], answers[0][0]) == (403, 200)
    request = CarrierRequest.objects.get(state=RequestState.STORED)
    assert (request.kind, request.url) == (
        RequestKind.STATUS,
        f"http://testserver{path}?{query}",
    )


def test_S4_the_signed_address_is_the_public_one_behind_a_proxy(channel, settings):
    settings.PUBLIC_URL = "https://desk.example"
    fields = [*FORM.items(), ("To", channel.number)]
    path = channel.account.inbound_path
    headers = {
        "x-twilio-signature": signature(
            channel.account.auth_token, f"https://desk.example{path}", fields
        )
    }

    assert call(path, urlencode(fields).encode(), headers=headers)[0][0] == 200
    assert stored().url == f"https://desk.example{path}"


def test_S4_another_accounts_signature_is_none(channel):
    other = ChannelFactory(account__auth_token="0ther")
    fields = [*FORM.items(), ("To", channel.number)]
    path = channel.account.inbound_path

    answers = call(path, urlencode(fields).encode(), headers=signed(other.account, path, fields))

    assert answers[0][0] == 403


def test_S4_a_changed_auth_token_counts_at_once(channel):
    fields = [*FORM.items(), ("To", channel.number)]
    path = channel.account.inbound_path

    async def run():
        door = Webhooks(not_found)
        try:
            await door.account(str(channel.account.key))
            accounts = CarrierAccount.objects.filter(pk=channel.account_id)
            await database_sync_to_async(accounts.update)(auth_token="new")
            channel.account.auth_token = "new"
            caller = ApplicationCommunicator(
                door,
                {
                    "type": "http",
                    "method": "POST",
                    "path": path,
                    "query_string": b"",
                    "scheme": "http",
                    "headers": [
                        (name.encode(), value.encode())
                        for name, value in signed(channel.account, path, fields).items()
                    ],
                },
            )
            await caller.send_input({"type": "http.request", "body": urlencode(fields).encode()})
            start = await caller.receive_output(5)
            await caller.receive_output(5)
            await caller.wait(5)
            return start["status"]
        finally:
            await door.pool.close()

    assert asyncio.run(run()) == 200


def test_fault_15_what_cannot_be_stored_is_answered_503(channel, monkeypatch):
    monkeypatch.setattr("routing.webhooks.STORE_SECONDS", 0.2)
    params = {**connection.get_connection_params(), "host": "/nowhere"}
    wrapper = type(connections["default"])
    monkeypatch.setattr(wrapper, "get_connection_params", lambda _: dict(params))

    answers = call(channel.account.inbound_path, b"Body=hi")

    assert answers == [(503, b"The text could not be stored. Please send it again.")]


def test_S4_a_remembered_account_costs_one_insert(channel):
    with CaptureQueriesContext(connection) as by_django:
        answers = deliver(channel, FORM, times=2)

    assert [status for status, _ in answers] == [200, 200]
    assert len(by_django) == 0
