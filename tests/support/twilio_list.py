"""Twilio's own list of texts, at its end of the wire: filtered, newest first, and in pages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import responses

from tests.support.twilio import new_sid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.models import CarrierAccount

TOKEN = re.compile(r"PAMM(\d+)")


@dataclass
class TwilioList:
    """What Twilio has of an account; ``per_page`` is the most it gives at once."""

    account: CarrierAccount
    per_page: int = 1000
    texts: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def answers(self) -> None:
        """Let ``responses`` answer at the account's address."""
        address = re.compile(re.escape(f"{self.account.base_url}{self._resource}") + r"(\?.*)?$")
        responses.add_callback(responses.GET, address, self._page)

    def has(self, *, at: datetime, **fields: Any) -> str:
        """A text of the list, with Twilio's name of it."""
        sid = fields.pop("sid", new_sid())
        moment = format_datetime(at.astimezone(UTC))
        self.texts.append(
            {
                "account_sid": self.account.account_sid,
                "api_version": "2010-04-01",
                "body": "hello",
                "date_created": moment,
                "date_sent": moment,
                "date_updated": moment,
                "direction": "inbound",
                "error_code": None,
                "error_message": None,
                "from": "+14155550123",
                "messaging_service_sid": None,
                "num_media": "0",
                "num_segments": "1",
                "price": None,
                "price_unit": "USD",
                "sid": sid,
                "status": "received",
                "subresource_uris": {"media": f"{self._resource[:-5]}/{sid}/Media.json"},
                "uri": f"{self._resource[:-5]}/{sid}.json",
                **fields,
            }
        )
        return sid

    @property
    def _resource(self) -> str:
        return f"/2010-04-01/Accounts/{self.account.account_sid}/Messages.json"

    def _page(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(asked)
        matching = list(self._matching(asked))
        size = min(int(asked.get("PageSize", 50)), self.per_page)
        token = TOKEN.fullmatch(asked.get("PageToken", ""))
        first = int(token[1]) if token else 0
        following = {**asked, "PageSize": size, "PageToken": f"PAMM{first + size}"}
        more = first + size < len(matching)
        page = {
            "messages": matching[first : first + size],
            "page": first // size,
            "page_size": size,
            "start": first,
            "end": min(first + size, len(matching)) - 1,
            "uri": f"{self._resource}?{urlencode(asked)}",
            "first_page_uri": f"{self._resource}?{urlencode({**asked, 'Page': 0})}",
            "next_page_uri": f"{self._resource}?{urlencode(following)}" if more else None,
            "previous_page_uri": None,
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(page)

    def _matching(self, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        def sent(text: dict[str, Any]) -> datetime:
            return datetime.strptime(text["date_sent"], "%a, %d %b %Y %H:%M:%S %z")

        for text in sorted(self.texts, key=sent, reverse=True):
            if asked.get("To") not in {None, text["to"]}:
                continue
            if asked.get("From") not in {None, text["from"]}:
                continue
            if sent(text) < _moment(asked, "DateSent>", "0001-01-01T00:00:00Z"):
                continue
            if sent(text) > _moment(asked, "DateSent<", "9999-12-31T00:00:00Z"):
                continue
            yield text


def _moment(asked: dict[str, str], name: str, usual: str) -> datetime:
    return datetime.fromisoformat(asked.get(name, usual))
