"""What every carrier's adapter must do, whatever its wire looks like.

An adapter's tests subclass ``CarrierCases``, say how its requests and answers look, and add what
is peculiar to it.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import responses

from routing.carriers.base import (
    BadSignature,
    DeliveryReceipt,
    InboundText,
    OutboundText,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
    carrier,
)
from routing.enums import MessageState
from routing.models import CarrierAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = OutboundText(
    sender="+14155550100",
    recipient="+14155550123",
    body="Your order is on its way. Ça va? 😀",
    status_url="https://desk.example/carriers/k/status?message=m1",
    reference="m1",
)


class CarrierCases:
    """Subclass this, and fill in what is declared here."""

    slug: str
    words: dict[str, MessageState | None]
    codes: list[str]
    # The code of a refused send, where it is none of those of receipts.
    refusal = ""

    def signed(self, request: WebRequest, secret: str) -> WebRequest:
        """The request with the carrier's proof that it is its own."""
        raise NotImplementedError  # each adapter has its own

    def unproven(self, request: WebRequest) -> WebRequest:
        """The request without that proof."""
        return replace(request, headers={})

    def text_request(self, **fields: str) -> WebRequest:
        """An inbound request with ``sender``, ``recipient``, ``body`` and ``message_id``."""
        raise NotImplementedError  # each adapter has its own

    def receipt_request(self, **fields: str) -> WebRequest:
        """A status request with ``message_id``, ``word`` and perhaps ``code``."""
        raise NotImplementedError  # each adapter has its own

    def taken(self, message_id: str) -> dict[str, Any]:
        """The answer to a send that was taken, as ``responses`` has it."""
        raise NotImplementedError  # each adapter has its own

    def id_of_taken(self, message_id: str) -> str:
        """The id by which receipts will name a text that was taken."""
        return message_id

    def refused(self, code: str) -> dict[str, Any]:
        """The answer to a send that was refused with this code."""
        raise NotImplementedError  # each adapter has its own

    def an_account(self, secret: str = "t0ken", **fields: Any) -> CarrierAccount:
        """An account whose requests are signed with ``secret``."""
        return CarrierAccount(
            **{
                "carrier": self.slug,
                "account_sid": "AC123",
                "auth_token": secret,
                "base_url": "https://carrier.example",
                **fields,
            }
        )

    def receipt(self, request: WebRequest) -> DeliveryReceipt:
        """The only news of a status request."""
        [news] = carrier(self.slug).read(request)
        assert isinstance(news, DeliveryReceipt)
        return news

    @pytest.fixture
    def account(self) -> CarrierAccount:
        return self.an_account()

    @pytest.fixture
    def text(self) -> WebRequest:
        request = self.text_request(
            sender="+14155550123", recipient="+14155550100", body="Où est-ce? 😀", message_id="M1"
        )
        return self.signed(request, "t0ken")

    # Webhooks

    def test_S4_what_the_carrier_signed_is_verified(self, text, account):
        carrier(self.slug).verify(text, account)

    def test_S4_a_request_without_proof_is_refused(self, text, account):
        with pytest.raises(BadSignature):
            carrier(self.slug).verify(self.unproven(text), account)

    def test_S4_a_request_signed_with_another_secret_is_refused(self, text, account):
        with pytest.raises(BadSignature):
            carrier(self.slug).verify(self.signed(text, "0ther"), account)

    def test_S4_while_a_secret_is_changed_the_old_one_counts_too(self, text, account):
        changed = self.an_account("n3w", previous_secret="t0ken")

        carrier(self.slug).verify(text, changed)
        carrier(self.slug).verify(self.signed(text, "n3w"), changed)
        with pytest.raises(BadSignature):
            carrier(self.slug).verify(self.signed(text, "0ther"), changed)

    def test_S4_an_empty_secret_proves_nothing(self, text):
        with pytest.raises(BadSignature):
            carrier(self.slug).verify(self.signed(text, ""), self.an_account(""))

    def test_S4_no_bytes_at_all_make_verifying_fail_in_another_way(self, account):
        for body in (b"", b"\x00", b"\xff\xfe", b"%ff%00", b"=&=", b"{]", b"a" * 256 * 1024):
            request = WebRequest(urls=("https://desk.example/x",), headers={}, body=body)
            with pytest.raises(BadSignature):
                carrier(self.slug).verify(request, account)

    def test_A1_a_text_is_read(self, text):
        assert carrier(self.slug).read(text) == [
            InboundText(
                sender="+14155550123",
                recipient="+14155550100",
                body="Où est-ce? 😀",
                carrier_message_id="M1",
            )
        ]

    @pytest.mark.parametrize("missing", ["sender", "recipient", "message_id"])
    def test_fault_36_a_text_with_a_field_missing_is_unreadable_with_a_sentence(self, missing):
        fields = {"sender": "+14155550123", "recipient": "+14155550100", "message_id": "M1"}

        with pytest.raises(Unreadable, match=r"^The field .* is missing\.$"):
            carrier(self.slug).read(self.text_request(**{**fields, missing: ""}))

    def test_fault_36_an_empty_text_is_a_text(self):
        request = self.text_request(
            sender="+14155550123", recipient="+14155550100", body="", message_id="M1"
        )

        assert [news.body for news in carrier(self.slug).read(request)] == [""]

    def test_N2_each_of_the_carriers_words_has_its_place_on_the_ladder(self):
        read = {
            word: self.receipt(self.receipt_request(message_id="M1", word=word))
            for word in self.words
        }

        assert {word: receipt.state for word, receipt in read.items()} == self.words
        assert {receipt.carrier_message_id for receipt in read.values()} == {"M1"}

    def test_N2_every_error_code_has_a_sentence(self):
        failed = next(w for w, state in self.words.items() if state is MessageState.FAILED)

        sentences = [
            self.receipt(self.receipt_request(message_id="M1", word=failed, code=code)).failure
            for code in self.codes
        ]

        assert [s for s in sentences if not s.endswith(".") or len(s) < 20] == []
        assert [s for s in sentences if "carrier's code" in s] == []
        assert len(set(sentences)) == len(self.codes)

    def test_the_carrier_counts_our_answer_as_success(self):
        assert carrier(self.slug).stored.status == 200

    # Sending

    @pytest.fixture
    def http(self) -> Iterator[responses.RequestsMock]:
        with responses.RequestsMock() as http:
            yield http

    def send(self, account: CarrierAccount) -> SendResult:
        return carrier(self.slug).send(TEXT, account)

    def answered(self, http: responses.RequestsMock, answer: dict[str, Any]) -> None:
        http.add(responses.POST, url=answer.pop("url", None) or self.send_url, **answer)

    send_url = "https://carrier.example/"

    def test_F11_a_text_that_the_carrier_takes_has_its_id(self, http, account):
        self.answered(http, self.taken("M1"))

        assert self.send(account) == SendResult(
            Verdict.TAKEN, carrier_message_id=self.id_of_taken("M1")
        )
        assert len(http.calls) == 1

    def test_N2_a_refusal_is_final_and_says_why(self, http, account):
        code = self.refusal or self.codes[0]
        self.answered(http, self.refused(code))

        result = self.send(account)

        assert (result.verdict, result.error_code) == (Verdict.REFUSED, code)
        assert result.failure.endswith(".")

    @pytest.mark.parametrize(
        ("status", "verdict"),
        [(429, Verdict.THROTTLED), (500, Verdict.BUSY), (503, Verdict.BUSY)],
    )
    def test_fault_30_a_busy_carrier_took_nothing(self, http, account, status, verdict):
        self.answered(http, {"status": status, "body": "busy"})

        assert self.send(account) == SendResult(
            verdict, error_code=str(status), failure="The carrier is busy."
        )

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("7", 7.0), ("0", 0.0), ("9" * 30, 3600.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
    )
    def test_fault_30_the_carrier_may_say_when_to_try_again(self, http, account, header, seconds):
        self.answered(http, {"status": 429, "headers": {"Retry-After": header}})

        assert self.send(account).retry_after == seconds

    @pytest.mark.parametrize("status", [502, 504])
    def test_fault_31_a_gateway_that_gave_up_waiting_leaves_it_unknown(self, http, account, status):
        self.answered(http, {"status": status})

        assert self.send(account) == SendResult(
            Verdict.UNKNOWN, failure="The carrier did not answer in time."
        )

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'"SM1"', b"{}", b"\xff\x00"])
    def test_fault_31_a_success_that_cannot_be_read_leaves_it_unknown(self, http, account, body):
        self.answered(http, {"status": 201, "body": body})

        assert self.send(account) == SendResult(
            Verdict.UNKNOWN, failure="The carrier's answer could not be read."
        )

    def test_fault_30_a_refused_connection_took_nothing(self, account):
        with socket.create_server(("127.0.0.1", 0)) as server:
            account.base_url = f"http://127.0.0.1:{server.getsockname()[1]}"

        assert self.send(account) == SendResult(
            Verdict.BUSY, failure="The carrier could not be reached."
        )

    def test_fault_30_a_name_that_is_not_found_took_nothing(self, account):
        account.base_url = "http://carrier.invalid"

        assert self.send(account).verdict is Verdict.BUSY

    def test_fault_31_a_carrier_that_never_answers_leaves_it_unknown(self, account, settings):
        settings.CARRIER_TIMEOUT_SECONDS = 0.1
        with socket.create_server(("127.0.0.1", 0)) as server:
            account.base_url = f"http://127.0.0.1:{server.getsockname()[1]}"

            assert self.send(account) == SendResult(
                Verdict.UNKNOWN, failure="The carrier did not answer in time."
            )

    # Credentials

    check_url = "https://carrier.example/"
    check_method = "GET"
    # How the carrier answers whom it knows.
    known: ClassVar[dict[str, Any]] = {"json": {}}

    def test_credentials_that_the_carrier_knows_are_said_to_work(self, http, account):
        http.add(self.check_method, url=self.check_url, **self.known)

        assert carrier(self.slug).check(account).works

    @pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 502])
    def test_credentials_that_do_not_work_are_told_why(self, http, account, status):
        http.add(self.check_method, url=self.check_url, status=status)

        check = carrier(self.slug).check(account)

        assert not check.works
        assert check.sentence.endswith(".")

    def test_a_carrier_that_cannot_be_reached_is_said_so(self, account):
        account.base_url = "http://carrier.invalid"

        check = carrier(self.slug).check(account)

        assert (check.works, check.sentence) == (
            False,
            "The carrier could not be reached. Check the base URL.",
        )

    def test_what_it_asks_of_an_account_is_a_field_of_accounts(self):
        adapter = carrier(self.slug)

        assert adapter.name
        assert adapter.base_url.startswith("http")
        fields = {field.name for field in CarrierAccount._meta.get_fields()}
        assert {each.field.partition(".")[0] for each in adapter.credentials} <= fields


class SigningCarrierCases(CarrierCases):
    """For carriers whose proof is over the request itself, not a password that comes with it."""

    def test_S4_a_request_changed_on_its_way_is_refused(self, text, account):
        with pytest.raises(BadSignature):
            carrier(self.slug).verify(replace(text, body=text.body + b"x"), account)
