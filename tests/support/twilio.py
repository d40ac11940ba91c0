"""Twilio's end: its texts and receipts, signed as it signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping


def post_text(
    channel: Mapping[str, Any], from_: str, body: str, *, sid: str | None = None, **more: str
) -> requests.Response:
    """Post a customer's text to a channel of the demo."""
    fields = {
        "MessageSid": sid or new_sid(),
        "AccountSid": channel["account_sid"],
        "From": from_,
        "To": channel["number"],
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
    fields |= {"SmsMessageSid": fields["MessageSid"], "SmsSid": fields["MessageSid"], **more}
    return post_signed(str(channel["inbound_url"]), fields, str(channel["auth_token"]))


def post_receipt(
    channel: Mapping[str, Any], sid: str, status: str, *, message: str = "", **more: str
) -> requests.Response:
    """Post a delivery receipt; ``message`` is our own id in the address."""
    url = str(channel["status_url"]) + (f"?message={message}" if message else "")
    fields = {
        "MessageSid": sid,
        "MessageStatus": status,
        "AccountSid": channel["account_sid"],
        **more,
    }
    return post_signed(url, fields, str(channel["auth_token"]))


def post_signed(url: str, fields: Mapping[str, str], token: str) -> requests.Response:
    headers = {"X-Twilio-Signature": twilio_signature(url, fields, token)}
    return requests.post(url, data=fields, headers=headers, timeout=30)


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


def twilio_signature(url: str, fields: Mapping[str, str], token: str) -> str:
    """Sign as Twilio's documentation says: the address, then each field by name, HMAC-SHA1."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
