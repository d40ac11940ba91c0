"""What every adapter needs of HTTP: to read what carriers post, and to ask them over one session.

A POST that may have reached the carrier is *unknown*, and never repeated blindly (N18); one that
certainly did not is *busy*.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from django.conf import settings

from routing.carriers.base import Check, SendResult, Unreadable, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from routing.carriers.base import WebRequest

CONNECT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3600.0
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
HTTP_REDIRECTED = 300
HTTP_NOT_FOUND = 404
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
# A gateway in front of the carrier gave up waiting: what is behind it may have sent.
GATEWAY_ERRORS = {502, 504}
NOT_PERMITTED = {401, 403}
UNREADABLE = SendResult(Verdict.UNKNOWN, failure="The carrier's answer could not be read.")
NO_FILES = SendResult(
    Verdict.REFUSED, failure="This carrier sends no pictures and files. Send a link instead."
)

_session = requests.Session()


def posted(request: WebRequest) -> dict[str, Any]:
    """The JSON object of a request; bytes that are no UTF-8 are kept as lone surrogates.

    Raises Unreadable.
    """
    try:
        document = json.loads(request.body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreadable("The request is no JSON object.")
    return document


def insist(fields: Mapping[str, str]) -> None:
    """Raise Unreadable for the first of these fields that is empty."""
    for name, value in fields.items():
        if not value:
            raise Unreadable(f"The field {name} is missing.")


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


def trouble(
    response: requests.Response, *, code: str = "", too_fast: Collection[str] = ()
) -> SendResult | None:
    """What an answer means that says nothing of the text itself; None for any other.

    ``too_fast``: the carrier's codes for a text that it did not take for being one too many.
    """
    status = response.status_code
    if status in GATEWAY_ERRORS:
        return SendResult(Verdict.UNKNOWN, failure="The carrier did not answer in time.")
    throttled = status == HTTP_TOO_MANY or code in too_fast
    if throttled or status >= HTTP_SERVER_ERROR:
        return SendResult(
            Verdict.THROTTLED if throttled else Verdict.BUSY,
            error_code=code or str(status),
            failure="The carrier is busy.",
            retry_after=seconds(response.headers.get("Retry-After", "")),
        )
    return None


def checked(method: str, url: str, *, known_by: str = "", **how: Any) -> Check:
    """Whether the carrier lets us in at an address that changes nothing.

    ``known_by`` is an error code that only somebody gets who was let in.
    """
    response = call(method, url, **how)
    if isinstance(response, SendResult):
        return Check(works=False, sentence=f"{response.failure} Check the base URL.")
    if succeeded(response) or (known_by and said(document_of(response), "code") == known_by):
        return Check(works=True, sentence="The carrier knows this account.")
    if response.status_code in NOT_PERMITTED:
        sentence = "The carrier does not know these credentials. Copy them from its pages anew."
    elif response.status_code == HTTP_NOT_FOUND:
        sentence = "The carrier has no such account. Check its ID, and the base URL."
    else:
        sentence = f"The carrier answered with {response.status_code}. Check the base URL."
    return Check(works=False, sentence=sentence)


def document_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object that a carrier answered; empty where it is anything else."""
    try:
        document = response.json()
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def within(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under a name of the carrier's JSON; empty where there is none."""
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def objects(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in the list under a name of the carrier's JSON; one stands for a list of one."""
    value = document.get(name)
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, dict)]


def said(document: Mapping[str, Any], name: str) -> str:
    """A value of the carrier's JSON as text that PostgreSQL can hold."""
    value = document.get(name)
    return readable("" if value is None else str(value))


def readable(value: str) -> str:
    """Text that PostgreSQL can hold: no NUL, no bytes that are no text, no half of a character."""
    with suppress(UnicodeEncodeError):  # not bytes of a form, but half a character of JSON
        value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return NO_TEXT.sub(REPLACEMENT, value)


def explain(sentences: Mapping[str, str], code: str, carriers_words: str = "") -> str:
    """What an error code means for the agent; an unknown one keeps the carrier's own words."""
    if code in sentences:
        return sentences[code]
    named = f" (the carrier's code {code})" if code else ""
    words = carriers_words[:200].strip().rstrip(".")
    return f"The text could not be delivered{named}." + (f" {words}." if words else "")


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
