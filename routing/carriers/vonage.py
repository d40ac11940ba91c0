"""Vonage SMS API, over plain HTTP.

Facts are from developer.vonage.com/messaging/sms (inbound SMS, delivery receipts, concatenation and
encoding, troubleshooting) and from how Vonage's own libraries check signatures. Its requests come
by GET, as a form or as JSON, as the dashboard is set. A send has no idempotency key, and is never
repeated blindly.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from routing.carriers.base import (
    BadSignature,
    Carrier,
    Check,
    Credential,
    DeliveryReceipt,
    InboundText,
    News,
    OutboundText,
    Part,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
)
from routing.carriers.http import (
    NO_FILES,
    NOT_PERMITTED,
    REPLACEMENT,
    UNREADABLE,
    call,
    checked,
    document_of,
    explain,
    insist,
    objects,
    posted,
    readable,
    said,
    succeeded,
    trouble,
)
from routing.carriers.vonage_errors import (
    AGAIN,
    OPTED_OUT,
    RECEIPTS,
    SENDS,
    SIGN_IN_REFUSED,
    WORDS,
)
from routing.enums import MessageState
from smsdesk.lib.phone import with_plus
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from routing.models import CarrierAccount

MOST_FIELDS = 100
# md5hash is the hash of text and secret, the others are HMAC.
METHODS = ("md5hash", "md5", "sha1", "sha256", "sha512")
DEFAULT_METHOD = "sha256"
# The timestamp is of the text itself, which Vonage sends again for 24 hours where it was not taken:
# what Vonage's libraries ask for, five minutes, would lose every text of a longer outage.
OLDEST_SECONDS = 24 * 3600 + 300
AHEAD_SECONDS = 300
LONGEST_CALLBACK = 100
PASTED = re.compile(r"[!-~]+")
NOT_PASTED = "Copy it from Vonage's dashboard anew: it has neither blanks nor letters with accents."
STATES = {
    "accepted": MessageState.SENT,
    "buffered": None,  # the operator keeps it for later
    "delivered": MessageState.DELIVERED,
    "expired": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "rejected": MessageState.FAILED,
    "undelivered": MessageState.FAILED,
    "unknown": None,  # it says nothing
}
TOO_FAST_WAIT = re.compile(r"please wait \[ ?(\d{1,6}) ?\]")  # milliseconds


class Vonage(Carrier):
    name = "Vonage SMS API"
    base_url = "https://rest.nexmo.com"
    credentials = (
        Credential("account_sid", "API key", "In Vonage's dashboard, under API settings."),
        Credential("auth_token", "API secret"),
        Credential(
            "signing_secret",
            "signature secret",
            "In Vonage's dashboard, under API settings; ask Vonage to sign webhooks where it does"
            " not yet. Our two addresses are the inbound SMS webhook and the delivery receipts"
            " webhook there; one address for both will do.",
        ),
        Credential(
            "previous_secret",
            "previous signature secret",
            "While you change the secret: what Vonage signs with the old one still counts.",
            required=False,
        ),
        Credential(
            "options.method",
            "signature method",
            "As chosen in Vonage's dashboard: md5hash for “MD5 hash signature”, and md5, sha1,"
            " sha256 or sha512 for “HMAC signature”. Choose SHA-256 there; empty is sha256.",
            required=False,
        ),
    )
    methods = frozenset({"GET", "POST"})
    tries_address = True

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        asked = ("account_sid", "auth_token", "signing_secret")
        wrong = {name: NOT_PASTED for name in asked if not PASTED.fullmatch(getattr(account, name))}
        if _method(account) not in METHODS:
            wrong["options.method"] = "Write one of md5hash, md5, sha1, sha256 and sha512."
        return wrong

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Compare ``sig`` over every received parameter, with blank ones and without.

        Vonage's own libraries do not agree on whether blank ones are signed.
        """
        try:
            fields = _fields(request)
        except Unreadable as error:
            raise BadSignature(str(error)) from error
        given = fields.pop("sig", "").lower()
        if not given:
            raise BadSignature(
                "The signature is missing. Let Vonage sign webhooks, in its dashboard under API"
                " settings."
            )
        method = _method(account)
        if method not in METHODS:
            raise BadSignature("The account's signature method is not one of Vonage's.")
        filled = {name: value for name, value in fields.items() if value.strip()}
        if not any(
            hmac.compare_digest(
                signature(secret, signed, method).encode(), given.encode("utf-8", "replace")
            )
            for secret, signed in product(account.secrets, (fields, filled))
        ):
            raise BadSignature(
                "The signature does not match. Check the account's signature secret and method."
            )
        if not _is_fresh(fields.get("timestamp", ""), request):
            raise BadSignature(
                "It was signed more than a day ago, or by a clock that is minutes ahead."
            )

    def read(self, request: WebRequest) -> list[News]:
        """A text says of which type it is; what says nothing of a text is a receipt."""
        fields = _fields(request)
        return [_text(fields) if {"type", "text"} & fields.keys() else _receipt(fields)]

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        if text.attachments:
            return NO_FILES
        message = {
            "from": text.sender.removeprefix("+"),
            "to": text.recipient.removeprefix("+"),
            "text": text.body,
            "type": "text" if plan(text.body).encoding == "GSM-7" else "unicode",
            "client-ref": text.reference,
        }
        # Receipts name the reference themselves. A longer address would have the text refused;
        # without one they come to that of the dashboard.
        callback = text.status_url.partition("?")[0]
        if len(callback) <= LONGEST_CALLBACK:
            message["callback"] = callback
        url = f"{account.base_url}/sms/json"
        response = call("POST", url, data=message, auth=_credentials(account))
        return response if isinstance(response, SendResult) else _result_of(response)

    def check(self, account: CarrierAccount) -> Check:
        url = f"{account.base_url}/account/get-balance"
        return checked("GET", url, auth=_credentials(account))


def _credentials(account: CarrierAccount) -> tuple[str, str]:
    return account.account_sid, account.auth_token


def _method(account: CarrierAccount) -> str:
    return account.options.get("method") or DEFAULT_METHOD


def _fields(request: WebRequest) -> dict[str, str]:
    """The parameters, whichever way they came. Bytes that are no UTF-8 stay as lone surrogates.

    Raises Unreadable.
    """
    if request.method == "POST" and request.body.lstrip().startswith(b"{"):
        return {name: _spelled(name, value) for name, value in posted(request).items()}
    form = request.body.decode("ascii", "surrogateescape")
    try:
        return dict(
            parse_qsl(
                form if request.method == "POST" else urlsplit(request.urls[0]).query,
                keep_blank_values=True,
                errors="surrogateescape",
                max_num_fields=MOST_FIELDS,
            )
        )
    except ValueError:
        raise Unreadable("The parameters cannot be read.") from None


def _spelled(name: str, value: Any) -> str:
    """A value of JSON as it is signed."""
    if isinstance(value, (dict, list)):
        raise Unreadable(f"The field {readable(name)[:40]} is neither a text nor a number.")
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def signature(secret: str, fields: Mapping[str, str], method: str) -> str:
    """``sig``, in lower-case hex: over the sorted parameters, each behind an ampersand."""
    signed = b"".join(
        _signed(f"&{_clean(name)}={_clean(value)}") for name, value in sorted(fields.items())
    )
    if method == "md5hash":
        return hashlib.md5(signed + secret.encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), signed, method).hexdigest()


def _clean(text: str) -> str:
    """Without what tells parameters apart, so that no two requests are signed alike."""
    return text.replace("&", "_").replace("=", "_")


def _signed(text: str) -> bytes:
    with suppress(UnicodeEncodeError):  # not bytes of a form, but half a character of JSON
        return text.encode("utf-8", "surrogateescape")
    return text.encode("utf-8", "replace")


def _is_fresh(timestamp: str, request: WebRequest) -> bool:
    if request.received_at is None or not timestamp.isdecimal():
        return False
    age = request.received_at.timestamp() - int(timestamp)
    return -AHEAD_SECONDS <= age <= OLDEST_SECONDS


def _text(fields: Mapping[str, str]) -> InboundText:
    insist({name: fields.get(name, "") for name in ("messageId", "msisdn", "to")})
    if fields.get("type") == "binary":
        raise Unreadable("It is no text, but a binary message, such as phones send each other.")
    body = fields.get("text", "")
    clean = readable(body)
    return InboundText(
        sender=readable(with_plus(fields["msisdn"])),
        recipient=readable(with_plus(fields["to"])),
        body=clean,
        carrier_message_id=readable(fields["messageId"])[:80],
        repaired=clean.count(REPLACEMENT) != body.count(REPLACEMENT),
        part=_part(fields),
    )


def _part(fields: Mapping[str, str]) -> Part | None:
    """Which piece of a long text it is; not every operator says so, and then it is a text."""
    number, total = fields.get("concat-part", ""), fields.get("concat-total", "")
    if fields.get("concat", "").lower() != "true" or not (number.isdecimal() and total.isdecimal()):
        return None
    # Four digits are more than any part needs, and no number is too long to be read.
    return Part(readable(fields.get("concat-ref", "")), int(number[:4]), int(total[:4]))


def _receipt(fields: Mapping[str, str]) -> DeliveryReceipt:
    """Who got the text is ``msisdn`` here, and we are ``to``."""
    fields = {name: readable(value) for name, value in fields.items()}
    status = fields.get("status", "")
    insist({"messageId": fields.get("messageId", ""), "status": status})
    code = fields.get("err-code", "").removeprefix("0")  # 0 is no error
    state = STATES.get(status)
    failed = state is MessageState.FAILED
    return DeliveryReceipt(
        carrier_message_id=fields["messageId"][:80],
        status=status[:40],
        state=state,
        error_code=code[:20],
        failure=_failure(status, code) if failed else "",
        opted_out=failed and code in OPTED_OUT,
        reference=fields.get("client-ref", ""),
    )


def _failure(status: str, code: str) -> str:
    """Why a text failed: by its code, and where there is none by its status."""
    return explain(RECEIPTS, code) if code else WORDS.get(status) or explain({}, "")


def _result_of(response: requests.Response) -> SendResult:
    """What an answer says of each part of the text: one of 200 may refuse them."""
    parts = objects(document_of(response), "messages")
    busy = trouble(response)
    if busy is not None or not (parts and all(said(part, "status") for part in parts)):
        return busy or _without_parts(response)
    message_id = next(filter(None, (said(part, "message-id")[:80] for part in parts)), "")
    refused = [part for part in parts if said(part, "status") != "0"]
    if not refused:
        return SendResult(Verdict.TAKEN, message_id) if message_id else UNREADABLE
    code, words = said(refused[0], "status")[:20], said(refused[0], "error-text")
    failure = explain(SENDS, code, words)
    if len(refused) < len(parts):
        failure = f"The carrier took a part of the text, but not all of it. {failure}"
        return SendResult(Verdict.UNKNOWN, message_id, error_code=code, failure=failure)
    wait = TOO_FAST_WAIT.search(words)
    return SendResult(
        AGAIN.get(code, Verdict.REFUSED),
        error_code=code,
        failure=failure,
        retry_after=int(wait[1]) / 1000 if wait else None,
    )


def _without_parts(response: requests.Response) -> SendResult:
    if succeeded(response):
        return UNREADABLE
    code = SIGN_IN_REFUSED if response.status_code in NOT_PERMITTED else ""
    return SendResult(
        Verdict.REFUSED,
        error_code=code or str(response.status_code),
        failure=explain(SENDS, code, said(document_of(response), "title")),
    )
