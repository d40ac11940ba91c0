"""Vonage SMS API: what every carrier must do, and its signature beside Vonage's own library."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from vonage_http_client.auth import Auth
from vonage_sms import SmsMessage

from routing.carriers.base import (
    BadSignature,
    Part,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
    carrier,
)
from routing.carriers.vonage import METHODS, signature
from routing.carriers.vonage_errors import RECEIPTS, SENDS
from routing.enums import MessageState, RequestKind
from routing.models import CarrierAccount
from routing.services.parts import is_part
from tests.carriers.cases import TEXT, SigningCarrierCases

URL = "https://desk.example/carriers/k/inbound"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEND_URL = "https://carrier.example/sms/json"
REPLACED = "\N{REPLACEMENT CHARACTER}"


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def text(**changes: str) -> dict[str, str]:
    """An inbound text's fields as Vonage sends them."""
    return {
        "api-key": "abcd1234",
        "msisdn": "14155550123",
        "to": "14155550100",
        "messageId": "0A0000000123ABCD1",
        "text": "hello",
        "type": "text",
        "keyword": "HELLO",
        "message-timestamp": "2026-03-02 12:00:00",
        "timestamp": seconds(NOW),
        "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        **changes,
    }


def receipt(status: str, **changes: str) -> dict[str, str]:
    return {
        "msisdn": "14155550123",
        "to": "14155550100",
        "network-code": "310090",
        "messageId": "0A0000001234567B",
        "price": "0.03330000",
        "status": status,
        "scts": "2603021200",
        "err-code": "0",
        "api-key": "abcd1234",
        "client-ref": "m1",
        "message-timestamp": "2026-03-02 12:00:00",
        "timestamp": seconds(NOW),
        "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        **changes,
    }


def asked(fields: dict[str, str], way: str = "form") -> WebRequest:
    """The request that brings these fields: by GET, as a form or as JSON."""
    if way == "json":
        return WebRequest((URL,), {}, json.dumps(fields).encode(), received_at=NOW)
    form = urlencode(fields)
    if way == "get":
        return WebRequest((f"{URL}?{form}",), {}, b"", "GET", received_at=NOW)
    return WebRequest((URL,), {}, form.encode(), received_at=NOW)


def fields_of(request: WebRequest) -> dict[str, str]:
    if request.body.startswith(b"{"):
        return json.loads(request.body)
    form = urlsplit(request.urls[0]).query if request.method == "GET" else request.body.decode()
    return dict(parse_qsl(form, keep_blank_values=True))


def signed(request: WebRequest, secret: str = "t0ken", method: str = "sha256") -> WebRequest:
    """The request as Vonage's own library signs it."""
    fields = {name: value for name, value in fields_of(request).items() if name != "sig"}
    auth = Auth(api_key="abcd1234", signature_secret=secret or "n0ne", signature_method=method)
    fields["sig"] = auth.sign_params(dict(fields))
    way = "json" if request.body.startswith(b"{") else "form"
    return asked(fields, "get" if request.method == "GET" else way)


def read(fields: dict[str, str], way: str = "form"):
    [news] = carrier("vonage").read(asked(fields, way))
    return news


def answer(*statuses: str, words: str = "") -> dict:
    """What Vonage answers a text of so many parts."""
    parts = [
        {"to": "14155550123", "message-id": f"M{number}", "status": "0", "network": "310090"}
        if status == "0"
        else {"to": "14155550123", "status": status, "error-text": words or "No"}
        for number, status in enumerate(statuses, 1)
    ]
    return {"message-count": str(len(parts)), "messages": parts}


class TestVonage(SigningCarrierCases):
    slug = "vonage"
    send_url = SEND_URL
    check_url = "https://carrier.example/account/get-balance"
    codes = list(RECEIPTS)
    refusal = "15"
    words = {
        "accepted": MessageState.SENT,
        "buffered": None,
        "delivered": MessageState.DELIVERED,
        "expired": MessageState.FAILED,
        "failed": MessageState.FAILED,
        "rejected": MessageState.FAILED,
        "undelivered": MessageState.FAILED,
        "unknown": None,
        "a word of tomorrow": None,
    }

    def an_account(self, secret="t0ken", **fields):
        # Without a signature secret, what counts is the API secret.
        fields = {"auth_token": "k3y" if secret else "", "signing_secret": secret, **fields}
        return super().an_account(**fields)

    def signed(self, request, secret):
        return signed(request, secret)

    def unproven(self, request):
        fields = fields_of(request)
        del fields["sig"]
        return asked(fields)

    def text_request(self, sender="", recipient="", body="", message_id=""):
        return asked(text(msisdn=sender, to=recipient, text=body, messageId=message_id))

    def receipt_request(self, message_id="", word="", code="0"):
        return asked(receipt(word, messageId=message_id, **{"err-code": code}))

    def taken(self, message_id):
        document = answer("0", "0")
        document["messages"][0]["message-id"] = message_id
        return {"status": 200, "json": document}

    def refused(self, code):
        return {"status": 200, "json": answer(code)}

    known = {"json": {"value": 10.28, "autoReload": False}}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("account_sid", "abcd 1234"),
            ("auth_token", "sécret"),
            ("secret", ""),
            ("secret", "s3cret\n"),
        ],
    )
    def test_credentials_that_were_not_copied_whole_are_refused(self, field, value):
        account = self.an_account(**{field: value, **({"auth_token": "k"} if not value else {})})

        [(wrong, sentence)] = carrier("vonage").wrong(account).items()

        assert wrong == field.replace("secret", "signing_secret")
        assert sentence.startswith("Copy it from Vonage's dashboard anew")

    @pytest.mark.parametrize("method", ["", *METHODS])
    def test_a_signature_method_is_one_of_vonages(self, method):
        adapter = carrier("vonage")

        assert adapter.wrong(self.an_account(options={"method": method})) == {}
        assert adapter.wrong(self.an_account(options={"method": "rot13"})) == {
            "options.method": "Write one of md5hash, md5, sha1, sha256 and sha512."
        }


ACCOUNT = TestVonage().an_account()


def verify(request: WebRequest, method: str = "") -> None:
    carrier("vonage").verify(request, TestVonage().an_account(options={"method": method}))


# Signatures


@pytest.mark.parametrize(
    ("secret", "fields", "method", "sig"),
    [
        # Facts from the tests of Vonage's Java and Python libraries.
        (
            "abcde",
            {"a": "alphabet", "b": "bananas", "timestamp": "2100"},
            "md5hash",
            "7d43241108912b32cc315b48ce681acf",
        ),
        (
            "abcde",
            {"a": "alphabet", "b": "bananas", "timestamp": "2100"},
            "sha256",
            "8d1b0428276b6a070578225914c3502cc0687a454dfbbbb370c76a14234cb546",
        ),
        (
            "abcde",
            {"a": "alphabet", "timestamp": "2100"},
            "md5hash",
            "a3368bf718ba104dcb392d8877e8eb2b",
        ),
        (
            "signature_secret",
            {"param1": "value1", "param2": "value2", "timestamp": "1234567890"},
            "sha256",
            "280c4320703dbc98bfa22db676655ed2acfbfe8792b062ff7622e67f1183c287",
        ),
        (
            "signature_secret",
            {"param1": "value&1", "param2": "value=2", "timestamp": "1234567890"},
            "md5",
            "2bbf0abafb2c55e5af6231513896a2ac",
        ),
    ],
)
def test_S4_signatures_are_those_of_vonages_own_tests(secret, fields, method, sig):
    assert signature(secret, fields, method) == sig


names = st.text(st.sampled_from("abcXYZ-"), min_size=1, max_size=8).filter(lambda n: n != "sig")
printable = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("method", METHODS[1:])
@given(fields=st.dictionaries(names, printable, max_size=6), secret=st.text("abc0", min_size=1))
def test_S4_signatures_are_those_of_vonages_own_library(method, fields, secret):
    fields = {**fields, "timestamp": "1772452800"}
    auth = Auth(api_key="k", signature_secret=secret, signature_method=method)

    assert signature(secret, fields, method) == auth.sign_params(dict(fields))


@pytest.mark.parametrize(
    ("way", "method"), list(product(["get", "form", "json"], METHODS[1:])), ids="-".join
)
def test_S4_each_way_and_method_is_verified(way, method):
    request = signed(asked(text(text="1 + 1 = 2 & more, ça va? 😀"), way), method=method)

    verify(request, method)
    for other in set(METHODS) - {method}:
        with pytest.raises(BadSignature, match="signature secret and method"):
            verify(request, other)


def test_S4_a_signature_method_that_is_none_verifies_nothing():
    with pytest.raises(BadSignature, match="not one of Vonage's"):
        verify(signed(asked(text())), "rot13")


@pytest.mark.parametrize("spelled", [str.upper, str.lower])
def test_S4_the_signature_may_be_spelled_in_either_case(spelled):
    fields = fields_of(signed(asked(text())))

    verify(asked({**fields, "sig": spelled(fields["sig"])}))


def test_S4_blank_values_may_be_signed_or_left_out():
    fields = text(text="", keyword=" ")
    filled = {name: value for name, value in fields.items() if value.strip()}

    for signed_over in (fields, filled):
        verify(asked({**fields, "sig": signature("t0ken", signed_over, "sha256")}))
    with pytest.raises(BadSignature):
        verify(asked({**fields, "sig": signature("t0ken", {}, "sha256")}))


@pytest.mark.parametrize("name", sorted(text()))
def test_S4_a_request_with_any_parameter_changed_or_left_out_is_refused(name):
    fields = fields_of(signed(asked(text())))
    without = {each: value for each, value in fields.items() if each != name}

    for changed in (without, {**fields, name: f"{fields[name]}1"}, {**fields, "new": "1"}):
        with pytest.raises(BadSignature):
            verify(asked(changed))


def test_S4_parameters_cannot_be_run_together_under_a_genuine_signature():
    fields = fields_of(signed(asked(text())))
    together = dict(fields)
    together[f"messageId={together.pop('messageId')}&msisdn"] = together.pop("msisdn")

    with pytest.raises(BadSignature):
        verify(asked(together))


def test_S4_numbers_of_json_are_signed_as_they_are_written():
    fields = text(**{"concat-part": "2"})
    document = {**fields, "concat-part": 2, "sig": signature("t0ken", fields, "sha256")}

    verify(WebRequest((URL,), {}, json.dumps(document).encode(), received_at=NOW))


@pytest.mark.parametrize("value", [{"a": "1"}, ["1"]])
def test_S4_what_is_no_parameter_is_not_proven(value):
    document = {**fields_of(signed(asked(text()))), "nested": value}

    with pytest.raises(BadSignature, match="nested is neither a text nor a number"):
        verify(WebRequest((URL,), {}, json.dumps(document).encode(), received_at=NOW))


@pytest.mark.parametrize(
    "away",
    [
        timedelta(0),
        timedelta(minutes=5),
        timedelta(hours=-1),
        timedelta(hours=-24, minutes=-5),
    ],
)
def test_S5_a_text_that_could_not_be_stored_for_a_day_is_taken(away):
    verify(signed(asked(text(timestamp=seconds(NOW + away)))))


@pytest.mark.parametrize(
    "timestamp",
    [
        seconds(NOW + timedelta(minutes=5, seconds=1)),
        seconds(NOW - timedelta(hours=24, minutes=5, seconds=1)),
        "2026-03-02 12:00:00",
        "yesterday",
    ],
)
def test_S5_what_is_older_than_a_day_or_has_no_time_is_refused(timestamp):
    with pytest.raises(BadSignature, match="more than a day ago"):
        verify(signed(asked(text(timestamp=timestamp))))


def test_S5_what_came_at_no_known_time_is_refused():
    with pytest.raises(BadSignature, match="more than a day ago"):
        verify(replace(signed(asked(text())), received_at=None))


# Texts


@pytest.mark.parametrize("way", ["get", "form", "json"])
@pytest.mark.parametrize("kind", RequestKind)
def test_a_request_says_itself_what_it_is_whatever_way_it_comes(way, kind):
    adapter = carrier("vonage")

    assert adapter.read(replace(asked(text(text="Ça & 😀"), way), kind=kind))[0].body == "Ça & 😀"
    assert adapter.read(replace(asked(receipt("failed"), way), kind=kind))[0].status == "failed"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("447700900001", "+447700900001"), ("24453", "24453"), ("ACME2025", "ACME2025")],
)
def test_A2_numbers_without_their_plus_are_international_and_short_codes_are_not(given, kept):
    news = read(text(msisdn=given, to=given))

    assert (news.sender, news.recipient) == (kept, kept)


@pytest.mark.parametrize("way", ["get", "form", "json"])
def test_F14_a_part_says_where_it_belongs(way):
    concat = {"concat": "true", "concat-ref": "108", "concat-total": "2", "concat-part": "1"}

    assert read(text(**concat), way).part == Part("108", 1, 2)


@pytest.mark.parametrize(
    "concat",
    [
        {"concat": "false", "concat-ref": "108", "concat-total": "2", "concat-part": "1"},
        {"concat-ref": "108", "concat-total": "2", "concat-part": "1"},
        {"concat": "true", "concat-ref": "108"},
        {"concat": "true", "concat-ref": "108", "concat-total": "two", "concat-part": "1"},
    ],
)
def test_F14_a_part_that_does_not_say_where_it_belongs_is_a_text(concat):
    assert read(text(**concat)).part is None


def test_fault_36_a_part_with_a_number_too_long_to_be_one_is_a_text():
    news = read(text(**{"concat": "true", "concat-total": "9" * 5000, "concat-part": "1"}))

    assert not is_part(news)


def test_fault_36_a_binary_message_is_no_text():
    with pytest.raises(Unreadable, match=r"^It is no text, but a binary message"):
        read(text(type="binary", data="48656c6c6f", udh="050003010101", text=""))


@pytest.mark.parametrize(
    ("written", "body", "repaired"),
    [
        (b"caf%C3%A9", "café", False),
        (b"caf%E9", f"caf{REPLACED}", True),
        (b"a%00b", f"a{REPLACED}b", True),
        (b"++a%0Ab+", "  a\nb ", False),
        (b"%EF%BF%BD", REPLACED, False),
    ],
)
def test_fault_36_what_is_no_text_is_replaced_and_said(written, body, repaired):
    request = asked(text(text="HERE"))

    [news] = carrier("vonage").read(replace(request, body=request.body.replace(b"HERE", written)))

    assert (news.body, news.repaired) == (body, repaired)


def test_S4_half_a_character_of_json_is_verified_and_replaced():
    fields = text(text="a\ud800b")
    fields["sig"] = signature("t0ken", fields, "sha256")

    verify(asked(fields, "json"))
    assert read(fields, "json").body == f"a{REPLACED}b"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "The field messageId is missing."),
        (receipt(""), "The field status is missing."),
        (receipt("delivered", messageId=""), "The field messageId is missing."),
        ({f"n{number}": "1" for number in range(101)}, "The parameters cannot be read."),
    ],
)
def test_fault_36_what_cannot_be_read_says_why(fields, sentence):
    with pytest.raises(Unreadable) as refused:
        read(fields)

    assert str(refused.value) == sentence


# Receipts


def test_N2_a_receipt_names_our_message_and_not_the_handset():
    news = read(receipt("delivered"))

    assert (news.carrier_message_id, news.reference, news.status, news.error_code) == (
        "0A0000001234567B",
        "m1",
        "delivered",
        "",
    )
    assert (news.failure, news.opted_out) == ("", False)


def test_N1_a_receipt_tells_that_the_customer_wants_no_more_texts():
    assert read(receipt("rejected", **{"err-code": "9"})).opted_out
    assert not read(receipt("rejected", **{"err-code": "7"})).opted_out
    assert not read(receipt("accepted", **{"err-code": "9"})).opted_out


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        ("expired", "0", "The phone could not be reached for too long. Try again later."),
        ("failed", "", "The text could not be delivered."),
        ("failed", "77", "The text could not be delivered (the carrier's code 77)."),
        ("accepted", "7", ""),
    ],
)
def test_N2_a_failure_without_a_known_code_is_told_as_well(status, code, failure):
    assert read(receipt(status, **{"err-code": code})).failure == failure


# Sending


@responses.activate
def sent(changes: dict | None = None, document: dict | None = None) -> tuple[dict, SendResult]:
    """The request of a send, and what was made of its answer."""
    responses.post(SEND_URL, json=answer("0") if document is None else document)
    result = carrier("vonage").send(replace(TEXT, **(changes or {})), ACCOUNT)
    [call] = responses.calls
    assert call.request.headers["Authorization"] == "Basic QUMxMjM6azN5"
    form = parse_qs(str(call.request.body), keep_blank_values=True)
    return {name: value for name, [value] in form.items()}, result


def test_F11_a_send_is_what_vonages_own_library_would_send():
    form, _ = sent()

    message = SmsMessage(
        from_="14155550100",
        to="14155550123",
        text=TEXT.body,
        type="unicode",
        client_ref="m1",
        callback="https://desk.example/carriers/k/status",
    )
    assert form == message.model_dump(by_alias=True, exclude_none=True)


@pytest.mark.parametrize(
    ("body", "kind"), [("plain €", "text"), ("ça", "unicode"), ("😀", "unicode")]
)
def test_F13_the_type_is_that_of_the_words(body, kind):
    assert sent({"body": body})[0]["type"] == kind


@pytest.mark.parametrize(("host", "named"), [("a" * 39, True), ("a" * 40, False)])
def test_N2_an_address_for_receipts_that_vonage_would_refuse_is_left_out(host, named):
    account = CarrierAccount()
    form, _ = sent({"status_url": f"https://{host}{account.status_path}?message=m1"})

    assert ("callback" in form) is named
    assert form["client-ref"] == "m1"


def test_A25_files_are_refused_with_a_sentence():
    message = replace(TEXT, attachments=("https://desk.example/a.jpg",))

    assert carrier("vonage").send(message, ACCOUNT) == SendResult(
        Verdict.REFUSED,
        failure="This carrier sends no pictures and files. Send a link instead.",
    )


@pytest.mark.parametrize("code", SENDS)
def test_N2_every_status_of_a_send_has_a_sentence_and_a_verdict(code):
    _, result = sent(document=answer(code, code))

    again = {"1": Verdict.THROTTLED, "5": Verdict.BUSY, "10": Verdict.THROTTLED}
    assert result == SendResult(
        again.get(code, Verdict.REFUSED), error_code=code, failure=SENDS[code]
    )
    assert list(SENDS.values()).count(result.failure) == 1
    assert result.failure.endswith(".")


def test_fault_30_vonage_says_how_long_to_wait():
    words = "Throughput Rate Exceeded - please wait [ 250 ] and retry"

    _, result = sent(document=answer("1", words=words))

    assert (result.verdict, result.retry_after) == (Verdict.THROTTLED, 0.25)


def test_F14_all_parts_must_be_taken():
    assert sent(document=answer("0", "0", "0"))[1] == SendResult(Verdict.TAKEN, "M1")
    assert sent(document=answer("9", "9"))[1].verdict is Verdict.REFUSED


@pytest.mark.parametrize(("statuses", "message_id"), [(("0", "1"), "M1"), (("9", "0"), "M2")])
def test_fault_31_a_text_of_which_some_parts_were_taken_is_not_sent_again(statuses, message_id):
    _, result = sent(document=answer(*statuses))

    assert (result.verdict, result.carrier_message_id) == (Verdict.UNKNOWN, message_id)
    assert result.failure.startswith("The carrier took a part of the text, but not all of it. ")


@pytest.mark.parametrize(
    "document",
    [{"messages": []}, {"messages": [{}]}, {"messages": [{"status": "0"}]}, {"messages": "0"}],
)
def test_fault_31_parts_that_cannot_be_read_leave_it_unknown(document):
    assert sent(document=document)[1] == SendResult(
        Verdict.UNKNOWN, failure="The carrier's answer could not be read."
    )


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (401, "4", SENDS["4"]),
        (403, "4", SENDS["4"]),
        (400, "400", "The text could not be delivered. Bad request."),
        (302, "302", "The text could not be delivered. Bad request."),
    ],
)
@responses.activate
def test_N2_a_refusal_of_the_whole_request_says_why(status, code, failure):
    responses.post(SEND_URL, status=status, json={"title": "Bad request."})

    assert carrier("vonage").send(TEXT, ACCOUNT) == SendResult(
        Verdict.REFUSED, error_code=code, failure=failure
    )


def test_the_balance_is_asked_for_with_the_credentials():
    with responses.RequestsMock() as http:
        http.get(TestVonage.check_url, json={"value": 10.28})
        carrier("vonage").check(ACCOUNT)

        assert http.calls[0].request.headers["Authorization"] == "Basic QUMxMjM6azN5"
