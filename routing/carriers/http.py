"""What every adapter needs of HTTP: one kept session, and what a failure means for a send.

A POST that may have reached the carrier is *unknown*, and never repeated blindly (N18); one that
certainly did not is *busy*.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from django.conf import settings

from routing.carriers.base import Check, SendResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3600.0
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
HTTP_REDIRECTED = 300
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
# A gateway in front of the carrier gave up waiting: what is behind it may have sent.
GATEWAY_ERRORS = {502, 504}
NOT_PERMITTED = {401, 403}
UNREADABLE = SendResult(Verdict.UNKNOWN, failure="The carrier's answer could not be read.")

_session = requests.Session()


def call(method: str, url: str, **how: Any) -> requests.Response | SendResult:
    """The carrier's answer to a request, or what its missing means for what was to be sent."""
    try:
        return _session.request(
            method,
            url,
            timeout=(CONNECT_SECONDS, settings.CARRIER_TIMEOUT_SECONDS),
            allow_redirects=False,
            **how,
        )
    except requests.ConnectTimeout:
        return SendResult(Verdict.BUSY, failure="The carrier could not be reached.")
    except requests.ConnectionError as error:
        if _never_connected(error):
            return SendResult(Verdict.BUSY, failure="The carrier could not be reached.")
        return SendResult(Verdict.UNKNOWN, failure="The connection broke while sending.")
    except requests.RequestException:
        return SendResult(Verdict.UNKNOWN, failure="The carrier did not answer in time.")


def succeeded(response: requests.Response) -> bool:
    """2xx; a redirect is none, for it is not followed: it would carry credentials elsewhere."""
    return response.status_code < HTTP_REDIRECTED


def trouble(response: requests.Response, *, code: str = "") -> SendResult | None:
    """What an answer means that says nothing of the text itself; None for any other."""
    status = response.status_code
    if status in GATEWAY_ERRORS:
        return SendResult(Verdict.UNKNOWN, failure="The carrier did not answer in time.")
    if status == HTTP_TOO_MANY or status >= HTTP_SERVER_ERROR:
        return SendResult(
            Verdict.THROTTLED if status == HTTP_TOO_MANY else Verdict.BUSY,
            error_code=code or str(status),
            failure="The carrier is busy.",
            retry_after=seconds(response.headers.get("Retry-After", "")),
        )
    return None


def checked(method: str, url: str, **how: Any) -> Check:
    """Whether the carrier lets us in at an address that changes nothing."""
    response = call(method, url, **how)
    if isinstance(response, SendResult):
        return Check(works=False, sentence=f"{response.failure} Check the base URL.")
    if succeeded(response):
        return Check(works=True, sentence="The carrier knows this account.")
    if response.status_code in NOT_PERMITTED:
        sentence = "The carrier does not know these credentials. Copy them from its pages anew."
    else:
        sentence = f"The carrier answered with {response.status_code}. Check the base URL."
    return Check(works=False, sentence=sentence)


def document_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object that a carrier answered; empty where it is anything else."""
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def said(document: Mapping[str, Any], name: str) -> str:
    """A value of the carrier's JSON as text that PostgreSQL can hold."""
    value = document.get(name)
    return readable("" if value is None else str(value))


def readable(value: str) -> str:
    """Text that PostgreSQL can hold: no NUL, no bytes that are no text, no half of a character."""
    with suppress(UnicodeEncodeError):  # not bytes of a form, but half a character of JSON
        value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return NO_TEXT.sub(REPLACEMENT, value)


def seconds(text: str) -> float | None:
    """Of a Retry-After in seconds; None for a date, which no carrier sends."""
    return min(float(text), LONGEST_WAIT_SECONDS) if text.isdecimal() else None


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether nothing can have been sent: the connection was refused or never made."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return type(reason).__name__ in {
        "NewConnectionError",
        "ConnectTimeoutError",
        "NameResolutionError",
    }
