"""Twilio's wire protocol, the side the carrier plays: its words, shapes and signature. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from typing import TYPE_CHECKING, Any

from django.utils.http import http_date

from smsdesk.lib import segments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

API_VERSION = "2010-04-01"
LONGEST_BODY = 1600
STOP_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
)
START_WORDS = frozenset({"START", "YES", "UNSTOP"})

ADDRESS = re.compile(r"https?://[^\s/?#\0]+[^\s\0]*", re.IGNORECASE)

# code: (HTTP status, message), as api.twilio.com words them
ERRORS = {
    20003: (401, "Authenticate"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21408: (400, "Permission to send an SMS has not been enabled for the region of {to}."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number {sender} is not a valid, SMS-capable inbound phone number.",
    ),
    21609: (400, "The 'StatusCallback' URL {url} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21614: (400, "'To' number: {to}, is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
}

# What the page offers to fail with. 30xxx come by receipt, the others refuse the request.
FAILURES = {
    30003: "Unreachable handset",
    30004: "Message blocked",
    30005: "Unknown handset",
    30006: "Landline or unreachable carrier",
    30007: "Filtered by the carrier",
    30008: "Unknown error",
    21211: "Not a phone number",
    21614: "Not a mobile number",
    20429: "Too many requests",
    20500: "Carrier's own error",
}


class WireError(Exception):
    """A request refused in Twilio's manner: an HTTP status and an error document."""

    def __init__(self, code: int, *, to: str = "", sender: str = "", url: str = "") -> None:
        self.code = code
        self.status, message = ERRORS.get(code, (400, "The request was refused."))
        self.message = message.format(to=to, sender=sender, url=url)
        super().__init__(self.message)

    def document(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def new_sid() -> str:
    return f"SM{uuid.uuid4().hex}"


def is_address(url: str) -> bool:
    """Whether a webhook can be posted to ``url``."""
    return ADDRESS.fullmatch(url) is not None


def signature(*, auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the exact URL and every parameter, sorted by name."""
    signed = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def parts(body: str) -> str:
    return str(max(1, segments.plan(body).parts))


def list_document(
    messages: list[dict[str, Any]], *, account_sid: str, following: str
) -> dict[str, Any]:
    """A page of the list of Messages; ``following`` is the query of the next one, or empty."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages.json"
    return {
        "messages": messages,
        "next_page_uri": f"{uri}?{following}" if following else None,
        "page_size": len(messages),
        "uri": uri,
    }


def message_document(
    *, sid: str, account_sid: str, to: str, sender: str, body: str, at: datetime
) -> dict[str, Any]:
    """The Message resource, as a POST to Messages.json is answered with 201."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{sid}"
    date = http_date(at.timestamp()).replace("GMT", "+0000")
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": body,
        "date_created": date,
        "date_sent": None,
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": parts(body),
        "price": None,
        "price_unit": None,
        "sid": sid,
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": to,
        "uri": f"{uri}.json",
    }


def fate(*, inbound: bool, status: str, error_code: str, at: datetime) -> dict[str, Any]:
    """What the list of Messages says of a text beyond ``message_document``."""
    return {
        "direction": "inbound" if inbound else "outbound-api",
        "status": "received" if inbound else status,
        "error_code": int(error_code) if error_code and not inbound else None,
        "date_sent": http_date(at.timestamp()).replace("GMT", "+0000"),
    }


def inbound_params(
    *, sid: str, account_sid: str, to: str, sender: str, body: str
) -> dict[str, str]:
    """The fields of an inbound text's webhook. Places are empty, as they are for most numbers."""
    places = {
        f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip", "Country")
    }
    return {
        **places,
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": account_sid,
        "From": sender,
        "To": to,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": parts(body),
        "SmsStatus": "received",
        "ApiVersion": API_VERSION,
    }


def status_params(
    *, sid: str, account_sid: str, to: str, sender: str, status: str, error_code: str, at: datetime
) -> dict[str, str]:
    """The fields of a status callback."""
    params = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": account_sid,
        "From": sender,
        "To": to,
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": API_VERSION,
    }
    if error_code:
        params["ErrorCode"] = error_code
    if status in {"delivered", "undelivered"}:
        params["RawDlrDoneDate"] = f"{at:%y%m%d%H%M}"
    return params
