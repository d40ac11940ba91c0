"""Kannel: what every carrier must do, and how a gateway of one's own asks and answers."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import responses

from routing.carriers.base import BadSignature, SendResult, Unreadable, Verdict, WebRequest, carrier
from routing.carriers.kannel_errors import SENTENCES, code_in
from routing.enums import MessageState, RequestKind
from tests.carriers.cases import TEXT, CarrierCases

URL = "https://desk.example/carriers/k/inbound"
NAMES = {
    "sender": "from",
    "recipient": "to",
    "body": "text",
    "message_id": "id",
    "word": "type",
    "code": "answer",
}


def asked(fields: dict[str, str] | str, kind: RequestKind = RequestKind.INBOUND) -> WebRequest:
    query = fields if isinstance(fields, str) else urlencode(fields)
    return WebRequest((f"{URL}?{query}",), {}, b"", "GET", kind)


class TestKannel(CarrierCases):
    slug = "kannel"
    send_url = "https://carrier.example/cgi-bin/sendsms"
    words = {
        "1": MessageState.DELIVERED,
        "2": MessageState.FAILED,
        "4": None,
        "8": MessageState.SENT,
        "16": MessageState.FAILED,
        "32": None,
    }
    codes = list(SENTENCES)

    def an_account(self, secret="t0ken", **fields):
        return super().an_account("passw0rd", **{"signing_secret": secret, **fields})

    def signed(self, request, secret):
        said = base64.b64encode(f"AC123:{secret}".encode()).decode()
        return replace(request, headers={"authorization": f"Basic {said}"})

    def text_request(self, **fields):
        given = {NAMES[name]: value for name, value in fields.items()}
        return asked({"charset": "UTF-8", "coding": "0", "udh": "", **given})

    def receipt_request(self, **fields):
        fields = {NAMES[name]: value for name, value in fields.items()}
        code = fields.get("answer", "")
        fields["answer"] = f"NACK/{code}/No" if code.startswith("0x") else f"id:1 stat:{code} err:1"
        return asked({"message": fields.pop("id"), **fields}, RequestKind.STATUS)

    def taken(self, message_id):
        return {"status": 202, "body": "0: Accepted for delivery"}

    def refused(self, code):
        return {"status": 403, "body": "Authorization failed for sendsms"}

    def id_of_taken(self, message_id):
        return TEXT.reference

    refusal = "403"
    check_url = send_url
    check_method = "POST"
    known = {"status": 400, "body": "Missing receiver(s) number(s), rejected"}

    def test_S4_a_password_of_somebody_else_is_refused(self, text, account):
        said = base64.b64encode(b"other:t0ken").decode()

        with pytest.raises(BadSignature, match=r"^The password does not match\."):
            carrier("kannel").verify(
                replace(text, headers={"authorization": f"Basic {said}"}), account
            )

    @pytest.mark.parametrize("secret", ["", "short", "with a blank in it", "16-letters-and@a-sign"])
    def test_S4_a_password_that_cannot_stand_in_an_address_is_refused(self, secret):
        account = self.an_account(secret)

        assert carrier("kannel").wrong(account)["signing_secret"].startswith("Write at least 16")
        assert carrier("kannel").wrong(self.an_account("0123456789abcdef")) == {}


# Texts


@pytest.mark.parametrize(
    ("query", "body", "repaired"),
    [
        ("text=hello++there&charset=UTF-8&coding=0", "hello  there", False),
        ("text=+a%0Ab+&charset=UTF-8&coding=0", " a\nb ", False),
        ("text=%D0%9F%F0%9F%98%80&charset=UTF-8&coding=0", "П😀", False),
        ("text=%04%1F%D8%3D%DE%00&charset=UTF-16BE&coding=2", "П😀", False),
        ("text=caf%E9+%80&charset=WINDOWS-1252&coding=0", "café €", False),
        ("text=caf%E9&charset=ISO-8859-1&coding=0", "café", False),
        ("text=caf%E9&charset=&coding=0", "caf\N{REPLACEMENT CHARACTER}", True),
        ("text=a%00b&charset=UTF-8&coding=0", "a\N{REPLACEMENT CHARACTER}b", True),
        ("text=%04&charset=UTF-16BE&coding=2", "\N{REPLACEMENT CHARACTER}", True),
        ("charset=UTF-8", "", False),
    ],
)
def test_fault_36_a_text_is_read_in_the_charset_it_comes_in(query, body, repaired):
    request = asked(f"id=u1&from=%2B15017122661&to=%2B15558675310&{query}")

    [text] = carrier("kannel").read(request)

    assert (text.body, text.repaired) == (body, repaired)


def test_A2_numbers_without_their_plus_are_international_and_short_codes_are_not():
    [text] = carrier("kannel").read(asked({"id": "u1", "from": "447911123456", "to": "24453"}))

    assert (text.sender, text.recipient) == ("+447911123456", "24453")


def test_a_binary_message_is_no_text_and_says_so():
    request = asked({"id": "u1", "from": "+15017122661", "to": "24453", "coding": "1"})

    with pytest.raises(Unreadable, match=r"^It is no text, but a binary message"):
        carrier("kannel").read(request)


# Receipts


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("NACK/0x0000000b/Invalid Destination Address", "0x0b"),
        ("NACK/0x000000FE/", "0xfe"),
        ("NACK/11/Invalid", "0x0b"),
        ("NACK/0x00000400/vendor", "0x400"),
        ("id:1 sub:001 dlvrd:000 submit date:2611 done date:2611 stat:UNDELIV err:069", "UNDELIV"),
        ("ACK/", ""),
        ("", ""),
    ],
)
def test_N2_the_operators_status_is_found_in_its_answer(answer, code):
    assert code_in(answer) == code


def test_N2_a_status_unknown_to_us_still_has_a_sentence():
    fields = {"message": "m1", "type": "16", "answer": "NACK/0x00000400/vendor"}
    [receipt] = carrier("kannel").read(asked(fields, RequestKind.STATUS))

    assert receipt.failure == "The text could not be delivered (the carrier's code 0x400)."


def test_A24_pictures_are_refused_with_a_sentence():
    text = replace(TEXT, attachments=("https://desk.example/media/1.jpg",))

    assert carrier("kannel").send(text, TestKannel().an_account()) == SendResult(
        Verdict.REFUSED,
        failure="This carrier sends no pictures and files. Send a link instead.",
    )


# The wire of a send


@responses.activate
@pytest.mark.parametrize(("body", "coding"), [("ça va? {€}", "2"), ("Où? {€}", "0"), ("😀", "2")])
def test_F11_a_send_is_kannels_own_request(body, coding):
    responses.post(TestKannel.send_url, status=202, body="3: Queued for later delivery")

    result = carrier("kannel").send(replace(TEXT, body=body), TestKannel().an_account("s3cret"))

    request = responses.calls[0].request
    said = dict(request.headers)
    callback = urlsplit(said["X-Kannel-DLR-Url"])
    assert result == SendResult(Verdict.TAKEN, carrier_message_id="m1")
    assert request.body == body.encode()
    assert said["Content-Type"] == "text/plain; charset=UTF-8"
    assert said["X-Kannel-Coding"] == coding
    assert (said["X-Kannel-Username"], said["X-Kannel-Password"]) == ("AC123", "passw0rd")
    assert (said["X-Kannel-From"], said["X-Kannel-To"]) == (TEXT.sender, TEXT.recipient)
    assert callback.netloc == "AC123:s3cret@desk.example"
    assert parse_qs(callback.query) == {"message": ["m1"], "type": ["%d"], "answer": ["%A"]}
