"""Twilio: what every carrier must do, and its signature beside the official library's."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
import responses
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from routing.carriers.base import (
    Attachment,
    BadSignature,
    SendResult,
    Verdict,
    WebRequest,
    Wish,
    carrier,
)
from routing.carriers.http import explain
from routing.carriers.twilio import MOST_FIELDS, signature
from routing.carriers.twilio_errors import SENTENCES
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
    codes = list(SENTENCES)
    refusal = "21610"
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
        "The number is a landline, or its carrier cannot take texts. Call the customer.",
    )


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        ("", "", "The text could not be delivered."),
        ("99999", "", "The text could not be delivered (the carrier's code 99999)."),
        (
            "99999",
            "Cats on the line",
            "The text could not be delivered (the carrier's code 99999). Cats on the line.",
        ),
    ],
)
def test_N2_a_code_unknown_to_us_still_has_a_sentence(code, words, sentence):
    assert explain(SENTENCES, code, words) == sentence


# What else a text tells

WHO = {"MessageSid": "MM1", "From": "+14155550123", "To": "+14155550100"}
LONG = "Liebe Leute,\nich komme später – der Zug steht seit einer Stunde bei Köln. 😀 " * 3


def told(**fields):
    """The only text of a request with these fields."""
    [news] = carrier("twilio").read(form({**WHO, **fields}))
    return news


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        in_base64(LONG),
        base64.encodebytes(LONG.encode()).decode(),  # in lines, as mail has it
        base64.encodebytes(LONG.encode()).decode().replace("\n", "\r\n"),
    ],
)
def test_a_long_text_in_base64_is_read(body):
    assert (told(Body=body, NumSegments="4").body, told(Body=body).repaired) == (LONG, False)


def test_fault_36_a_long_text_in_base64_that_is_cut_off_within_a_character_is_read_and_said():
    cut = base64.b64encode((LONG[:-1] + "😀").encode()[:-1]).decode()

    news = told(Body=cut, NumSegments="2")

    assert (news.body.startswith(LONG[:-1]), news.repaired) == (True, True)


@pytest.mark.parametrize("segments", ["", "0", "1", None])
def test_a_text_of_one_segment_is_never_taken_for_base64(segments):
    body = in_base64(LONG)

    assert told(Body=body, **({} if segments is None else {"NumSegments": segments})).body == body


@pytest.mark.parametrize(
    "body",
    [
        in_base64("Hi there"),  # no length of several segments
        "x" * 161,  # nor a length of base64
        "Abcd" * 50,  # bytes behind it that are no text
        in_base64("\x00\x01\x02" * 60),  # nor letters
        base64.b64encode("Où est-ce? ".encode("latin-1") * 20).decode(),
        in_base64(LONG) + " is my key",
        "see " + in_base64(LONG),
        in_base64(LONG)[:-4] + "=AAA",
        "https://example.org/" + "a/b" * 60,
        LONG,
    ],
)
def test_a_long_text_that_only_looks_like_base64_stays_as_it_is(body):
    assert told(Body=body, NumSegments="2").body == body


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=200))
def test_fault_36_any_long_text_comes_through(body):
    assert told(Body=body, NumSegments="2").body == body


@pytest.mark.parametrize(
    ("word", "wish"),
    [
        ("STOP", Wish.STOP),
        ("START", Wish.START),
        ("HELP", Wish.HELP),
        ("", None),
        ("A WORD OF TOMORROW", None),
    ],
)
def test_N1_what_twilio_answered_itself_is_a_wish(word, wish):
    assert told(Body="arret", OptOutType=word).wish is wish


def test_A17_of_a_group_text_the_others_are_told():
    news = told(Body="hi", OtherRecipients0="+14155550111", OtherRecipients1="+14155550122")

    assert news.others == ("+14155550111", "+14155550122")


def test_A24_all_pictures_are_told_with_their_types():
    media = {
        f"Media{what}{number}": value
        for number in range(11)
        for what, value in (
            ("Url", f"https://api.twilio.com/{number}"),
            ("ContentType", "image/png" if number else ""),
        )
    }

    news = told(NumMedia="11", **media)

    assert news.attachments == (
        Attachment("https://api.twilio.com/0"),
        *(Attachment(f"https://api.twilio.com/{number}", "image/png") for number in range(1, 11)),
    )


@pytest.mark.parametrize(
    ("given_as", "kept_as"),
    [
        ("384387", "384387"),
        ("+14155550100", "+14155550100"),
        ("447911123456", "+447911123456"),
        ("ACME2025", "ACME2025"),
    ],
)
def test_A2_numbers_short_codes_and_names_are_told_apart(given_as, kept_as):
    assert (told(To=given_as).recipient, told(From=given_as).sender) == (kept_as, kept_as)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC123/Messages/MM1/Media/ME1", True),
        ("https://api.twilio.com:443/x", True),
        ("https://API.Twilio.com/x", True),
        ("https://carrier.example/x", True),
        ("http://api.twilio.com/x", False),
        ("http://api.twilio.com:443/x", False),
        ("https://api.twilio.com:8443/x", False),
        ("https://api.twilio.com.evil.example/x", False),
        ("https://api.twilio.com@evil.example/x", False),
        ("https://evil.example/https://api.twilio.com/", False),
        ("https://media.twiliocdn.com/x", False),
        ("//api.twilio.com/x", False),
        ("https://api.twilio.com:99999/x", False),
        ("", False),
    ],
)
def test_S6_credentials_for_pictures_go_to_the_accounts_own_host_alone(url, known):
    account = TestTwilio().an_account()
    mine = {"Authorization": "Basic QUMxMjM6dDBrZW4="}

    assert carrier("twilio").fetching(url, account) == (mine if known else {})


def test_S6_an_address_that_is_none_is_nobodys():
    account = TestTwilio().an_account(base_url="https://carrier.example:99999")

    assert carrier("twilio").fetching("https://evil.example:99999/x", account) == {}


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
def test_A24_pictures_go_out_by_their_addresses():
    responses.post(TestTwilio.send_url, status=201, json={"sid": "MM1"})
    pictures = ("https://desk.example/media/1.jpg", "https://desk.example/media/2.gif")

    carrier("twilio").send(replace(TEXT, attachments=pictures), TestTwilio().an_account())

    assert parse_qs(responses.calls[0].request.body)["MediaUrl"] == list(pictures)


@responses.activate
@pytest.mark.parametrize("code", [14107, 21611])
def test_N18_a_text_too_many_is_tried_again_later(code):
    responses.post(TestTwilio.send_url, status=400, json={"code": code, "message": "Slower."})

    assert carrier("twilio").send(TEXT, TestTwilio().an_account()) == SendResult(
        Verdict.THROTTLED, error_code=str(code), failure="The carrier is busy."
    )


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
