"""Vonage Messages API v1, over plain HTTP: SMS, and pictures and files (MMS).

Facts are from developer.vonage.com/messages (inbound messages, status callbacks, signed webhooks)
and from Vonage's own libraries. Texts and receipts come as JSON, with a token that Vonage signs for
each request. A send has no idempotency key, and is never repeated blindly.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any

from routing.carriers.base import (
    Attachment,
    BadSignature,
    Carrier,
    Check,
    Credential,
    DeliveryReceipt,
    InboundText,
    News,
    OutboundText,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
)
from routing.carriers.http import (
    UNREADABLE,
    call,
    checked,
    document_of,
    explain,
    insist,
    posted,
    said,
    succeeded,
    trouble,
    within,
)
from routing.carriers.vonage_errors import MESSAGES, OPTED_OUT, TOO_FAST
from routing.enums import MessageState
from smsdesk.lib.phone import with_plus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import requests

    from routing.models import CarrierAccount

# What was not taken is sent again for 24 hours, and it is not said that the token is a new one.
OLDEST_SECONDS = 24 * 3600 + 300
CLOCKS_SECONDS = 300  # how far two clocks may be apart
MOST_CHARACTERS = 3200
MOST_CHARACTERS_BENEATH_A_FILE = 3000
PASTED = re.compile(r"[!-~]+")
NOT_PASTED = "Copy it from Vonage's dashboard anew: it has neither blanks nor letters with accents."
# The other channels are messaging apps'.
CHANNELS = {"sms", "mms"}
FILES = {"image", "audio", "video", "file", "vcard"}
STATES = {
    "submitted": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "rejected": MessageState.FAILED,
    "undeliverable": MessageState.FAILED,
}


class VonageMessages(Carrier):
    name = "Vonage Messages API"
    proves_by_authorization = True
    base_url = "https://api.nexmo.com"
    credentials = (
        Credential("account_sid", "API key", "In Vonage's dashboard, under API settings."),
        Credential("auth_token", "API secret"),
        Credential(
            "signing_secret",
            "signature secret",
            "In Vonage's dashboard, under API settings. Make an application there that can send"
            " messages, in version v1, with our two addresses as its inbound URL and its status"
            " URL, and link the number to it.",
        ),
        Credential(
            "previous_secret",
            "previous signature secret",
            "While you change the secret: what Vonage signs with the old one still counts.",
            required=False,
        ),
        Credential(
            "base_url",
            "base URL",
            "https://api.nexmo.com, or the one of your region.",
        ),
    )

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        asked = ("account_sid", "auth_token", "signing_secret")
        return {name: NOT_PASTED for name in asked if not PASTED.fullmatch(getattr(account, name))}

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Check the token, and that it was signed for this body and lately."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise BadSignature(
                "The token is missing. Link the number at Vonage to an application with signed"
                " webhooks."
            )
        claims = next(filter(None, (claims_in(token, secret) for secret in account.secrets)), None)
        if claims is None:
            raise BadSignature(
                "The token is not signed with our secret. Check the account's signature secret."
            )
        if said(claims, "payload_hash").lower() != hashlib.sha256(request.body).hexdigest():
            raise BadSignature("The token was signed for another body, or for none.")
        if not _is_fresh(claims, request.received_at):
            raise BadSignature(
                "The token is more than a day old, is over, or is of a clock that is minutes ahead."
            )

    def read(self, request: WebRequest) -> Sequence[News]:
        """What has a status is a receipt, whichever of our addresses it comes to."""
        document = posted(request)
        insist({name: said(document, name) for name in ("channel", "message_uuid")})
        if said(document, "channel") not in CHANNELS:
            return []
        return [_receipt(document) if "status" in document else _text(document)]

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        most = MOST_CHARACTERS_BENEATH_A_FILE if text.attachments else MOST_CHARACTERS
        if len(text.body) > most:
            failure = (
                f"The text has {len(text.body)} characters, and the carrier takes {most}."
                " Send it as several texts."
            )
            return SendResult(Verdict.REFUSED, failure=failure)
        message = {
            "from": text.sender.removeprefix("+"),
            "to": text.recipient.removeprefix("+"),
            "client_ref": text.reference,
            "webhook_url": text.status_url,
            "webhook_version": "v1",
            **_content(text),
        }
        url = f"{account.base_url}/v1/messages"
        response = call("POST", url, json=message, auth=_credentials(account))
        return response if isinstance(response, SendResult) else _result_of(response)

    def check(self, account: CarrierAccount) -> Check:
        url = f"{account.base_url}/v2/applications?page_size=1"
        return checked("GET", url, auth=_credentials(account))


def _credentials(account: CarrierAccount) -> tuple[str, str]:
    return account.account_sid, account.auth_token


def claims_in(token: str, secret: str) -> dict[str, Any] | None:
    """What a token claims, if it is signed with this secret (RFC 7519, HS256 and nothing else)."""
    signed, _, given = token.rpartition(".")
    digest = hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), "sha256")
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(expected, given.encode("utf-8", "replace")):
        return None
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(f"{piece}==")) for piece in signed.split(".")
        )
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(header, dict) and header.get("alg") == "HS256" and isinstance(claims, dict)
    return claims if is_ours else None


def _is_fresh(claims: Mapping[str, Any], received_at: datetime | None) -> bool:
    """Whether a genuine token was issued lately, and holds at the time the request came."""
    if received_at is None:
        return False
    now = received_at.timestamp()
    issued: Any = claims.get("iat")
    begins, ends = claims.get("nbf", issued), claims.get("exp", now)
    return all(isinstance(each, int | float) for each in (issued, begins, ends)) and (
        now - OLDEST_SECONDS <= issued <= now + CLOCKS_SECONDS
        and begins - CLOCKS_SECONDS <= now <= ends + CLOCKS_SECONDS
    )


def _text(document: Mapping[str, Any]) -> InboundText:
    insist({name: said(document, name) for name in ("from", "to")})
    kind = said(document, "message_type")
    file = within(document, kind) if kind in FILES else {}
    if "text" not in document and not said(file, "url"):
        raise Unreadable(f"It has neither words nor a file: the carrier calls it “{kind[:40]}”.")
    raw, body = (
        (document["text"], said(document, "text"))
        if "text" in document
        else (file.get("caption"), said(file, "caption"))
    )
    return InboundText(
        sender=with_plus(said(document, "from")),
        recipient=with_plus(said(document, "to")),
        body=body,
        carrier_message_id=said(document, "message_uuid")[:80],
        repaired=body != (raw or ""),
        attachments=(Attachment(said(file, "url")),) if said(file, "url") else (),
    )


def _receipt(document: Mapping[str, Any]) -> DeliveryReceipt:
    status = said(document, "status")
    insist({"status": status})
    error = within(document, "error")
    code = _code(error)
    state = STATES.get(status)
    failed = state is MessageState.FAILED
    return DeliveryReceipt(
        carrier_message_id=said(document, "message_uuid")[:80],
        status=status[:40],
        state=state,
        error_code=code,
        failure=explain(MESSAGES, code, said(error, "detail")) if failed else "",
        opted_out=failed and code in OPTED_OUT,
        reference=said(document, "client_ref"),
    )


def _code(error: Mapping[str, Any]) -> str:
    """The code of an error, with which its ``type`` ends; some have it as their title alone."""
    _, mark, code = said(error, "type").rpartition("#")
    title = said(error, "title")
    return (code if mark else title if title.isdecimal() else "")[:20]


def _content(text: OutboundText) -> dict[str, Any]:
    """The words, or the files with the words beneath the first."""
    if not text.attachments:
        return {"channel": "sms", "message_type": "text", "text": text.body}
    files: list[dict[str, str]] = [{"url": url} for url in text.attachments]
    if text.body:
        files[0]["caption"] = text.body
    if len(files) == 1:
        return {"channel": "mms", "message_type": "image", "image": files[0]}
    content = [{"type": "image", **file} for file in files]
    return {"channel": "mms", "message_type": "content", "content": content}


def _result_of(response: requests.Response) -> SendResult:
    document = document_of(response)
    if succeeded(response):
        uuid = said(document, "message_uuid")[:80]
        return SendResult(Verdict.TAKEN, carrier_message_id=uuid) if uuid else UNREADABLE
    code = _code(document)
    return trouble(response, code=code, too_fast=TOO_FAST) or SendResult(
        Verdict.REFUSED,
        error_code=code or str(response.status_code),
        failure=explain(MESSAGES, code, said(document, "detail")),
        opted_out=code in OPTED_OUT,
    )
