"""The rows a measurement needs, and Twilio's requests for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from agents.enums import AVAILABLE
from agents.models import Agent, StatusCode
from routing.carriers.twilio import signature
from routing.enums import ChannelState, NumberType
from routing.models import CarrierAccount, Channel, Queue, QueueMember
from smsdesk.lib import clock
from tests.bench.floor import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBER = "+14155550199"
PLACES = 12
# No offer lapses while we measure.
ACCEPTANCE_SECONDS = 3600
NEVER = timedelta(days=1)


class TextMaker(Protocol):
    """Makes a whole request; ``tail`` is added to its path."""

    def __call__(self, number: str = "", tail: str = "") -> bytes: ...


_texts = count(1)


@dataclass(frozen=True)
class Desk:
    channel: Channel
    queue: Queue
    agents: list[Agent]


def open_desk(*, agents: int) -> Desk:
    """One channel, one queue, and agents who are Available, present and have twelve places."""
    queue = Queue.objects.create(name="Bench", acceptance_seconds=ACCEPTANCE_SECONDS)
    account = CarrierAccount.objects.create(name="Bench", account_sid="ACbench", auth_token=TOKEN)
    channel = Channel.objects.create(
        name="Bench",
        number=NUMBER,
        number_type=NumberType.LONG_CODE,
        country="US",
        state=ChannelState.ACTIVE,
        account=account,
        queue=queue,
        quiet_from=None,
        quiet_until=None,
    )
    return Desk(channel, queue, add_agents("desk", agents, [(queue, agents)]))


def add_agents(prefix: str, number: int, queues: Iterable[tuple[Queue, int]]) -> list[Agent]:
    """Agents of whom the first n are members of each (queue, n)."""
    now = clock.now()
    available = StatusCode.objects.get(name=AVAILABLE)
    users = User.objects.bulk_create(
        User(username=f"{prefix}{n}", password="!") for n in range(number)
    )
    agents = Agent.objects.bulk_create(
        Agent(
            user=user,
            name=f"Agent {user.username}",
            limit=PLACES,
            status=available,
            status_since=now,
            idle_since=now,
            present=True,
            presence_due_at=now + NEVER,
        )
        for user in users
    )
    QueueMember.objects.bulk_create(
        QueueMember(queue=queue, agent=agent)
        for queue, members in queues
        for agent in agents[:members]
    )
    return agents


def clear_work() -> None:
    """Forget every conversation and give all places back; the people and queues stay."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE routing_interaction, routing_carrierrequest CASCADE")
        cursor.execute(
            "UPDATE agents_agent SET load = 0, present = true, presence_due_at = %s,"
            " desk_version = desk_version + 1",
            [clock.now() + NEVER],
        )
        cursor.execute("VACUUM ANALYZE")


def above_their_limit() -> int:
    """Agents with more conversations or offers than places, counted in the rows themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM agents_agent a WHERE greatest(a.load,"
            " (SELECT count(*) FROM routing_offer o"
            "   WHERE o.agent_id = a.id AND o.state = 'PENDING')"
            " + (SELECT count(*) FROM routing_interaction i"
            "   WHERE i.agent_id = a.id AND i.state IN ('ACTIVE', 'WRAP_UP'))) > a.limit"
        )
        (number,) = cursor.fetchone()
    return int(number)


def session_of(agent: Agent) -> str:
    """The session key of a signed-in browser."""
    browser = Client()
    browser.force_login(agent.user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def new_number() -> str:
    """A customer who has not texted before."""
    return f"+1646{next(_texts):07}"


def text_maker(base_url: str, path: str) -> TextMaker:
    """Makes whole HTTP requests: each a new customer's signed text, as Twilio sends one."""
    host = base_url.partition("//")[2]

    def make(number: str = "", tail: str = "") -> bytes:
        number = number or new_number()
        sid = f"SM{int(number[1:]):032x}"
        fields = {
            "ToCountry": "US",
            "ToState": "CA",
            "ToCity": "SAN FRANCISCO",
            "ToZip": "94105",
            "FromCountry": "US",
            "FromState": "NY",
            "FromCity": "NEW YORK",
            "FromZip": "10001",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "MessageSid": sid,
            "SmsStatus": "received",
            "NumMedia": "0",
            "NumSegments": "1",
            "AccountSid": "ACbench",
            "ApiVersion": "2010-04-01",
            "To": NUMBER,
            "From": number,
            "Body": "Hello, somebody backed into my car at the supermarket. What now?",
        }
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
        signed = signature(TOKEN, f"{base_url}{path}{tail}", list(fields.items()))
        return (
            f"POST {path}{tail} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: TwilioProxy/1.1\r\n"
            f"X-Twilio-Signature: {signed}\r\nAccept: */*\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return make
