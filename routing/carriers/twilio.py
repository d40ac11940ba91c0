"""Twilio Programmable Messaging, over plain HTTP.

Facts are from twilio.com/docs/messaging (webhook-request, status callbacks, Messages resource) and
twilio.com/docs/usage/webhooks/webhooks-security. Its send has no idempotency key: a POST that timed
out may have sent, and is never repeated blindly.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

import requests
from django.conf import settings

from routing.carriers.base import (
    Answer,
    BadSignature,
    Carrier,
    DeliveryReceipt,
    InboundText,
    OutboundText,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
)
from routing.carriers.twilio_errors import OPTED_OUT, explain
from routing.enums import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.models import CarrierAccount

MOST_FIELDS = 1000
CONNECT_SECONDS = 5
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
LONGEST_WAIT_SECONDS = 3600.0
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
# A gateway in front of Twilio gave up waiting: what is behind it may have sent.
GATEWAY_ERRORS = {502, 504}

_session = requests.Session()


class Twilio(Carrier):
    stored = Answer(200, "text/xml", b"<Response/>")

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Compare X-Twilio-Signature over the URL and every received parameter.

        Parameters keep the bytes they came with, so that broken UTF-8 is signed for as well.
        The URL counts with and without its default port, as Twilio's own libraries do.
        """
        given = request.headers.get("x-twilio-signature", "")
        if not given:
            raise BadSignature("The X-Twilio-Signature header is missing.")
        try:
            fields = _fields(request)
        except Unreadable as error:
            raise BadSignature(str(error)) from error
        for url in request.urls:
            for spelling in _port_spellings(url):
                expected = signature(account.auth_token, spelling, fields)
                if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
                    return
        raise BadSignature(
            "The signature does not match. Check the account's auth token, and that the address"
            " at Twilio is exactly ours."
        )

    def read_text(self, request: WebRequest) -> InboundText:
        fields = dict(_fields(request))
        sid = fields.get("MessageSid") or fields.get("SmsSid") or fields.get("SmsMessageSid", "")
        for name, value in (
            ("MessageSid", sid),
            ("From", fields.get("From")),
            ("To", fields.get("To")),
        ):
            if not value:
                raise Unreadable(f"The field {name} is missing.")
        body = fields.get("Body", "")
        clean = _readable(body)
        return InboundText(
            sender=_readable(fields["From"]),
            recipient=_readable(fields["To"]),
            body=clean,
            carrier_message_id=_readable(sid)[:80],
            repaired=clean.encode() != body.encode("utf-8", "surrogateescape"),
        )

    def read_receipt(self, request: WebRequest) -> DeliveryReceipt:
        fields = {name: _readable(value) for name, value in _fields(request)}
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        for name, value in (("MessageSid", sid), ("MessageStatus", status)):
            if not value:
                raise Unreadable(f"The field {name} is missing.")
        code = fields.get("ErrorCode", "")
        state = STATES.get(status)
        return DeliveryReceipt(
            carrier_message_id=sid[:80],
            status=status[:40],
            state=state,
            error_code=code[:20],
            failure=explain(code) if state is MessageState.FAILED else "",
            opted_out=state is MessageState.FAILED and code == OPTED_OUT,
        )

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        url = f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        try:
            response = _session.post(
                url,
                data={
                    "From": text.sender,
                    "To": text.recipient,
                    "Body": text.body,
                    "StatusCallback": text.status_url,
                },
                auth=(account.account_sid, account.auth_token),
                timeout=(CONNECT_SECONDS, settings.CARRIER_TIMEOUT_SECONDS),
                allow_redirects=False,
            )
        except requests.ConnectTimeout:
            return SendResult(Verdict.BUSY, failure="The carrier could not be reached.")
        except requests.ConnectionError as error:
            if _never_connected(error):
                return SendResult(Verdict.BUSY, failure="The carrier could not be reached.")
            return SendResult(Verdict.UNKNOWN, failure="The connection broke while sending.")
        except requests.RequestException:
            return SendResult(Verdict.UNKNOWN, failure="The carrier did not answer in time.")
        return _result_of(response)


def signature(auth_token: str, url: str, fields: list[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the URL and the sorted, distinct parameters."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), signed.encode("utf-8", "surrogateescape"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode()


def _fields(request: WebRequest) -> list[tuple[str, str]]:
    """The form's fields. Bytes that are no UTF-8 are kept as lone surrogates."""
    try:
        return parse_qsl(
            request.body.decode("ascii", "surrogateescape"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="surrogateescape",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Unreadable(f"The form has more than {MOST_FIELDS} fields.") from None


def _readable(value: str) -> str:
    """Text that PostgreSQL can hold: no NUL, no bytes that are no text."""
    whole = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return whole.replace("\x00", REPLACEMENT)


def _port_spellings(url: str) -> Iterator[str]:
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a Host header may be anything
        return
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if port is None and default:
        yield _with_netloc(parts, f"{parts.netloc}:{default}")
    elif port == default:
        yield _with_netloc(parts, parts.netloc.rpartition(":")[0])


def _with_netloc(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether nothing can have been sent: the connection was refused or never made."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return type(reason).__name__ in {
        "NewConnectionError",
        "ConnectTimeoutError",
        "NameResolutionError",
    }


def _result_of(response: requests.Response) -> SendResult:
    try:
        document = response.json()
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    code = _said(document, "code")[:20]
    if response.ok:
        sid = _said(document, "sid")[:80]
        if not sid:
            return SendResult(Verdict.UNKNOWN, failure="The carrier's answer could not be read.")
        return SendResult(Verdict.TAKEN, carrier_message_id=sid)
    if response.status_code in GATEWAY_ERRORS:
        return SendResult(Verdict.UNKNOWN, failure="The carrier did not answer in time.")
    if response.status_code == HTTP_TOO_MANY or response.status_code >= HTTP_SERVER_ERROR:
        return SendResult(
            Verdict.BUSY,
            error_code=code or str(response.status_code),
            failure="The carrier is busy.",
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )
    return SendResult(
        Verdict.REFUSED,
        error_code=code or str(response.status_code),
        failure=explain(code, _said(document, "message")),
        opted_out=code == OPTED_OUT,
    )


def _said(document: dict[str, object], name: str) -> str:
    """A value of the carrier's JSON as text that PostgreSQL can hold."""
    said = str(document.get(name) or "")
    return said.encode("utf-8", "replace").decode().replace("\x00", REPLACEMENT)


def _seconds(text: str) -> float | None:
    return min(float(text), LONGEST_WAIT_SECONDS) if text.isdecimal() else None
