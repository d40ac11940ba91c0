"""Twilio Programmable Messaging, over plain HTTP.

Facts are from twilio.com/docs/messaging (webhook-request, status callbacks, Messages resource) and
twilio.com/docs/usage/webhooks/webhooks-security. Its send has no idempotency key: a POST that timed
out may have sent, and is never repeated blindly.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from itertools import count, product, takewhile
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

from routing.carriers.base import (
    Answer,
    Attachment,
    BadSignature,
    Carrier,
    Check,
    Credential,
    DeliveryReceipt,
    InboundText,
    Listed,
    News,
    OutboundText,
    SendResult,
    Unreadable,
    Verdict,
    Wanted,
    WebRequest,
    Wish,
)
from routing.carriers.http import (
    REPLACEMENT,
    UNREADABLE,
    call,
    checked,
    document_of,
    explain,
    insist,
    readable,
    said,
    succeeded,
    trouble,
)
from routing.carriers.twilio_errors import OPTED_OUT, SENTENCES, TOO_FAST
from routing.carriers.twilio_list import completed, fields_of, listed
from routing.enums import MessageState, RequestKind
from smsdesk.lib.phone import with_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from routing.models import CarrierAccount

MOST_FIELDS = 1000
DEFAULT_PORTS = {"https": 443, "http": 80}
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
WISHES = {"STOP": Wish.STOP, "START": Wish.START, "HELP": Wish.HELP}
# A long text as mail carries it: base64, perhaps in lines; 71 letters are more than a segment.
IN_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{71,}={0,2}[\r\n]*")
NO_LETTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# Its default lists, of whole texts.
ANSWERED_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
    | {"START", "YES", "UNSTOP", "HELP", "INFO"}
)


class Twilio(Carrier):
    name = "Twilio"
    answered_words = ANSWERED_WORDS
    base_url = "https://api.twilio.com"
    credentials = (
        Credential("account_sid", "account SID", "It begins with AC."),
        Credential("auth_token", "auth token"),
        Credential(
            "previous_secret",
            "previous auth token",
            "While you change the token: what Twilio signs with the old one still counts.",
            required=False,
        ),
    )
    stored = Answer(200, "text/xml", b"<Response/>")
    lists_texts = True

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
        spellings = [each for url in request.urls for each in _port_spellings(url)]
        for secret, url in product(account.secrets, spellings):
            expected = signature(secret, url, fields)
            if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
                return
        raise BadSignature(
            "The signature does not match. Check the account's auth token, and that the address"
            " at Twilio is exactly ours."
        )

    def read(self, request: WebRequest) -> list[News]:
        fields = fields_of(request) if request.found else dict(_fields(request))
        return [_receipt(fields) if request.kind is RequestKind.STATUS else _text(fields)]

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        response = call(
            "POST",
            f"{_resource(account)}/Messages.json",
            data={
                "From": text.sender,
                "To": text.recipient,
                "Body": text.body,
                "StatusCallback": text.status_url,
                "MediaUrl": text.attachments,
            },
            auth=(account.account_sid, account.auth_token),
        )
        return response if isinstance(response, SendResult) else _result_of(response)

    def check(self, account: CarrierAccount) -> Check:
        auth = (account.account_sid, account.auth_token)
        return checked("GET", f"{_resource(account)}.json", auth=auth)

    def list_texts(self, account: CarrierAccount, wanted: Wanted) -> Iterator[Listed]:
        return listed(account, wanted)

    def complete(self, listed: Listed, account: CarrierAccount) -> Listed:
        return completed(account, listed)

    def fetching(self, url: str, account: CarrierAccount) -> Mapping[str, str]:
        """Twilio may ask for the account's credentials, which nobody else is given."""
        origin = _origin(url)
        if origin is None or origin not in {_origin(self.base_url), _origin(account.base_url)}:
            return {}
        credentials = f"{account.account_sid}:{account.auth_token}".encode()
        return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


def _resource(account: CarrierAccount) -> str:
    return f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}"


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address; None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port


def _text(fields: dict[str, str]) -> InboundText:
    sid = fields.get("MessageSid") or fields.get("SmsSid") or fields.get("SmsMessageSid", "")
    sender, recipient = fields.get("From", ""), fields.get("To", "")
    insist({"MessageSid": sid, "From": sender, "To": recipient})
    body = fields.get("Body", "")
    if fields.get("NumSegments", "1") not in {"", "0", "1"}:
        body = _out_of_base64(body)
    clean = readable(body)
    return InboundText(
        sender=readable(with_plus(sender)),
        recipient=readable(with_plus(recipient)),
        body=clean,
        carrier_message_id=readable(sid)[:80],
        repaired=clean.count(REPLACEMENT) != body.count(REPLACEMENT),
        attachments=tuple(
            Attachment(readable(url), readable(fields.get(f"MediaContentType{number}", "")))
            for number, url in enumerate(_numbered(fields, "MediaUrl"))
        ),
        others=tuple(
            readable(with_plus(number)) for number in _numbered(fields, "OtherRecipients")
        ),
        wish=WISHES.get(fields.get("OptOutType", "").upper()),
    )


def _numbered(fields: Mapping[str, str], name: str) -> Iterator[str]:
    """The fields that are called ``name`` and a number, from 0 on, up to the first that lacks."""
    return takewhile(bool, (fields.get(f"{name}{number}", "") for number in count()))


def _out_of_base64(body: str) -> str:
    """A text of several segments that came as mail carries it; any other stays as it is.

    Some concatenated texts come so, perhaps cut off within their last character. Only what is
    base64 as a whole, and text behind it, is taken for one.
    """
    if not IN_BASE64.fullmatch(body):
        return body
    try:
        decoded = base64.b64decode(re.sub(r"[\r\n]", "", body), validate=True)
    except (ValueError, binascii.Error):
        return body
    text = decoded.decode("utf-8", "surrogateescape")
    broken_within = re.search(r"[\ud800-\udfff]", text[:-3])
    return body if broken_within or NO_LETTERS.search(text) else text


def _receipt(fields: dict[str, str]) -> DeliveryReceipt:
    fields = {name: readable(value) for name, value in fields.items()}
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
    insist({"MessageSid": sid, "MessageStatus": status})
    code = fields.get("ErrorCode", "")
    state = STATES.get(status)
    return DeliveryReceipt(
        carrier_message_id=sid[:80],
        status=status[:40],
        state=state,
        error_code=code[:20],
        failure=explain(SENTENCES, code) if state is MessageState.FAILED else "",
        opted_out=state is MessageState.FAILED and code == OPTED_OUT,
    )


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


def _port_spellings(url: str) -> Iterator[str]:
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a Host header may be anything
        return
    default = DEFAULT_PORTS.get(parts.scheme)
    if port is None and default:
        yield _with_netloc(parts, f"{parts.netloc}:{default}")
    elif port == default:
        yield _with_netloc(parts, parts.netloc.rpartition(":")[0])


def _with_netloc(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def _result_of(response: requests.Response) -> SendResult:
    document = document_of(response)
    code = said(document, "code")[:20]
    if succeeded(response):
        sid = said(document, "sid")[:80]
        return SendResult(Verdict.TAKEN, carrier_message_id=sid) if sid else UNREADABLE
    return trouble(response, code=code, too_fast=TOO_FAST) or SendResult(
        Verdict.REFUSED,
        error_code=code or str(response.status_code),
        failure=explain(SENTENCES, code, said(document, "message")),
        opted_out=code == OPTED_OUT,
    )
