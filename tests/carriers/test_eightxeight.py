"""8x8 Connect: what every carrier must do, and its requests held against its own description."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import responses
from jsonschema import validate

from routing.carriers.base import BadSignature, SendResult, Unreadable, Verdict, WebRequest, carrier
from routing.carriers.eightxeight_errors import SENTENCES
from routing.enums import MessageState, RequestKind
from tests.carriers import shapes
from tests.carriers.cases import TEXT, CarrierCases

URL = "https://desk.example/carriers/k/inbound"
UMID = "9e09ac86-bd74-5465-851d-1eb5a5fdbb9a"
SEND_URL = "https://carrier.example/api/v1/subaccounts/AC123/messages"
RECEIPT_CODES = [code for code in SENTENCES if len(code) < 4]


def posted(document: object) -> WebRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return WebRequest((URL,), {}, body)


def text(**changes) -> dict:
    return {
        "namespace": "SMS",
        "eventType": "inbound_message_received",
        "description": "SMS inbound message",
        "payload": {
            "umid": UMID,
            "subAccountId": "AC123",
            "timestamp": "2026-03-02T12:00:00.017Z",
            "source": "+14155550123",
            "destination": "+14155550100",
            "body": "hello",
            "encoding": "GSM7",
            "smsCount": 1,
            "price": {"total": 0.01, "perSms": 0.01, "currency": "USD"},
            **changes,
        },
    }


def receipt(state: str, **changes) -> dict:
    told = {
        name: changes.pop(name)
        for name in ("detail", "errorCode", "errorMessage")
        if name in changes
    }
    return {
        "namespace": "SMS",
        "eventType": "outbound_message_status_changed",
        "description": "SMS outbound message delivery receipt",
        "payload": {
            "umid": UMID,
            "clientMessageId": "m1",
            "subAccountId": "AC123",
            "source": "+14155550100",
            "destination": "+14155550123",
            "status": {"state": state, "timestamp": "2026-03-02T12:00:00Z", **told},
            "smsCount": 1,
            **changes,
        },
    }


def answer(code: str, description: str = "SMS is accepted and queued for processing") -> dict:
    return {
        "umid": UMID,
        "clientMessageId": "m1",
        "destination": "14155550123",
        "encoding": "UCS2",
        "status": {"code": code, "description": description},
    }


def error(code: int, message: str = "No.") -> dict:
    return {
        "code": code,
        "message": message,
        "errorId": "b4478860-b76c-e811-814e-022a35cc1c71",
        "timestamp": "2026-03-02T12:00:00.92Z",
    }


def read(document: object):
    [news] = carrier("8x8").read(posted(document))
    return news


class TestEightXEight(CarrierCases):
    slug = "8x8"
    send_url = SEND_URL
    check_url = f"{SEND_URL}/00000000-0000-0000-0000-000000000000"
    codes = list(SENTENCES)
    refusal = "1002"
    words = {
        "queued": None,
        "sent": MessageState.SENT,
        "delivered": MessageState.DELIVERED,
        "read": MessageState.DELIVERED,
        "rejected": MessageState.FAILED,
        "undelivered": MessageState.FAILED,
        "a word of tomorrow": None,
    }

    def an_account(self, secret="t0ken", **fields):
        return super().an_account("k3y", signing_secret=secret, **fields)

    def signed(self, request, secret):
        return replace(request, headers={"authorization": secret})

    def text_request(self, sender="", recipient="", body="", message_id=""):
        return posted(text(source=sender, destination=recipient, body=body, umid=message_id))

    def receipt_request(self, message_id="", word="", code=""):
        return posted(receipt(word, umid=message_id, errorCode=int(code) if code else None))

    def taken(self, message_id):
        return {"status": 200, "json": {**answer("QUEUED"), "umid": message_id}}

    def refused(self, code):
        return {"status": 400, "json": error(int(code))}

    @pytest.mark.parametrize(
        "secret", ["", "Bearer short", " Bearer 0123456789", "Bearer café 12345"]
    )
    def test_S4_an_authorization_that_is_weak_or_no_header_is_refused(self, secret):
        wrong = carrier(self.slug).wrong(self.an_account(secret))

        assert wrong["signing_secret"].startswith("Write at least 16")
        assert carrier(self.slug).wrong(self.an_account("Bearer 0123456789")) == {}

    def test_a_message_that_nobody_has_shows_that_we_were_let_in(self, http, account):
        http.add("GET", url=self.check_url, status=404, json=error(1300, "Message not found."))

        assert carrier(self.slug).check(account).works

    @pytest.mark.parametrize(("status", "code"), [(401, 1200), (400, 1001), (404, 1001)])
    def test_a_wrong_key_or_subaccount_is_told(self, http, account, status, code):
        http.add("GET", url=self.check_url, status=status, json=error(code))

        assert not carrier(self.slug).check(account).works


ACCOUNT = TestEightXEight().an_account()


def verify(request: WebRequest) -> None:
    carrier("8x8").verify(request, ACCOUNT)


# Proofs


@pytest.mark.parametrize("given", ["", "t0ke", "t0ken ", "T0ken", "Bearer t0ken", "t0ken€", "k3y"])
def test_S4_the_authorization_is_compared_letter_by_letter(given):
    with pytest.raises(BadSignature, match="Check httpAuthorization of the webhook"):
        verify(replace(posted(text()), headers={"authorization": given}))


@responses.activate
def sent_for_receipts_at(reference: str) -> str:
    """The address for receipts that a send of this text names."""
    responses.post(SEND_URL, json=answer("QUEUED"))
    outbound = replace(
        TEXT, reference=reference, status_url=f"https://desk.example/s?message={reference}"
    )
    carrier("8x8").send(outbound, ACCOUNT)
    [url] = [json.loads(call.request.body or "")["dlrCallbackUrl"] for call in responses.calls]
    return url


def test_S4_a_receipt_at_the_address_of_its_send_needs_no_header():
    verify(replace(posted(receipt("sent")), urls=(sent_for_receipts_at("m1"),)))


def test_S4_the_address_of_one_send_proves_nothing_of_another():
    url = sent_for_receipts_at("m1")

    for changed in (
        url.replace("message=m1", "message=m2"),
        url.replace("message=m1&", ""),
        url[:-1],
        url.partition("&")[0],
        sent_for_receipts_at("m2").replace("message=m2", "message=m1"),
    ):
        with pytest.raises(BadSignature):
            verify(replace(posted(receipt("sent")), urls=(changed,)))


@pytest.mark.parametrize(
    "document",
    [text(), receipt("sent", clientMessageId="m2"), receipt("sent", clientMessageId=None), {}],
)
def test_S4_the_address_of_a_send_proves_nothing_but_receipts_of_its_message(document):
    with pytest.raises(BadSignature):
        verify(replace(posted(document), urls=(sent_for_receipts_at("m1"),)))


def test_S4_while_a_secret_is_changed_the_addresses_under_way_count_too():
    request = replace(posted(receipt("sent")), urls=(sent_for_receipts_at("m1"),))
    changed = TestEightXEight().an_account("n3w", previous_secret="t0ken")

    carrier("8x8").verify(request, changed)
    with pytest.raises(BadSignature):
        carrier("8x8").verify(request, TestEightXEight().an_account("n3w"))


# Texts


def test_the_fixtures_are_of_the_carriers_shapes():
    validate(text(), shapes.INBOUND_EVENT)
    validate(
        receipt("undelivered", detail="rejected_by_operator", errorCode=15, errorMessage="No"),
        shapes.RECEIPT_EVENT,
    )
    validate(answer("REJECTED"), shapes.ANSWER)
    validate(error(1002), shapes.ERROR)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("+6581968289", "+6581968289"),
        ("4534735477", "+4534735477"),
        ("24453", "24453"),
        ("ACME2025", "ACME2025"),
    ],
)
def test_A2_numbers_without_their_plus_are_international_and_short_codes_are_not(given, kept):
    news = read(text(source=given, destination=given))

    assert (news.sender, news.recipient) == (kept, kept)


@pytest.mark.parametrize(
    "document",
    [
        {**text(), "namespace": "ChatApps"},
        {**text(), "eventType": "an_event_of_tomorrow"},
    ],
)
def test_events_of_other_kinds_tell_nothing(document):
    assert carrier("8x8").read(posted(document)) == []


@pytest.mark.parametrize("kind", RequestKind)
def test_a_request_says_itself_what_it_is_whatever_address_it_comes_to(kind):
    adapter = carrier("8x8")

    assert adapter.read(replace(posted(text()), kind=kind))[0].body == "hello"
    assert adapter.read(replace(posted(receipt("sent")), kind=kind))[0].status == "sent"


def test_fields_that_are_new_to_us_do_no_harm():
    news = read({**text(tomorrow={"a": [1]}), "meta": {"attempt": 2}})

    assert news.body == "hello"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The request is no JSON object."),
        (b"[]", "The request is no JSON object."),
        (b"{}", "The field namespace is missing."),
        (b'{"namespace": "SMS"}', "The field eventType is missing."),
        (b'{"namespace": "SMS", "eventType": "inbound_message_received"}', "The field umid is"),
        (
            json.dumps({**receipt("sent"), "payload": {"umid": UMID, "status": "sent"}}).encode(),
            "The field state is missing.",
        ),
    ],
)
def test_fault_36_what_cannot_be_read_says_why(body, sentence):
    with pytest.raises(Unreadable) as refused:
        carrier("8x8").read(posted(body))

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("written", "body", "repaired"),
    [
        (b"caf\xc3\xa9", "café", False),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}", True),
        (b"a\\u0000b", "a\N{REPLACEMENT CHARACTER}b", True),
        (b"\\ud83d\\ude00", "😀", False),
    ],
)
def test_fault_36_what_is_no_text_is_replaced_and_said(written, body, repaired):
    news = read(json.dumps(text(body="HERE")).encode().replace(b"HERE", written))

    assert (news.body, news.repaired) == (body, repaired)


# Receipts


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        ("delivered_to_recipient", MessageState.DELIVERED),
        ("delivered_to_operator", MessageState.SENT),
        ("a detail of tomorrow", MessageState.DELIVERED),
    ],
)
def test_N2_delivered_to_the_operator_is_only_sent(detail, state):
    news = read(receipt("delivered", detail=detail))

    assert (news.state, news.status) == (state, f"delivered {detail}"[:40])


def test_N2_a_receipt_carries_the_code_the_sentence_and_our_own_name():
    news = read(receipt("undelivered", errorCode=43, errorMessage="Spam filter"))

    assert (news.error_code, news.failure, news.reference) == (
        "43",
        "The text was taken for spam. Word it differently, without links.",
        "m1",
    )


def test_N2_a_code_unknown_to_us_keeps_the_carriers_words():
    assert read(receipt("rejected", errorCode=999, errorMessage="Cats")).failure == (
        "The text could not be delivered (the carrier's code 999). Cats."
    )


def test_N2_every_reason_of_the_carriers_receipts_is_known():
    assert set(RECEIPT_CODES) == {str(code) for code in range(62)} - {"6"}  # there is no 6


# Sending


@responses.activate
def answered(status: int, document: dict, **changes) -> SendResult:
    responses.post(SEND_URL, status=status, json=document)
    return carrier("8x8").send(replace(TEXT, **changes), ACCOUNT)


@responses.activate
@pytest.mark.parametrize(
    ("body", "encoding"), [("Is it cheap {yes}?", "GSM7"), ("Ça va? 😀", "UCS2")]
)
def test_F11_F14_a_send_is_of_the_carriers_shape(body, encoding):
    responses.post(SEND_URL, json=answer("QUEUED"))

    carrier("8x8").send(replace(TEXT, body=body), ACCOUNT)

    request = responses.calls[0].request
    message = json.loads(request.body)
    validate(message, shapes.SEND)
    callback = message.pop("dlrCallbackUrl")
    assert callback.startswith(f"{TEXT.status_url}&proof=")
    assert message == {
        "source": TEXT.sender,
        "destination": TEXT.recipient,
        "text": body,
        "encoding": encoding,
        "clientMessageId": TEXT.reference,
    }
    assert request.headers["Authorization"] == "Bearer k3y"
    assert request.headers["Content-Type"] == "application/json"


@responses.activate
def test_a_subaccount_may_have_signs_in_its_name():
    name = "R&D.eu-1_x"
    assert re.fullmatch(shapes.SUBACCOUNT, name)
    url = "https://carrier.example/api/v1/subaccounts/R%26D.eu-1_x/messages"
    responses.post(url, json=answer("QUEUED"))
    account = TestEightXEight().an_account(account_sid=name)

    assert carrier("8x8").send(TEXT, account).verdict is Verdict.TAKEN


def test_N2_an_answer_of_200_that_rejects_is_a_failure():
    assert answered(200, answer("REJECTED", "Destination is blocked")) == SendResult(
        Verdict.REFUSED,
        carrier_message_id=UMID,
        error_code="REJECTED",
        failure="The text could not be delivered. Destination is blocked.",
    )


@pytest.mark.parametrize("code", ["", "TOMORROW"])
def test_fault_31_an_answer_that_neither_takes_nor_rejects_leaves_it_unknown(code):
    assert answered(200, answer(code)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [
        (401, 1200, SendResult(Verdict.REFUSED, "", "1200", SENTENCES["1200"])),
        (400, 1002, SendResult(Verdict.REFUSED, "", "1002", SENTENCES["1002"])),
        (426, 1014, SendResult(Verdict.REFUSED, "", "1014", SENTENCES["1014"])),
        (429, 429, SendResult(Verdict.THROTTLED, "", "429", "The carrier is busy.")),
        (500, 2000, SendResult(Verdict.BUSY, "", "2000", "The carrier is busy.")),
    ],
)
def test_N2_errors_are_told_apart(status, code, result):
    assert answered(status, error(code)) == result


@pytest.mark.parametrize(
    ("body", "parts"), [("x" * 1530, 10), ("x" * 1531, 11), ("я" * 670, 10), ("я" * 671, 11)]
)
def test_F14_a_text_that_would_be_cut_off_is_not_sent(body, parts):
    if parts <= 10:
        assert answered(200, answer("QUEUED"), body=body).verdict is Verdict.TAKEN
        return

    assert carrier("8x8").send(replace(TEXT, body=body), ACCOUNT) == SendResult(
        Verdict.REFUSED,
        failure="The text has 11 parts, and the carrier cuts it off behind 10."
        " Send it as several texts.",
    )


def test_A24_pictures_are_refused_with_a_sentence():
    text = replace(TEXT, attachments=("https://desk.example/media/1.jpg",))

    assert carrier("8x8").send(text, ACCOUNT) == SendResult(
        Verdict.REFUSED,
        failure="This carrier sends no pictures and files. Send a link instead.",
    )
