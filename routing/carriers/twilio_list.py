"""Twilio's own list of an account's texts, and the texts in it.

Facts are from the Message resource (twilio.com/docs/messaging/api/message-resource, "Read multiple
Message resources") and github.com/twilio/twilio-oai: newest first, up to 1000 a page, the next page
at ``next_page_uri``; times of the day count in ``DateSent>``, as the official libraries send them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from routing.carriers.base import Listed, NotListed, SendResult, Unreadable
from routing.carriers.http import call, document_of, objects, said, succeeded
from routing.enums import RequestKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.carriers.base import Wanted, WebRequest
    from routing.models import CarrierAccount

API = "/2010-04-01/"
PAGE_SIZE = 1000
MOST_PAGES = 10
# An incoming text that has not come whole has no words yet.
NOT_YET = "receiving"
NO_FILES = {"", "0"}
# Pages are sorted by when texts were sent, and we go by when they were made: not long before.
MARGIN = timedelta(hours=1)


def listed(account: CarrierAccount, wanted: Wanted) -> Iterator[Listed]:
    """What is wanted of Twilio's list, newest first. Raises NotListed."""
    resource = f"{_resource(account)}.json"
    url = f"{account.base_url}{resource}"
    asked: dict[str, Any] | None = {
        "To" if wanted.inbound else "From": wanted.number,
        "DateSent>": _spelled(wanted.since - MARGIN),
        "DateSent<": _spelled(wanted.until + MARGIN),
        "PageSize": PAGE_SIZE,
    }
    for _ in range(MOST_PAGES):
        page = _page(account, url, asked, of="messages")
        entries = [entry for each in objects(page, "messages") if (entry := _entry(each, url))]
        for entry in entries:
            if entry.inbound == wanted.inbound and wanted.since <= entry.at <= wanted.until:
                yield entry
        following = said(page, "next_page_uri")
        is_before = [entry.at < wanted.since - MARGIN for entry in entries]
        if not following or (is_before and all(is_before)):
            return
        if not following.startswith(f"{resource}?"):
            # It is asked for with our credentials, so it may lead nowhere else.
            raise NotListed("Twilio's list goes on at an address that is not this account's.")
        url, asked = f"{account.base_url}{following}", None
    raise NotListed(
        f"Twilio lists more than {PAGE_SIZE * MOST_PAGES} texts of {wanted.number} for this"
        " time. Choose a shorter one."
    )


def completed(account: CarrierAccount, entry: Listed) -> Listed:
    """A text with the list of its files, which Twilio keeps apart. Raises NotListed."""
    document = json.loads(entry.raw)
    if said(document, "num_media") in NO_FILES:
        return entry
    resource = f"{_resource(account)}/{quote(entry.carrier_message_id, safe='')}/Media.json"
    page = _page(account, f"{account.base_url}{resource}", None, of="media_list")
    return replace(entry, raw=_raw({**document, "media_list": page["media_list"]}))


def fields_of(request: WebRequest) -> dict[str, str]:
    """A text of the list in the words of a webhook. Raises Unreadable."""
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreadable("What was found is no JSON object.")
    names = {
        "MessageSid": "sid",
        "From": "from",
        "To": "to",
        "Body": "body",
        "NumSegments": "num_segments",
    }
    if request.kind is RequestKind.STATUS:
        names = {"MessageSid": "sid", "MessageStatus": "status", "ErrorCode": "error_code"}
    fields = {field: said(document, name) for field, name in names.items()}
    carriers, begin, _ = request.urls[0].partition(API)
    for number, file in enumerate(objects(document, "media_list")):
        uri = said(file, "uri")
        if begin and uri.startswith(API):
            fields[f"MediaUrl{number}"] = f"{carriers}{uri.removesuffix('.json')}"
            fields[f"MediaContentType{number}"] = said(file, "content_type")
    return fields


def _resource(account: CarrierAccount) -> str:
    return f"{API}Accounts/{account.account_sid}/Messages"


def _page(
    account: CarrierAccount, url: str, asked: dict[str, Any] | None, *, of: str
) -> dict[str, Any]:
    auth = (account.account_sid, account.auth_token)
    response = call("GET", url, params=asked, auth=auth)
    if isinstance(response, SendResult):
        raise NotListed("Twilio's list could not be reached. Try again later.")
    if not succeeded(response):
        code = said(document_of(response), "code") or str(response.status_code)
        raise NotListed(f"Twilio did not give its list, and answered {code}. Try again later.")
    page = document_of(response)
    if not isinstance(page.get(of), list):
        raise NotListed("Twilio's list could not be read.")
    return page


def _entry(document: dict[str, Any], url: str) -> Listed | None:
    """One text; None for one that has no name, no time, or has not come whole."""
    sid, status = said(document, "sid")[:80], said(document, "status")[:40]
    at = _moment(document, "date_created") or _moment(document, "date_sent")
    if not sid or at is None or status == NOT_YET:
        return None
    return Listed(
        carrier_message_id=sid,
        status=status,
        inbound=said(document, "direction") == "inbound",
        sender=said(document, "from"),
        recipient=said(document, "to"),
        body=said(document, "body"),
        at=at,
        changed_at=_moment(document, "date_updated") or at,
        url=url,
        raw=_raw(document),
    )


def _raw(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _moment(document: dict[str, Any], name: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said(document, name))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _spelled(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
