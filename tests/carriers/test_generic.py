"""Generic HTTP: what every carrier must do, as the example of docs/carriers.md describes one."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from routing.carriers.base import (
    BadSignature,
    OutboundText,
    Part,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
    carrier,
)
from routing.carriers.generic import signature
from routing.enums import MessageState, RequestKind
from routing.models import CarrierAccount
from tests.carriers.cases import TEXT, SigningCarrierCases

PAGE = (Path(__file__).parents[2] / "docs" / "carriers.md").read_text()
URL = "https://desk.example/carriers/k/inbound"
LINE = re.compile(r"([A-Z][^:]*):(.*)")


def written() -> dict[str, str]:
    """What a reader who copies the example writes into the fields of an account."""
    labels = {each.label.lower(): each for each in carrier("generic").credentials}
    section = PAGE.split("(`generic`)\n", 1)[1]
    block = section.split("```text\n", 1)[1].split("```", 1)[0]
    copied: dict[str, str] = {}
    for line in block.splitlines():
        label = LINE.fullmatch(line)
        if label:
            asked = labels[label[1].lower()]
            value = label[2].strip()
            copied[asked.field] = {said: name for name, said in asked.choices}.get(value, value)
        else:
            copied[asked.field] += f"\n{line.strip()}"
    return {name: value.strip() for name, value in copied.items()}


WRITTEN = written()
OPTIONS = {
    name.removeprefix("options."): value
    for name, value in WRITTEN.items()
    if name.startswith("options.")
}


def posted(document, kind=RequestKind.INBOUND, **changes: str) -> WebRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return WebRequest((URL,), {}, body, kind=kind, options={**OPTIONS, **changes})


def text(**fields) -> dict[str, object]:
    message = {"from": "+14155550123", "to": "+14155550100", "text": "hello", "id": "M1"}
    return {"type": "text", "message": {**message, **fields}}


def receipt(word: str, **fields) -> dict[str, object]:
    return {"type": "receipt", "receipt": {"id": "M1", "status": word, **fields}}


def signed(request: WebRequest, secret: str) -> WebRequest:
    proof = f"sha256={signature(secret, request.body, 'sha256 hex')}"
    return replace(request, headers={"x-signature": proof})


def an_account(secret="t0ken", options=None, **fields) -> CarrierAccount:
    """One that describes what the example does, but for these options."""
    return CarrierAccount(
        **{
            "carrier": "generic",
            "account_sid": "acme_desk",
            "auth_token": "passw0rd",
            "signing_secret": secret,
            "base_url": "https://carrier.example",
            "options": {**OPTIONS, **(options or {})},
            **fields,
        }
    )


class TestGeneric(SigningCarrierCases):
    slug = "generic"
    send_url = "https://carrier.example/v1/messages"
    check_url = "https://carrier.example/v1/balance"
    words = {
        "enroute": None,
        "sent": MessageState.SENT,
        "delivered": MessageState.DELIVERED,
        "undelivered": MessageState.FAILED,
        "a new word": None,
    }
    codes = ["1001", "1002", "1003", "1004", "1005", "1006"]

    def an_account(self, secret="t0ken", **fields):
        return an_account(secret, **fields)

    def signed(self, request, secret):
        return signed(request, secret)

    def text_request(self, **fields):
        names = {"sender": "from", "recipient": "to", "body": "text", "message_id": "id"}
        return posted(text(**{names[name]: value for name, value in fields.items()}))

    def receipt_request(self, *, message_id, word, code=""):
        return posted(receipt(word, id=message_id, code=code), RequestKind.STATUS)

    def taken(self, message_id):
        return {"status": 202, "json": {"messages": [{"id": message_id, "status": "queued"}]}}

    def refused(self, code):
        return {"status": 400, "json": {"error": {"code": int(code)}}}


# The description


def test_A18_the_example_can_be_copied_as_it_stands():
    account = an_account("0123456789abcdef")

    assert carrier("generic").wrong(account) == {}


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("send_method", "GET", "By GET, all that is sent stands in the address"),
        ("send_method", "BREW", "Choose POST, PUT or GET"),
        ("send_shape", "xml", "Choose JSON, form"),
        ("send_path", "v1", "Begin with a “/”"),
        ("send_path", "/{body}", "“{body}” cannot stand here"),
        ("send_body", "", "Write the JSON that the carrier takes"),
        ("send_body", "[" * 100_000, "Write the JSON that the carrier takes"),
        ("send_body", '{"to": "{recipient}"}', "Say where the recipient and the text stand"),
        ("send_body", '{"a": "{recipient}{body}{oops}"}', "“{oops}” cannot stand here"),
        ("send_headers", "X-Key", "“X-Key” is no header"),
        ("send_headers", "X-Key: é", "“X-Key: é” is no header"),
        ("send_headers", "X-Text: {body}", "“{body}” cannot stand here"),
        ("id_at", "", "Say where the ID of a text stands"),
        ("taken", "status", "“status” has no “=”"),
        ("errors", "1 = fatal: It broke.", "“fatal” is not one of: permanent"),
        ("errors", "1 = unknown\n1 = permanent", "“1” is there twice"),
        ("text_fields", "sender = a", "A line is missing for: recipient, body, id"),
        ("text_fields", "form = a", "“form” is not one of: sender"),
        ("receipt_fields", "word = a", "Say which field names the text"),
        ("receipt_words", "OK = fine", "“fine” is not one of: waiting"),
        ("receipt_words", "", "Say which word means that the text was delivered"),
        ("proof", "", "Write a header, such as"),
        ("proof", "X-Key: always the same", "Write one of {signature}, {secret} and {basic}"),
        ("proof", "X-Key: {body}", "“{body}” cannot stand here"),
        ("digest", "md5 hex", "Choose how the signature is made"),
        ("answer", "x" * 2000, "The answer may have 1000 characters"),
    ],
)
def test_A18_what_cannot_be_right_of_a_description_is_said_at_its_field(option, value, sentence):
    account = an_account("0123456789abcdef", {option: value})

    wrong = carrier("generic").wrong(account)

    assert wrong[f"options.{option}"].startswith(sentence)
    assert wrong[f"options.{option}"].endswith(".")


@pytest.mark.parametrize("secret", ["", "short", "with a blank in the middle", "éééééééééééééééé"])
def test_S4_a_secret_of_requests_that_is_easily_guessed_is_refused(secret):
    assert "signing_secret" in carrier("generic").wrong(an_account(secret))


@given(st.dictionaries(st.sampled_from([*OPTIONS, "receipt_when"]), st.text(max_size=80)))
def test_fault_36_whatever_is_described_nothing_falls_over(options):
    account = an_account("0123456789abcdef", options)

    assert all(each.endswith(".") for each in carrier("generic").wrong(account).values())
    with pytest.raises(BadSignature):
        carrier("generic").verify(WebRequest((URL,), {}, b"x"), account)
    with suppress(Unreadable):
        carrier("generic").read(replace(posted(text()), options={**OPTIONS, **options}))


# Proofs


def by_get(**fields: str) -> WebRequest:
    query = urlencode({"from": "14155550123", "to": "24453", "text": "hi", "id": "M1", **fields})
    plain = "sender = from\nrecipient = to\nbody = text\nid = id"
    return WebRequest(
        (f"{URL}?{query}",), {}, b"", "GET", options={**OPTIONS, "text_fields": plain}
    )


@pytest.mark.parametrize(
    ("proof", "request_"),
    [
        ("?Token={secret}", by_get(Token="s3cret")),
        ("X-Key: {secret}", replace(by_get(), headers={"x-key": "s3cret"})),
        (
            "Authorization: {basic}",
            replace(by_get(), headers={"authorization": "Basic YWNtZV9kZXNrOnMzY3JldA=="}),
        ),
    ],
)
def test_S4_a_password_in_a_header_or_a_parameter_proves_a_request(proof, request_):
    options = {"proof": proof}

    carrier("generic").verify(request_, an_account("s3cret", options))
    with pytest.raises(BadSignature, match=r"^The proof does not match\."):
        carrier("generic").verify(request_, an_account("0ther", options))
    with pytest.raises(BadSignature, match=r"^The proof is missing"):
        carrier("generic").verify(by_get(), an_account("s3cret", options))


def test_S4_a_signature_over_no_body_proves_no_parameters():
    request = signed(by_get(), "t0ken")

    with pytest.raises(BadSignature, match="over a body"):
        carrier("generic").verify(request, an_account())


@pytest.mark.parametrize(
    ("digest", "made"),
    [  # HMAC of RFC 4231's second case, and of RFC 2202's
        ("sha256 hex", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("sha256 base64", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
        ("sha1 hex", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    ],
)
def test_S4_signatures_are_those_of_the_standard(digest, made):
    assert signature("Jefe", b"what do ya want for nothing?", digest) == made


# Texts and receipts


def test_A2_what_comes_by_get_is_read_and_numbers_get_their_plus():
    [news] = carrier("generic").read(by_get())

    assert (news.sender, news.recipient, news.body) == ("+14155550123", "24453", "hi")


def test_fault_36_bytes_that_are_no_text_are_replaced_and_said():
    fields = b"from=14155550123&to=24453&id=M1&text=caf%E9"
    plain = "sender = from\nrecipient = to\nbody = text\nid = id"

    [news] = carrier("generic").read(posted(fields, text_fields=plain))

    assert (news.body, news.repaired) == ("caf\N{REPLACEMENT CHARACTER}", True)


def test_F14_a_piece_of_a_text_says_which_it_is():
    parts = {"reference": "r", "number": 2, "total": 3}
    [news] = carrier("generic").read(posted(text(parts=parts)))

    assert news.part == Part("r", 2, 3)


def test_A1_a_request_may_bring_several_texts():
    plain = "list = results\nsender = from\nrecipient = to\nbody = text\nid = id"
    one = {"from": "14155550123", "to": "14155550100", "text": "a", "id": 1}
    document = {"results": [one, {**one, "id": 2}]}

    news = carrier("generic").read(posted(document, text_fields=plain))

    assert [each.carrier_message_id for each in news] == ["1", "2"]
    assert carrier("generic").read(posted({"results": []}, text_fields=plain)) == []


def test_N2_a_receipt_at_the_address_for_texts_is_known_by_its_mark():
    [news] = carrier("generic").read(posted(receipt("undelivered", code="1003")))

    assert (news.state, news.opted_out) == (MessageState.FAILED, True)
    assert news.failure == "The customer wants no more texts from this number."


def test_N2_a_receipt_may_name_our_reference_alone():
    fields = "reference = receipt.id\nword = receipt.status"
    [news] = carrier("generic").read(posted(receipt("sent"), receipt_fields=fields))

    assert (news.reference, news.carrier_message_id) == ("M1", "M1")


# Sends


def answered(answer: dict[str, Any], **options: str) -> SendResult:
    with responses.RequestsMock() as http:
        http.add(responses.POST, TestGeneric.send_url, **answer)
        return carrier("generic").send(TEXT, an_account(options=options))


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("1001", Verdict.REFUSED),
        ("1003", Verdict.REFUSED),
        ("1004", Verdict.BUSY),
        ("1005", Verdict.THROTTLED),
        ("1006", Verdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_N18_a_described_code_means_what_is_described(code, verdict, status):
    result = answered({"status": status, "json": {"error": {"code": code}}})

    assert (result.verdict, result.error_code) == (verdict, code)
    assert result.opted_out == (code == "1003")


def test_N18_a_success_with_a_code_that_is_not_described_is_unknown():
    result = answered({"status": 200, "json": {"error": {"code": "77"}}})

    assert (result.verdict, result.error_code) == (Verdict.UNKNOWN, "77")


def test_N18_a_success_in_other_words_than_those_described_is_unknown():
    result = answered({"json": {"messages": [{"id": "M1", "status": "rejected"}]}})

    assert result.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("place", "answer", "found"),
    [
        ("header X-Id", {"headers": {"X-Id": "M1"}}, "M1"),
        ("behind OK:", {"body": "OK: M1, queued"}, "M1"),
        ("whole answer", {"body": " M1\n"}, "M1"),
        ("our reference", {"body": "thanks"}, "m1"),
        ("0.id", {"json": [{"id": 17}]}, "17"),
    ],
)
def test_F11_the_id_is_found_where_it_is_described(place, answer, found):
    result = answered(answer, id_at=place, taken="", error_at="")

    assert result == SendResult(Verdict.TAKEN, found)


@responses.activate
def test_F11_what_a_customer_or_agent_wrote_is_never_filled_in_again():
    responses.post(TestGeneric.send_url, json={})
    words = 'a "quote", {secret} and {recipient}'

    carrier("generic").send(replace(TEXT, body=words), an_account())

    request = responses.calls[0].request
    assert json.loads(request.body) == {
        "from": TEXT.sender,
        "to": [TEXT.recipient],
        "text": words,
        "reference": "m1",
        "receipts": TEXT.status_url,
    }
    assert request.headers["Authorization"] == "Bearer passw0rd"


@responses.activate
@pytest.mark.parametrize("shape", ["form", "query"])
def test_F11_lines_become_parameters(shape):
    responses.add("GET" if shape == "query" else "POST", "https://carrier.example/send?k=passw0rd")
    options = {
        "send_method": "GET" if shape == "query" else "POST",
        "send_shape": shape,
        "send_path": "/send?k={secret}",
        "send_body": "to = {recipient_digits}\ntext = {body}\nunicode = {unicode}\ndlr = 1",
    }

    carrier("generic").send(replace(TEXT, body="a&b=ç\n😀"), an_account(options=options))

    request = responses.calls[0].request
    said = parse_qs(request.body if shape == "form" else urlsplit(request.url).query)
    said.pop("k", None)
    assert said == {"to": ["14155550123"], "text": ["a&b=ç\n😀"], "unicode": ["1"], "dlr": ["1"]}


def test_N18_with_a_mistake_in_the_description_nothing_is_sent():
    result = carrier("generic").send(TEXT, an_account(options={"send_body": "{"}))

    assert (result.verdict, result.failure) == (
        Verdict.REFUSED,
        "The account's description has a mistake. Tell your supervisor.",
    )


def test_A24_pictures_are_refused_with_a_sentence():
    text_: OutboundText = replace(TEXT, attachments=("https://desk.example/media/1.jpg",))

    assert carrier("generic").send(text_, an_account()).verdict is Verdict.REFUSED


def test_credentials_are_not_tried_where_no_address_for_it_is_described():
    check = carrier("generic").check(an_account(options={"check_path": ""}))

    assert (check.works, check.sentence) == (
        False,
        "Nothing was tried: the account names no path of a test.",
    )


def test_the_carrier_reads_the_answer_that_is_described():
    answer = carrier("generic").success(an_account())

    assert (answer.status, answer.content_type, answer.body) == (
        200,
        "application/json",
        b'{"ok": true}',
    )
