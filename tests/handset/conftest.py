"""A desk with one simulated carrier, and nobody ringing: a test says when a call is made."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import responses
from django.test import Client
from twilio.http.response import Response
from twilio.rest import Client as TwilioClient

from smsdesk.handset import calls
from smsdesk.handset.models import Call
from tests.factories import AccountFactory, ChannelFactory
from tests.handset.names import NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.models import CarrierAccount, Channel


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the carrier asked workers to do."""
    bells: list[dict[str, Any]] = []
    monkeypatch.setattr(calls, "ring", lambda _, **kwargs: bells.append(kwargs))
    return bells


@pytest.fixture
def account(db: None):
    return AccountFactory.create(
        account_sid="AC" + "5" * 32,
        auth_token="a secret of two",
        base_url="http://testserver/handset/carrier",
    )


@pytest.fixture
def channel(account: CarrierAccount):
    return ChannelFactory.create(number=NUMBER, account=account)


class ToTheHandset:
    """Takes what the official SDK would send to api.twilio.com to the handset instead."""

    def request(self, method, url, params=None, data=None, auth=None, **__):
        parts = urlsplit(url)
        query = urlencode(params) if params else parts.query
        answer = Client().generic(
            method,
            f"/handset/carrier{parts.path}?{query}",
            data=urlencode(data or {}),
            content_type="application/x-www-form-urlencoded",
            headers={"Authorization": basic_auth(*auth)},
        )
        return Response(answer.status_code, answer.content.decode())


def basic_auth(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.fixture
def twilio(channel: Channel) -> TwilioClient:
    """The official SDK as a customer of the simulated carrier."""
    account = channel.account
    return TwilioClient(account.account_sid, account.auth_token, http_client=ToTheHandset())


@dataclass
class Post:
    """One request of the carrier to a webhook of the desk."""

    url: str
    fields: dict[str, str]
    headers: dict[str, str]


@dataclass
class Desk:
    """The desk's webhooks, played: what the carrier posted, and what it is answered."""

    mock: responses.RequestsMock
    status: int = 200
    posts: list[Post] = field(default_factory=list)

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        fields = dict(parse_qsl(request.body or "", keep_blank_values=True))
        self.posts.append(Post(request.url, fields, dict(request.headers)))
        return self.status, {}, "<Response/>"

    def serves_the_carrier(self) -> None:
        """Let the desk ask the carrier, over the wire."""
        self.mock.add_callback(
            responses.GET, re.compile("http://testserver/handset/.*"), callback=_by_the_handset
        )

    def hear_calls(self) -> list[dict[str, str]]:
        """Let the carrier make every call it owes, each when it is due; what each one said."""
        before = len(self.posts)
        for call in Call.objects.filter(done_at__isnull=True).order_by("due_at", "id"):
            calls.make_calls([call.pk], now=call.due_at + timedelta(milliseconds=1))
        return [post.fields for post in self.posts[before:]]


def _by_the_handset(request: Any) -> tuple[int, dict[str, str], str]:
    signed_in = {"Authorization": request.headers["Authorization"]}
    answer = Client().get(request.path_url, headers=signed_in)
    return answer.status_code, {}, answer.content.decode()


@pytest.fixture
def desk(channel: Channel) -> Iterator[Desk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        played = Desk(mock)
        mock.add_callback(
            responses.POST, re.compile("http://testserver/carriers/.*"), callback=played.answer
        )
        yield played
