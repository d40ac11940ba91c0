"""Vonage Messages API: what every carrier must do, and its tokens and wire beside Vonage's own."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode
from vonage_jwt import verify_signature
from vonage_jwt.errors import VonageVerifyJwtError
from vonage_messages.models import MmsContent, MmsContentItemImage, MmsImage, MmsResource, Sms

from routing.carriers.base import (
    Attachment,
    BadSignature,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
    carrier,
)
from routing.carriers.vonage_errors import MESSAGES
from routing.carriers.vonage_messages import claims_in
from routing.enums import MessageState, RequestKind
from tests.carriers.cases import TEXT, SigningCarrierCases

URL = "https://desk.example/carriers/k/inbound"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEND_URL = "https://carrier.example/v1/messages"
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
REPLACED = "\N{REPLACEMENT CHARACTER}"


def key(secret: str) -> str:
    """A signature secret as long as Vonage's; none for no secret."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def claims(body: bytes, **changes) -> dict:
    """What Vonage claims of a request."""
    return {
        "iat": int(NOW.timestamp()),
        "jti": UUID,
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": "abcd1234",
        "application_id": UUID,
        **changes,
    }


def signed(request: WebRequest, secret: str = "t0ken", **changes) -> WebRequest:
    token = jwt.encode(claims(request.body, **changes), key(secret) or "0" * 64, "HS256")
    return replace(request, headers={"authorization": f"Bearer {token}"})


def posted(document: object) -> WebRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return WebRequest((URL,), {}, body, received_at=NOW)


def text(**changes) -> dict:
    """An inbound SMS as Vonage posts it."""
    return {
        "channel": "sms",
        "message_uuid": UUID,
        "to": "14155550100",
        "from": "14155550123",
        "timestamp": "2026-03-02T12:00:00Z",
        "message_type": "text",
        "text": "hello",
        "sms": {"num_messages": "1", "keyword": "HELLO"},
        "usage": {"currency": "EUR", "price": "0.0333"},
        **changes,
    }


def file(kind: str, **media) -> dict:
    document = {**text(), "channel": "mms", "message_type": kind, kind: media}
    return {name: value for name, value in document.items() if name not in {"text", "sms"}}


def receipt(status: str, error: dict | None = None, **changes) -> dict:
    return {
        "message_uuid": UUID,
        "to": "14155550123",
        "from": "14155550100",
        "timestamp": "2026-03-02T12:00:00Z",
        "status": status,
        "channel": "sms",
        "destination": {"network_code": "310090"},
        "client_ref": "m1",
        "usage": {"currency": "EUR", "price": "0.0333"},
        "sms": {"count_total": "1"},
        **({"error": error} if error else {}),
        **changes,
    }


def problem(code: str, detail: str = "No.") -> dict:
    """An error as answers and receipts have it."""
    return {
        "type": f"https://developer.vonage.com/api-errors/messages#{code}",
        "title": code,
        "detail": detail,
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }


def read(document: object):
    [news] = carrier("vonage-messages").read(posted(document))
    return news


class TestVonageMessages(SigningCarrierCases):
    slug = "vonage-messages"
    send_url = SEND_URL
    check_url = "https://carrier.example/v2/applications?page_size=1"
    # What is said of receipts and of sends alike has one sentence for both.
    codes = [code for code in MESSAGES if code.isdecimal()]
    refusal = "1120"
    words = {
        "submitted": MessageState.SENT,
        "delivered": MessageState.DELIVERED,
        "read": MessageState.DELIVERED,
        "rejected": MessageState.FAILED,
        "undeliverable": MessageState.FAILED,
        "a word of tomorrow": None,
    }

    def an_account(self, secret="t0ken", **fields):
        if "previous_secret" in fields:
            fields["previous_secret"] = key(fields["previous_secret"])
        # Without a signature secret, what counts is the API secret.
        fields = {"auth_token": "k3y" if secret else "", "signing_secret": key(secret), **fields}
        return super().an_account(**fields)

    def signed(self, request, secret):
        return signed(request, secret)

    def text_request(self, sender="", recipient="", body="", message_id=""):
        return posted(text(**{"from": sender}, to=recipient, text=body, message_uuid=message_id))

    def receipt_request(self, message_id="", word="", code=""):
        return posted(receipt(word, problem(code) if code else None, message_uuid=message_id))

    def taken(self, message_id):
        return {"status": 202, "json": {"message_uuid": message_id}}

    def refused(self, code):
        return {"status": 422, "json": problem(code)}

    @pytest.mark.parametrize(
        ("field", "value"),
        [("account_sid", ""), ("auth_token", "sécret"), ("signing_secret", "s3cret ")],
    )
    def test_credentials_that_were_not_copied_whole_are_refused(self, field, value):
        adapter = carrier("vonage-messages")

        [(wrong, sentence)] = adapter.wrong(self.an_account(**{field: value})).items()

        assert wrong == field
        assert sentence.startswith("Copy it from Vonage's dashboard anew")
        assert adapter.wrong(self.an_account()) == {}


ACCOUNT = TestVonageMessages().an_account()


def verify(request: WebRequest) -> None:
    carrier("vonage-messages").verify(request, ACCOUNT)


# Tokens


def test_S4_a_token_is_the_one_that_vonages_own_library_verifies():
    token = signed(posted(text())).headers["authorization"].removeprefix("Bearer ")

    assert verify_signature(token, key("t0ken"))
    verify(signed(posted(text())))


GENUINE = jwt.encode({"iat": 1}, key("t0ken"), "HS256")


@given(
    st.text(st.characters(max_codepoint=255), max_size=80)
    | st.sampled_from(["a.b.c", "..", GENUINE, f"{GENUINE}=", f"{GENUINE}.", f".{GENUINE}"])
    | st.integers(1, len(GENUINE) - 1).map(lambda length: GENUINE[:length])
)
def test_S4_no_token_but_the_genuine_one_is_verified(token):
    try:
        genuine = verify_signature(token, key("t0ken"))
    except VonageVerifyJwtError:
        genuine = False

    # Vonage's library overlooks what may stand behind a signature; we do not.
    assert claims_in(token, key("t0ken")) == ({"iat": 1} if token == GENUINE else None)
    assert genuine or token != GENUINE


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_S4_a_token_of_another_algorithm_is_refused(algorithm):
    request = posted(text())
    secret = None if algorithm == "none" else key("t0ken")
    token = jwt.encode(claims(request.body), secret, algorithm)
    # The same with the signature that HS256 would have.
    signed_part = token.rpartition(".")[0]
    digest = hmac.digest(key("t0ken").encode(), signed_part.encode(), "sha256")
    disguised = f"{signed_part}.{base64url_encode(digest).decode()}"

    for each in (token, disguised):
        with pytest.raises(BadSignature, match="not signed with our secret"):
            verify(replace(request, headers={"authorization": f"Bearer {each}"}))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic QUMxMjM6azN5"])
def test_S4_a_request_without_a_token_is_told_so(header):
    with pytest.raises(BadSignature, match=r"^The token is missing\."):
        verify(replace(posted(text()), headers={"authorization": header}))


@pytest.mark.parametrize("payload_hash", ["", None, 5, "0" * 64, hashlib.sha256(b"").hexdigest()])
def test_S4_a_token_of_another_body_or_of_none_is_refused(payload_hash):
    with pytest.raises(BadSignature, match="for another body, or for none"):
        verify(signed(posted(text()), payload_hash=payload_hash))


def test_S4_a_token_proves_the_bytes_and_not_what_they_mean():
    request = signed(posted(text()))

    with pytest.raises(BadSignature):
        verify(replace(request, body=json.dumps(text(), indent=1).encode()))


def at(**away) -> int:
    return int((NOW + timedelta(**away)).timestamp())


@pytest.mark.parametrize(
    "times",
    [
        {"iat": at(minutes=5)},
        {"iat": at(hours=-24, minutes=-5)},
        {"exp": at(minutes=-5)},
        {"exp": at(hours=1), "nbf": at(minutes=5)},
        {"iat": at() + 0.5},
    ],
)
def test_S5_a_token_of_lately_is_taken(times):
    verify(signed(posted(text()), **times))


@pytest.mark.parametrize(
    "times",
    [
        {"iat": at(minutes=5, seconds=1), "nbf": at()},
        {"iat": at(hours=-24, minutes=-5, seconds=-1)},
        {"iat": None},
        {"iat": "now"},
        {"iat": float("nan")},
        {"exp": at(minutes=-5, seconds=-1)},
        {"exp": "tomorrow"},
        {"nbf": at(minutes=5, seconds=1)},
        {"nbf": None},
    ],
)
def test_S5_a_token_that_is_old_or_over_or_of_no_time_is_refused(times):
    with pytest.raises(BadSignature, match="more than a day old, is over"):
        verify(signed(posted(text()), **times))


def test_S5_what_came_at_no_known_time_is_refused():
    with pytest.raises(BadSignature, match="more than a day old"):
        verify(replace(signed(posted(text())), received_at=None))


# Texts


@pytest.mark.parametrize("kind", RequestKind)
def test_a_request_says_itself_what_it_is_whatever_address_it_comes_to(kind):
    adapter = carrier("vonage-messages")

    assert adapter.read(replace(posted(text()), kind=kind))[0].body == "hello"
    assert adapter.read(replace(posted(receipt("read")), kind=kind))[0].status == "read"


@pytest.mark.parametrize("channel", ["whatsapp", "messenger", "viber_service", "rcs"])
def test_messages_of_messaging_apps_tell_nothing(channel):
    adapter = carrier("vonage-messages")

    assert adapter.read(posted(text(channel=channel))) == []
    assert adapter.read(posted(receipt("read", channel=channel))) == []


@pytest.mark.parametrize(
    ("given", "kept"), [("447700900001", "+447700900001"), ("24453", "24453"), ("ACME", "ACME")]
)
def test_A2_numbers_without_their_plus_are_international_and_short_codes_are_not(given, kept):
    news = read(text(**{"from": given}, to=given))

    assert (news.sender, news.recipient) == (kept, kept)


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file", "vcard"])
def test_A24_files_are_told_with_the_words_beneath_them(kind):
    url = "https://api.nexmo.com/v3/media/1"

    news = read(file(kind, url=url, caption="Look!"))

    assert (news.body, news.attachments) == ("Look!", (Attachment(url),))
    assert read(file(kind, url=url)).body == ""


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "The request is no JSON object."),
        (b"[" * 200_000, "The request is no JSON object."),
        ({}, "The field channel is missing."),
        (text(message_uuid=None), "The field message_uuid is missing."),
        (receipt(""), "The field status is missing."),
        (
            file("location", latitude=1),
            "It has neither words nor a file: the carrier calls it “location”.",
        ),
        (file("image"), "It has neither words nor a file: the carrier calls it “image”."),
    ],
)
def test_fault_36_what_cannot_be_read_says_why(document, sentence):
    with pytest.raises(Unreadable) as refused:
        read(document)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("written", "body", "repaired"),
    [
        (b"caf\xc3\xa9", "café", False),
        (b"caf\xe9", f"caf{REPLACED}", True),
        (b"a\\u0000b", f"a{REPLACED}b", True),
        (b"\\ud83d\\ude00", "😀", False),
        (REPLACED.encode(), REPLACED, False),
    ],
)
def test_fault_36_what_is_no_text_is_replaced_and_said(written, body, repaired):
    news = read(json.dumps(text(text="HERE")).encode().replace(b"HERE", written))

    assert (news.body, news.repaired) == (body, repaired)


# Receipts


def test_N2_a_receipt_names_our_message_and_says_what_went_wrong():
    news = read(receipt("rejected", problem("1250")))

    assert (news.carrier_message_id, news.reference, news.error_code, news.failure) == (
        UUID,
        "m1",
        "1250",
        "The carrier found no way to this network. Tell your supervisor.",
    )


@pytest.mark.parametrize(
    ("error", "code", "failure"),
    [
        (
            {"type": "https://developer.vonage.com/api-errors/messages", "title": "1180"},
            "1180",
            MESSAGES["1180"],
        ),
        ({"title": "Cats", "detail": "Cats on the line."}, "", "Cats on the line."),
        (problem("9999", "Cats."), "9999", "(the carrier's code 9999). Cats."),
        (None, "", "The text could not be delivered."),
    ],
)
def test_N2_a_code_is_where_vonage_writes_it(error, code, failure):
    news = read(receipt("undeliverable", error))

    assert news.error_code == code
    assert news.failure.endswith(failure)


def test_N1_a_receipt_tells_that_the_customer_wants_no_more_texts():
    assert read(receipt("rejected", problem("1240"))).opted_out
    assert not read(receipt("rejected", problem("1050"))).opted_out
    assert not read(receipt("submitted", problem("1240"))).opted_out


# Sending


@responses.activate
def sent(**changes) -> dict:
    """The request of a send."""
    responses.post(SEND_URL, status=202, json={"message_uuid": UUID})
    result = carrier("vonage-messages").send(replace(TEXT, **changes), ACCOUNT)
    assert result.verdict is Verdict.TAKEN
    [call] = responses.calls
    assert call.request.headers["Authorization"] == "Basic QUMxMjM6azN5"
    return json.loads(call.request.body or "")


COMMON = {
    "from_": "14155550100",
    "to": "14155550123",
    "client_ref": "m1",
    "webhook_url": TEXT.status_url,
    "webhook_version": "v1",
}
PICTURES = tuple(f"https://desk.example/files/{number}.jpg" for number in range(3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, Sms(text=TEXT.body, **COMMON)),
        (
            {"attachments": PICTURES[:1]},
            MmsImage(image=MmsResource(url=PICTURES[0], caption=TEXT.body), **COMMON),
        ),
        (
            {"attachments": PICTURES[:1], "body": ""},
            MmsImage(image=MmsResource(url=PICTURES[0]), **COMMON),
        ),
        (
            {"attachments": PICTURES},
            MmsContent(
                content=[
                    MmsContentItemImage(url=PICTURES[0], caption=TEXT.body),
                    MmsContentItemImage(url=PICTURES[1]),
                    MmsContentItemImage(url=PICTURES[2]),
                ],
                **COMMON,
            ),
        ),
    ],
)
def test_F11_A25_a_send_is_what_vonages_own_library_would_send(changes, message):
    assert sent(**changes) == message.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.mark.parametrize(("attachments", "most"), [((), 3200), (PICTURES[:1], 3000)])
def test_F14_a_text_that_is_too_long_is_refused_with_a_sentence(attachments, most):
    assert sent(body="x" * most, attachments=attachments)
    message = replace(TEXT, body="x" * (most + 1), attachments=attachments)

    assert carrier("vonage-messages").send(message, ACCOUNT) == SendResult(
        Verdict.REFUSED,
        failure=(
            f"The text has {most + 1} characters, and the carrier takes {most}."
            " Send it as several texts."
        ),
    )


@pytest.mark.parametrize(
    ("status", "document", "result"),
    [
        (401, problem("unauthorized"), ("unauthorized", MESSAGES["unauthorized"], False)),
        (402, problem("low-balance"), ("low-balance", MESSAGES["low-balance"], False)),
        (422, problem("1240"), ("1240", MESSAGES["1240"], True)),
        (400, {}, ("400", "The text could not be delivered.", False)),
    ],
)
@responses.activate
def test_N2_a_refusal_says_why(status, document, result):
    responses.post(SEND_URL, status=status, json=document)
    code, failure, opted_out = result

    assert carrier("vonage-messages").send(TEXT, ACCOUNT) == SendResult(
        Verdict.REFUSED, error_code=code, failure=failure, opted_out=opted_out
    )


@responses.activate
def test_fault_30_a_text_too_many_is_sent_later():
    responses.post(SEND_URL, status=422, json=problem("1000"))

    assert carrier("vonage-messages").send(TEXT, ACCOUNT).verdict is Verdict.THROTTLED
