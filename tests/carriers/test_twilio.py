"""Twilio: what every carrier must do, and its signature beside the official library's."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
import responses
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from routing.carriers.base import BadSignature, SendResult, Verdict, WebRequest, carrier
from routing.carriers.twilio import MOST_FIELDS, signature
from routing.carriers.twilio_errors import SENTENCES, explain
from routing.enums import MessageState, RequestKind
from routing.models import CarrierAccount
from tests.carriers.cases import TEXT, SigningCarrierCases

URL = "https://desk.example/carriers/k/inbound"
HEADER = "x-twilio-signature"
ACCOUNT = CarrierAccount(auth_token="t0ken")
NAMES = {"sender": "From", "recipient": "To", "body": "Body", "message_id": "MessageSid"}


def form(fields: list[tuple[str, str]] | dict[str, str], url: str = URL) -> WebRequest:
    return WebRequest(urls=(url,), headers={}, body=urlencode(fields).encode())


def status(fields: dict[str, str]) -> WebRequest:
    return replace(form(fields), kind=RequestKind.STATUS)


def verify(request: WebRequest) -> None:
    carrier("twilio").verify(request, ACCOUNT)


def officially_signed(request: WebRequest, url: str | None = None) -> WebRequest:
    """The request with the signature that Twilio's own library makes."""
    fields = QueryDict(request.body, encoding="utf-8")
    signed = RequestValidator("t0ken").compute_signature(url or request.urls[0], fields)
    return replace(request, headers={HEADER: signed})


class TestTwilio(SigningCarrierCases):
    slug = "twilio"
    send_url = "https://carrier.example/2010-04-01/Accounts/AC123/Messages.json"
    check_url = "https://carrier.example/2010-04-01/Accounts/AC123.json"
    codes = ["21610", *(code for code in SENTENCES if code != "21610")]
    words = {
        "accepted": None,
        "scheduled": None,
        "queued": None,
        "sending": None,
        "sent": MessageState.SENT,
        "delivered": MessageState.DELIVERED,
        "read": MessageState.DELIVERED,
        "undelivered": MessageState.FAILED,
        "failed": MessageState.FAILED,
        "canceled": MessageState.FAILED,
        "a word of tomorrow": None,
    }

    def signed(self, request, secret):
        fields = QueryDict(request.body, encoding="utf-8")
        signed = RequestValidator(secret).compute_signature(request.urls[0], fields)
        return replace(request, headers={HEADER: signed})

    def text_request(self, **fields):
        return form(
            {NAMES[name]: value for name, value in fields.items() if value or name == "body"}
        )

    def receipt_request(self, **fields):
        names = {"message_id": "MessageSid", "word": "MessageStatus", "code": "ErrorCode"}
        return status({names[name]: value for name, value in fields.items()})

    def taken(self, message_id):
        return {"status": 201, "json": {"sid": message_id, "status": "queued"}}

    def refused(self, code):
        return {"status": 400, "json": {"code": int(code), "message": "No.", "status": 400}}


# Signatures

hosts = st.sampled_from(["desk.example", "Desk.Example", "127.0.0.1", "xn--sms-dsk.example"])
ports = st.sampled_from(["", ":80", ":443", ":8443"])
queries = st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=2).map(urlencode)
urls = st.builds(
    lambda scheme, host, port, query: f"{scheme}://{host}{port}/carriers/k/inbound?{query}".rstrip(
        "?"
    ),
    st.sampled_from(["http", "https"]),
    hosts,
    ports,
    queries,
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.one_of(st.sampled_from(["Body", "Reason", "ReasonConferenceEnded", "MediaUrl0"]), words)
# Few names, so that some come with several values.
fields_of_forms = st.lists(st.tuples(names, words), max_size=12)


@given(urls, fields_of_forms)
def test_S4_our_signature_is_the_official_one(url, fields):
    body = urlencode(fields).encode()
    official = RequestValidator("t0ken").compute_signature(url, QueryDict(body, encoding="utf-8"))

    assert signature("t0ken", url, fields) == official


@given(urls, fields_of_forms)
def test_S4_what_the_official_library_signs_and_accepts_is_verified(url, fields):
    request = officially_signed(form(fields, url))

    verify(request)

    parameters = QueryDict(request.body, encoding="utf-8")
    official = RequestValidator("t0ken").validate(url, parameters, request.headers[HEADER])
    assert official is True


@given(urls, fields_of_forms, st.text(st.characters(codec="latin-1"), max_size=40))
def test_S4_no_other_signature_is_verified(url, fields, guess):
    request = form(fields, url)
    assert guess != signature("t0ken", url, fields)

    with pytest.raises(BadSignature):
        verify(replace(request, headers={HEADER: guess}))


def test_S4_a_value_that_comes_twice_is_signed_once_and_two_values_in_order():
    request = form([("A", "2"), ("A", "1"), ("A", "2"), ("Ab", "0")])

    assert officially_signed(request).headers[HEADER] == signature(
        "t0ken", URL, [("A", "1"), ("A", "2"), ("Ab", "0")]
    )
    verify(officially_signed(request))


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://desk.example:443/x", "https://desk.example/x"),
        ("https://desk.example/x", "https://desk.example:443/x"),
        ("http://desk.example:80/x", "http://desk.example/x"),
        ("http://desk.example/x", "http://desk.example:80/x"),
        ("https://desk.example:8443/x", "https://desk.example:8443/x"),
        ("https://u:p@desk.example:443/x", "https://u:p@desk.example/x"),
    ],
)
def test_S4_the_default_port_may_be_written_or_not(signed, called):
    verify(replace(officially_signed(form({"A": "1"}, called), signed)))


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://desk.example:8443/x", "https://desk.example/x"),
        ("http://desk.example/x", "https://desk.example/x"),
        ("https://desk.example/x?a=1", "https://desk.example/x?a=2"),
        ("https://evil.example/x", "https://desk.example/x"),
    ],
)
def test_S4_another_address_is_not_ours(signed, called):
    with pytest.raises(BadSignature):
        verify(officially_signed(form({"A": "1"}, called), signed))


def test_S4_any_of_our_spellings_may_be_the_signed_one():
    request = officially_signed(form({"A": "1"}, "https://public.example/x"))

    verify(replace(request, urls=("http://inside:8000/x", *request.urls)))


def test_S4_the_refusal_says_what_is_wrong():
    with pytest.raises(BadSignature, match=r"^The X-Twilio-Signature header is missing\.$"):
        verify(form({"A": "1"}))
    with pytest.raises(BadSignature, match=r"^The signature does not match\. Check the account"):
        verify(replace(form({"A": "1"}), headers={HEADER: "bm8="}))


def test_fault_35_a_form_of_too_many_fields_is_not_read():
    fields = [("A", str(number)) for number in range(MOST_FIELDS + 1)]

    with pytest.raises(BadSignature, match=r"^The form has more than 1000 fields\.$"):
        verify(replace(form(fields), headers={HEADER: signature("t0ken", URL, fields)}))
    fewer = fields[1:]
    verify(replace(form(fewer), headers={HEADER: signature("t0ken", URL, fewer)}))


# Bodies

HEAD = b"MessageSid=SM1&From=%2B14155550123&To=%2B14155550100&Body="


@pytest.mark.parametrize(
    ("body", "text", "repaired"),
    [
        (b"caf%C3%A9", "café", False),
        (b"caf%E9", "caf\N{REPLACEMENT CHARACTER}", True),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}", True),
        (b"caf\xc3\xa9", "café", False),
        (b"a%00b", "a\N{REPLACEMENT CHARACTER}b", True),
        (b"a\x00b", "a\N{REPLACEMENT CHARACTER}b", True),
        # a lone surrogate, which UTF-8 forbids
        (b"a%ED%A0%80b", "a" + "\N{REPLACEMENT CHARACTER}" * 3 + "b", True),
        (b"%F0%9F%98%80", "😀", False),
        (b"two+words%0D%0Aand+a+line", "two words\r\nand a line", False),
    ],
)
def test_fault_36_what_is_no_text_is_replaced_and_said(body, text, repaired):
    [read] = carrier("twilio").read(WebRequest((URL,), {}, HEAD + body))

    assert (read.body, read.repaired) == (text, repaired)


@pytest.mark.parametrize("body", [b"caf%E9", b"caf\xe9", b"a%00b", b"a\x00b", b"a%ED%A0%80b"])
def test_fault_36_what_is_no_text_is_signed_for_all_the_same(body):
    fields = [
        ("MessageSid", "SM1"),
        ("From", "+14155550123"),
        ("To", "+14155550100"),
        (
            "Body",
            body.replace(b"%E9", b"\xe9")
            .replace(b"%00", b"\x00")
            .replace(b"%ED%A0%80", b"\xed\xa0\x80")
            .decode("utf-8", "surrogateescape"),
        ),
    ]
    request = WebRequest((URL,), {HEADER: signature("t0ken", URL, fields)}, HEAD + body)

    verify(request)
    with pytest.raises(BadSignature):
        verify(replace(request, body=HEAD + b"other"))


def test_a_legacy_request_names_the_message_otherwise():
    request = form({"SmsSid": "SM1", "From": "+14155550123", "To": "24453", "Body": "hi"})

    assert [news.carrier_message_id for news in carrier("twilio").read(request)] == ["SM1"]


def test_N2_a_receipt_carries_the_code_and_the_sentence():
    [receipt] = carrier("twilio").read(
        status({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30006"})
    )

    assert (receipt.error_code, receipt.failure) == (
        "30006",
        "The number is a landline, or its carrier cannot take texts.",
    )


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        ("", "", "The text could not be delivered."),
        ("99999", "", "The text could not be delivered (the carrier's code 99999)."),
        (
            "99999",
            "Cats on the line.",
            "The text could not be delivered (the carrier's code 99999). Cats on the line.",
        ),
    ],
)
def test_N2_a_code_unknown_to_us_still_has_a_sentence(code, words, sentence):
    assert explain(code, words) == sentence


# The wire of a send


@responses.activate
def test_F11_a_send_is_twilios_own_request():
    responses.post(TestTwilio.send_url, status=201, json={"sid": "SM1"})
    account = CarrierAccount(
        account_sid="AC123", auth_token="t0ken", base_url="https://carrier.example"
    )

    carrier("twilio").send(TEXT, account)

    request = responses.calls[0].request
    assert request.headers["Authorization"] == "Basic QUMxMjM6dDBrZW4="
    assert parse_qs(request.body) == {
        "From": [TEXT.sender],
        "To": [TEXT.recipient],
        "Body": [TEXT.body],
        "StatusCallback": [TEXT.status_url],
    }


@responses.activate
def test_N1_a_send_to_a_customer_who_opted_out_says_so():
    responses.post(
        TestTwilio.send_url,
        status=400,
        json={"code": 21610, "message": "Attempt to send to unsubscribed recipient"},
    )
    account = CarrierAccount(
        account_sid="AC123", auth_token="t0ken", base_url="https://carrier.example"
    )

    assert carrier("twilio").send(TEXT, account) == SendResult(
        Verdict.REFUSED,
        error_code="21610",
        failure="The customer has opted out by texting STOP. Only the customer can opt in again.",
        opted_out=True,
    )


@responses.activate
@pytest.mark.parametrize("document", ['{"sid": "a\\u0000b"}', '{"sid": "\\ud800"}'])
def test_fault_36_an_id_that_is_no_text_can_be_stored_all_the_same(document):
    responses.post(TestTwilio.send_url, status=201, body=document)
    account = CarrierAccount(
        account_sid="AC123", auth_token="t0ken", base_url="https://carrier.example"
    )

    result = carrier("twilio").send(TEXT, account)

    assert result.verdict is Verdict.TAKEN
    assert "\x00" not in result.carrier_message_id
    assert result.carrier_message_id.encode()
