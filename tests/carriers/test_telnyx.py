"""Telnyx: what every carrier must do, and its signature and wire beside the official library's."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import responses
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from telnyx import Telnyx
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature
from telnyx.types import DeliveryUpdateWebhookEvent, InboundMessageWebhookEvent

from routing.carriers.base import (
    Attachment,
    BadSignature,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
    Wish,
    carrier,
)
from routing.carriers.telnyx_errors import SENTENCES
from routing.enums import MessageState, RequestKind
from tests.carriers.cases import TEXT, SigningCarrierCases

URL = "https://desk.example/carriers/k/inbound"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIMESTAMP = "telnyx-timestamp"
SIGNATURE = "telnyx-signature-ed25519"


def private_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())


def public_key(secret: str) -> str:
    """The key as an account has it; none for no secret."""
    raw = private_key(secret).public_key().public_bytes_raw()
    return base64.b64encode(raw).decode() if secret else ""


def signed(request: WebRequest, secret: str = "t0ken", at: datetime = NOW) -> WebRequest:
    """The request as Telnyx signs it at that time."""
    timestamp = str(int(at.timestamp()))
    signature = private_key(secret).sign(timestamp.encode() + b"|" + request.body)
    headers = {TIMESTAMP: timestamp, SIGNATURE: base64.b64encode(signature).decode()}
    return replace(request, headers=headers)


def posted(document: object) -> WebRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return WebRequest((URL,), {}, body, received_at=NOW)


def event(kind: str, payload: dict) -> dict:
    """An event as it is delivered the first time."""
    return {
        "data": {
            "event_type": kind,
            "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
            "occurred_at": "2026-03-02T12:00:00.000+00:00",
            "payload": payload,
            "record_type": "event",
        },
        "meta": {"attempt": 1, "delivered_to": URL},
    }


def text(**changes) -> dict:
    payload = {
        "cc": [],
        "direction": "inbound",
        "encoding": "GSM-7",
        "errors": [],
        "from": {
            "carrier": "T-Mobile USA",
            "line_type": "Wireless",
            "phone_number": "+14155550123",
        },
        "id": "M1",
        "media": [],
        "messaging_profile_id": "83d2343b-553f-4c5f-b8c8-fd27004f94bf",
        "parts": 1,
        "received_at": "2026-03-02T12:00:00.000+00:00",
        "record_type": "message",
        "text": "hello",
        "to": [
            {
                "carrier": "Telnyx",
                "line_type": "Wireless",
                "phone_number": "+14155550100",
                "status": "webhook_delivered",
            }
        ],
        "type": "SMS",
    }
    return event("message.received", {**payload, **changes})


def receipt(word: str, error: dict | None = None, **changes) -> dict:
    payload = {
        "direction": "outbound",
        "errors": [error] if error else [],
        "from": {"phone_number": "+14155550100"},
        "id": "M1",
        "record_type": "message",
        "to": [{"phone_number": "+14155550123", "status": word}],
        "type": "SMS",
    }
    return event("message.finalized", {**payload, **changes})


def read(document: object):
    [news] = carrier("telnyx").read(posted(document))
    return news


class TestTelnyx(SigningCarrierCases):
    slug = "telnyx"
    send_url = "https://carrier.example/v2/messages"
    check_url = "https://carrier.example/v2/messaging_profiles/AC123"
    codes = list(SENTENCES)
    refusal = "40310"
    words = {
        "queued": None,
        "sending": None,
        "sent": MessageState.SENT,
        "delivered": MessageState.DELIVERED,
        "delivery_unconfirmed": MessageState.SENT,
        "expired": MessageState.FAILED,
        "sending_failed": MessageState.FAILED,
        "delivery_failed": MessageState.FAILED,
        "a word of tomorrow": None,
    }

    def an_account(self, secret="t0ken", **fields):
        previous = public_key(fields.pop("previous_secret", ""))
        keys = {"signing_secret": public_key(secret), "previous_secret": previous}
        return super().an_account("KEY0", **keys, **fields)

    def signed(self, request, secret):
        return signed(request, secret)

    def text_request(self, sender="", recipient="", body="", message_id=""):
        return posted(
            text(
                **{"from": {"phone_number": sender}, "to": [{"phone_number": recipient}]},
                text=body,
                id=message_id,
            )
        )

    def receipt_request(self, message_id="", word="", code=""):
        error = {"code": code, "title": "Blocked due to STOP message" if code == "40300" else "No"}
        return posted(receipt(word, error if code else None, id=message_id))

    def taken(self, message_id):
        return {"status": 200, "json": {"data": {"id": message_id, "record_type": "message"}}}

    def refused(self, code):
        return {"status": 400, "json": {"errors": [{"code": code, "title": "No"}]}}

    def test_S4_only_a_public_key_is_taken_for_one(self):
        adapter = carrier("telnyx")

        assert adapter.wrong(self.an_account()) == {}
        assert adapter.wrong(super().an_account(signing_secret="KEY0"))["signing_secret"] == (
            "This is no public key of Telnyx: copy it whole, it has 44 characters."
        )


ACCOUNT = TestTelnyx().an_account()


def verify(request: WebRequest) -> None:
    carrier("telnyx").verify(request, ACCOUNT)


# Signatures

bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(lambda words: json.dumps(text(text=words)).encode()),
)


@given(bodies)
def test_S4_what_is_signed_over_the_raw_bytes_is_verified_and_nothing_else(body):
    request = signed(posted(body))

    verify(request)

    for changed in (body + b" ", body.replace(b" ", b"") + b"\n", b"{}" + body):
        with pytest.raises(BadSignature):
            verify(replace(request, body=changed))


@given(bodies, st.integers(-400, 400), st.sampled_from(["t0ken", "0ther"]))
def test_S4_the_official_library_judges_as_we_do(body, seconds, secret):
    request = signed(posted(body), secret, NOW + timedelta(seconds=seconds))

    def official() -> bool:
        try:
            with time_machine.travel(NOW, tick=False):
                verify_webhook_signature(request.body, request.headers, public_key("t0ken"))
        except (WebhookVerificationError, UnicodeDecodeError):
            return False
        return True

    def ours() -> bool:
        try:
            verify(request)
        except BadSignature:
            return False
        return True

    try:
        body.decode()
    except UnicodeDecodeError:  # the official library takes no bytes that are no text
        assert ours() is (secret == "t0ken" and abs(seconds) <= 300)
    else:
        assert ours() is official()


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_S5_a_request_is_fresh_for_five_minutes(seconds):
    verify(signed(posted(text()), at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-301, 301, 30 * 86400])
def test_S5_a_genuine_request_that_is_repeated_later_is_refused(seconds):
    with pytest.raises(BadSignature, match=r"more than five minutes before or after it came\.$"):
        verify(signed(posted(text()), at=NOW + timedelta(seconds=seconds)))


def test_S5_a_request_of_no_known_time_is_refused():
    with pytest.raises(BadSignature, match="five minutes"):
        verify(replace(signed(posted(text())), received_at=None))


@pytest.mark.parametrize("timestamp", ["soon", "", "1.5", "-1", "²", "1772452800 "])
def test_S5_a_timestamp_is_a_number_even_where_it_is_signed(timestamp):
    body = json.dumps(text()).encode()
    signature = private_key("t0ken").sign(timestamp.encode() + b"|" + body)
    headers = {TIMESTAMP: timestamp, SIGNATURE: base64.b64encode(signature).decode()}

    with pytest.raises(BadSignature):
        verify(replace(posted(body), headers=headers))


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "The telnyx-signature-ed25519 or the telnyx-timestamp header is missing."),
        ({TIMESTAMP: "1"}, "The telnyx-signature-ed25519 or the telnyx-timestamp header is"),
        ({TIMESTAMP: "1", SIGNATURE: "€"}, "The telnyx-signature-ed25519 or the telnyx-timestamp"),
        ({TIMESTAMP: "1", SIGNATURE: "bm8="}, "The signature does not match. Check the account's"),
    ],
)
def test_S4_the_refusal_says_what_is_wrong(headers, sentence):
    with pytest.raises(BadSignature) as refused:
        verify(replace(posted(text()), headers=headers))

    assert str(refused.value).startswith(sentence)


# Texts


def test_the_fixtures_are_of_the_official_librarys_shapes():
    InboundMessageWebhookEvent.model_validate(text()["data"], strict=False)
    DeliveryUpdateWebhookEvent.model_validate(receipt("delivered"), strict=False)


@pytest.mark.parametrize(
    "to",
    [
        "+14155550100",
        "14155550100",
        ["+14155550100"],
        {"phone_number": "+14155550100"},
        [{"phone_number": "+14155550100", "status": "webhook_delivered"}],
    ],
)
def test_A2_our_number_comes_as_a_string_an_object_or_a_list(to):
    news = read(text(to=to))

    assert (news.recipient, news.others) == ("+14155550100", ())


def test_A2_short_codes_and_sender_names_stay_as_they_are():
    news = read(text(to=[{"phone_number": "24453"}], **{"from": {"phone_number": "ACME2025"}}))

    assert (news.sender, news.recipient) == ("ACME2025", "24453")


def test_A17_of_a_group_text_the_others_are_told():
    news = read(
        text(
            to=[
                {"phone_number": "+14155550111", "status": "delivered"},
                {"phone_number": "+14155550100", "status": "webhook_delivered"},
            ],
            cc=[{"phone_number": "+14155550122"}, {"phone_number": "+14155550123"}],
        )
    )

    assert (news.recipient, news.others) == ("+14155550100", ("+14155550111", "+14155550122"))


def test_A24_pictures_are_told_with_their_types():
    media = [
        {"url": "https://media.telnyx.com/a.jpg", "content_type": "image/jpeg", "size": 5},
        {"url": "https://media.telnyx.com/b", "content_type": None},
        {"url": None},
    ]

    news = read(text(text=None, media=media, type="MMS"))

    assert (news.body, news.attachments, news.repaired) == (
        "",
        (
            Attachment("https://media.telnyx.com/a.jpg", "image/jpeg"),
            Attachment("https://media.telnyx.com/b"),
        ),
        False,
    )


@pytest.mark.parametrize(
    ("told", "wish"),
    [
        ("STOP", Wish.STOP),
        ("START", Wish.START),
        ("help", Wish.HELP),
        (None, None),
        ("A WORD OF TOMORROW", None),
    ],
)
def test_N1_what_telnyx_answered_itself_is_a_wish(told, wish):
    assert read(text(autoresponse_type=told)).wish is wish


@pytest.mark.parametrize("kind", ["message.reacted", "call.initiated", "10dlc.campaign.update"])
def test_events_of_other_types_tell_nothing(kind):
    assert carrier("telnyx").read(posted(event(kind, {"id": "M1"}))) == []


@pytest.mark.parametrize("kind", RequestKind)
def test_a_request_says_itself_what_it_is_whatever_address_it_comes_to(kind):
    adapter = carrier("telnyx")

    assert adapter.read(replace(posted(text()), kind=kind))[0].body == "hello"
    assert adapter.read(replace(posted(receipt("sent")), kind=kind))[0].status == "sent"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The request is no JSON object."),
        (b"[" * 200_000, "The request is no JSON object."),
        (b'{"data": {}}', "The field event_type is missing."),
        (b'{"data": {"event_type": "message.sent"}}', "The field id is missing."),
        (b'{"data": {"event_type": "message.sent", "payload": {"id": 1}}}', "The field status is"),
    ],
)
def test_fault_36_what_cannot_be_read_says_why(body, sentence):
    with pytest.raises(Unreadable) as refused:
        carrier("telnyx").read(posted(body))

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("written", "body", "repaired"),
    [
        (b"caf\xc3\xa9", "café", False),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}", True),
        (b"a\\u0000b", "a\N{REPLACEMENT CHARACTER}b", True),
        (b"a\\ud800b", "a\N{REPLACEMENT CHARACTER}b", True),
        (b"\\ud83d\\ude00", "😀", False),
        ("\N{REPLACEMENT CHARACTER}".encode(), "\N{REPLACEMENT CHARACTER}", False),
    ],
)
def test_fault_36_what_is_no_text_is_replaced_and_said(written, body, repaired):
    document = json.dumps(text(text="HERE")).encode().replace(b"HERE", written)

    news = read(document)

    assert (news.body, news.repaired) == (body, repaired)


# Receipts


def test_N2_a_receipt_carries_the_code_and_the_sentence():
    news = read(receipt("delivery_failed", {"code": "40001", "title": "Not routable"}))

    assert (news.error_code, news.failure, news.opted_out) == (
        "40001",
        "The number is a landline or cannot be reached by text. Call the customer.",
        False,
    )


def test_N2_a_code_unknown_to_us_keeps_the_carriers_words():
    error = {"code": 99999, "title": "Cats", "detail": "Cats on the line"}

    assert read(receipt("delivery_failed", error)).failure == (
        "The text could not be delivered (the carrier's code 99999). Cats on the line."
    )


@pytest.mark.parametrize(
    ("title", "opted_out", "failure"),
    [
        ("Blocked due to STOP message", True, SENTENCES["40300"]),
        (
            "Carrier rejected",
            False,
            "The text could not be delivered (the carrier's code 40300). Carrier rejected.",
        ),
    ],
)
def test_N1_only_a_stop_is_an_opt_out(title, opted_out, failure):
    news = read(receipt("delivery_failed", {"code": "40300", "title": title}))

    assert (news.opted_out, news.failure) == (opted_out, failure)


def test_N1_what_was_delivered_after_all_opts_nobody_out():
    error = {"code": "40300", "title": "Blocked due to STOP message"}

    assert read(receipt("delivered", error)).opted_out is False


# Sending


@responses.activate
def answered(status: int, document: dict, **changes) -> tuple[SendResult, responses.Call]:
    responses.post(TestTelnyx.send_url, status=status, json=document)
    result = carrier("telnyx").send(replace(TEXT, **changes), ACCOUNT)
    return result, responses.calls[0]


def test_F11_A24_a_send_is_the_official_librarys_request():
    pictures = ("https://desk.example/media/1.jpg", "https://desk.example/media/2.gif")
    theirs: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        theirs.append(request)
        return httpx.Response(200, json={"data": {"id": "M1"}})

    client = Telnyx(
        api_key="KEY0",
        base_url="https://carrier.example/v2",
        http_client=httpx.Client(transport=httpx.MockTransport(note)),
    )
    client.messages.send(
        from_=TEXT.sender,
        to=TEXT.recipient,
        text=TEXT.body,
        webhook_url=TEXT.status_url,
        messaging_profile_id="AC123",
        media_urls=list(pictures),
    )

    _, ours = answered(200, {"data": {"id": "M1"}}, attachments=pictures)

    [official] = theirs
    assert ours.request.url == str(official.url)
    assert ours.request.headers["Authorization"] == official.headers["Authorization"]
    assert json.loads(ours.request.body) == json.loads(official.content)


def test_F11_a_text_without_pictures_names_none():
    _, ours = answered(200, {"data": {"id": "M1"}})

    assert "media_urls" not in json.loads(ours.request.body)


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        (
            403,
            {"code": "40300", "title": "Blocked due to STOP message"},
            SendResult(
                Verdict.REFUSED,
                error_code="40300",
                failure="The customer has opted out by texting STOP."
                " Only the customer can opt in again.",
                opted_out=True,
            ),
        ),
        (
            401,
            {"code": "10009", "title": "Authentication failed"},
            SendResult(
                Verdict.REFUSED,
                error_code="10009",
                failure="Our sign-in at the carrier was refused. Tell your supervisor.",
            ),
        ),
        (
            400,
            {"code": "40318", "title": "Message queue full"},
            SendResult(Verdict.THROTTLED, error_code="40318", failure="The carrier is busy."),
        ),
        (
            429,
            {"code": "10011", "title": "Too many requests"},
            SendResult(Verdict.THROTTLED, error_code="10011", failure="The carrier is busy."),
        ),
        (
            500,
            {"code": "10007", "title": "Unexpected error"},
            SendResult(Verdict.BUSY, error_code="10007", failure="The carrier is busy."),
        ),
        (
            408,
            {"code": "10008", "title": "Request timeout"},
            SendResult(
                Verdict.UNKNOWN,
                error_code="10008",
                failure="The carrier did not finish in time."
                " Ask the customer before you send it again.",
            ),
        ),
    ],
)
def test_N2_errors_are_told_apart(status, error, result):
    assert answered(status, {"errors": [error]})[0] == result


def test_N2_an_answer_without_a_code_is_named_by_its_status():
    result, _ = answered(422, {"errors": "what?"})

    assert result == SendResult(
        Verdict.REFUSED, error_code="422", failure="The text could not be delivered."
    )
