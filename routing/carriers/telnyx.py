"""Telnyx Messaging API v2, over plain HTTP.

Facts are from developers.telnyx.com/docs/messaging/messages (send-message, receiving-webhooks,
advanced-opt-in-out, group-messaging) and its official SDKs. Texts and receipts come to one address
and say in ``event_type`` what they are. A send has no idempotency key, and is never repeated
blindly.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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
    Verdict,
    WebRequest,
    Wish,
)
from routing.carriers.http import (
    UNREADABLE,
    call,
    checked,
    document_of,
    explain,
    insist,
    objects,
    posted,
    said,
    succeeded,
    trouble,
    within,
)
from routing.carriers.telnyx_errors import (
    OPTED_OUT,
    SENTENCES,
    TIMED_OUT,
    TOO_FAST,
)
from routing.enums import MessageState
from smsdesk.lib.phone import with_plus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

    from routing.models import CarrierAccount

TOLERANCE_SECONDS = 300
KEY_BYTES = 32
RECEIPTS = {"message.sent", "message.finalized"}
STATES = {
    "sent": MessageState.SENT,
    # Final: the operator never tells what became of it.
    "delivery_unconfirmed": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "expired": MessageState.FAILED,
    "sending_failed": MessageState.FAILED,
    "delivery_failed": MessageState.FAILED,
}
WISHES = {"STOP": Wish.STOP, "START": Wish.START, "HELP": Wish.HELP}

# Its default lists, of whole texts.
ANSWERED_WORDS = frozenset(
    {"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
    | {"START", "UNSTOP", "HELP", "INFO"}
)


class Telnyx(Carrier):
    name = "Telnyx"
    answered_words = ANSWERED_WORDS
    base_url = "https://api.telnyx.com"
    credentials = (
        Credential("account_sid", "messaging profile ID", "Of the profile that has our numbers."),
        Credential("auth_token", "API key", "It begins with KEY."),
        Credential(
            "signing_secret",
            "public key",
            "Telnyx shows it beside the API keys. As the messaging profile's webhook URL write our"
            " address for texts, API version 2; receipts come to it as well.",
        ),
        Credential(
            "previous_secret",
            "previous public key",
            "While you change the key: what Telnyx signs with the old one still counts.",
            required=False,
        ),
    )

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        if len(_decoded(account.signing_secret)) == KEY_BYTES:
            return {}
        sentence = "This is no public key of Telnyx: copy it whole, it has 44 characters."
        return {"signing_secret": sentence}

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Verify the Ed25519 signature over the timestamp, a bar and the raw body.

        Whoever repeats a genuine request later than five minutes is refused.
        """
        timestamp = request.headers.get("telnyx-timestamp", "")
        given = _decoded(request.headers.get("telnyx-signature-ed25519", ""))
        if not timestamp or not given:
            raise BadSignature(
                "The telnyx-signature-ed25519 or the telnyx-timestamp header is missing."
            )
        signed = timestamp.encode("utf-8", "replace") + b"|" + request.body
        if not any(_is_signed(signed, given, secret) for secret in account.secrets):
            raise BadSignature("The signature does not match. Check the account's public key.")
        if not _is_fresh(timestamp, request):
            raise BadSignature(
                "The request was signed more than five minutes before or after it came."
            )

    def read(self, request: WebRequest) -> Sequence[News]:
        event = within(posted(request), "data")
        kind, payload = said(event, "event_type"), within(event, "payload")
        insist({"event_type": kind})
        if kind == "message.received":
            return [_text(payload)]
        return [_receipt(payload)] if kind in RECEIPTS else []

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        message: dict[str, Any] = {
            "from": text.sender,
            "to": text.recipient,
            "text": text.body,
            "messaging_profile_id": account.account_sid,
            "webhook_url": text.status_url,
        }
        if text.attachments:
            message["media_urls"] = list(text.attachments)
        url = f"{account.base_url}/v2/messages"
        response = call("POST", url, json=message, headers=_credentials(account))
        return response if isinstance(response, SendResult) else _result_of(response)

    def check(self, account: CarrierAccount) -> Check:
        url = f"{account.base_url}/v2/messaging_profiles/{account.account_sid}"
        return checked("GET", url, headers=_credentials(account))


def _credentials(account: CarrierAccount) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.auth_token}"}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _is_signed(signed: bytes, given: bytes, secret: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(_decoded(secret)).verify(given, signed)
    except (ValueError, InvalidSignature):
        return False
    return True


def _is_fresh(timestamp: str, request: WebRequest) -> bool:
    """Whether a genuine timestamp is that of the time at which the request came."""
    if request.received_at is None or not timestamp.isdecimal():
        return False
    return abs(int(request.received_at.timestamp()) - int(timestamp)) <= TOLERANCE_SECONDS


def _text(payload: Mapping[str, Any]) -> InboundText:
    sender = next(iter(_numbers(payload, "from")), "")
    recipients = _numbers(payload, "to")
    insist({"id": said(payload, "id"), "from": sender, "to": next(iter(recipients), "")})
    # Of the numbers of a group text, ours is the one for which Telnyx calls us.
    ours = [to for to in objects(payload, "to") if said(to, "status") == "webhook_delivered"]
    recipient = next(iter(_numbers({"to": ours}, "to")), recipients[0])
    everybody = dict.fromkeys([*recipients, *_numbers(payload, "cc")])
    body = said(payload, "text")
    return InboundText(
        sender=sender,
        recipient=recipient,
        body=body,
        carrier_message_id=said(payload, "id")[:80],
        repaired=body != (payload.get("text") or ""),
        attachments=tuple(
            Attachment(said(media, "url"), said(media, "content_type"))
            for media in objects(payload, "media")
            if said(media, "url")
        ),
        others=tuple(number for number in everybody if number not in {sender, recipient}),
        wish=WISHES.get(said(payload, "autoresponse_type").upper()),
    )


def _numbers(payload: Mapping[str, Any], name: str) -> list[str]:
    """The numbers under a name, where there is one or a list, each an object or only a string."""
    value = payload.get(name)
    listed = value if isinstance(value, list) else [value]
    numbers = [one if isinstance(one, dict) else {"phone_number": one} for one in listed]
    return [with_plus(number) for one in numbers if (number := said(one, "phone_number"))]


def _receipt(payload: Mapping[str, Any]) -> DeliveryReceipt:
    to = next(iter(objects(payload, "to")), {})
    status = said(to, "status")
    insist({"id": said(payload, "id"), "status": status})
    state = STATES.get(status)
    error = next(iter(objects(payload, "errors")), {})
    failed = state is MessageState.FAILED
    return DeliveryReceipt(
        carrier_message_id=said(payload, "id")[:80],
        status=status[:40],
        state=state,
        error_code=said(error, "code")[:20],
        failure=_explain(error) if failed else "",
        opted_out=failed and _is_opt_out(error),
    )


def _explain(error: Mapping[str, Any]) -> str:
    code = said(error, "code")[:20]
    known = {} if code == OPTED_OUT and not _is_opt_out(error) else SENTENCES
    return explain(known, code, said(error, "detail") or said(error, "title"))


def _is_opt_out(error: Mapping[str, Any]) -> bool:
    """Receipts give other refusals of operators the same code, with a title of their own."""
    title = said(error, "title").upper()
    return said(error, "code") == OPTED_OUT and (not title or "STOP" in title)


def _result_of(response: requests.Response) -> SendResult:
    document = document_of(response)
    if succeeded(response):
        sent = said(within(document, "data"), "id")[:80]
        return SendResult(Verdict.TAKEN, carrier_message_id=sent) if sent else UNREADABLE
    error = next(iter(objects(document, "errors")), {})
    code = said(error, "code")[:20]
    if code == TIMED_OUT:
        return SendResult(Verdict.UNKNOWN, error_code=code, failure=_explain(error))
    return trouble(response, code=code, too_fast=TOO_FAST) or SendResult(
        Verdict.REFUSED,
        error_code=code or str(response.status_code),
        failure=_explain(error),
        opted_out=_is_opt_out(error),
    )
