"""From the click on Send to the carrier's socket."""

from __future__ import annotations

import asyncio
import time
import uuid
from http import HTTPStatus
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.urls import reverse

from agents.models import Agent
from routing.enums import InteractionState, MessageState
from routing.models import CarrierAccount, Interaction, Message
from smsdesk.lib import clock
from tests.bench.hop import KEY, hop
from tests.bench.load import Connection, percentile
from tests.bench.report import Section, Target, ms
from tests.bench.rows import clear_work, new_number, session_of

if TYPE_CHECKING:
    from tests.bench.rows import Desk

CSRF = "c" * 32
PAUSE_SECONDS = 0.05
MOST_HOPS = 3

ABOUT = (
    "One click at a time: the form is posted to the desk, the message is stored, a task hands it to"
    " the carrier; the clock stops when the carrier's end of the socket has read the request line."
    " A Celery hop is sending an empty task until it begins in the same worker."
)


def measure(*, desk: Desk, web: int, rounds: int, clicks: int) -> Section:
    """Click and hop in turns."""
    return asyncio.run(_measure(desk, web, rounds, clicks))


async def _measure(desk: Desk, web: int, rounds: int, clicks: int) -> Section:
    carrier = Carrier()
    server = await asyncio.start_server(carrier.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    browser = await asyncio.to_thread(_prepare, desk, web, f"http://127.0.0.1:{port}")
    connection = await Connection.open(web)
    sent: list[list[float]] = []
    answered: list[list[float]] = []
    hops: list[list[float]] = []
    for _ in range(rounds + 1):
        hops.append(await asyncio.to_thread(_hop, clicks))
        sent.append([])
        answered.append([])
        for _ in range(clicks):
            await asyncio.sleep(PAUSE_SECONDS)
            carrier.reached.clear()
            data = browser.click()
            clicked = time.perf_counter()
            status = await connection.request(data)
            answered[-1].append(time.perf_counter() - clicked)
            if status != HTTPStatus.OK:
                raise RuntimeError(f"A click on Send was answered {status}.")
            async with asyncio.timeout(10):
                await carrier.reached.wait()
            sent[-1].append(carrier.at - clicked)
    connection.close()
    server.close()
    await carrier.hang_up()
    await asyncio.to_thread(_clear)
    # The first round only warms up.
    return _section(sent[1:], answered[1:], hops[1:])


class Carrier:
    """Takes every message, and knows when the last one arrived."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.at = 0.0
        self._callers: list[asyncio.StreamWriter] = []

    async def hang_up(self) -> None:
        for caller in self._callers:
            caller.close()
            await caller.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.append(writer)
        while await reader.readline():
            self.at = time.perf_counter()
            self.reached.set()
            head = await reader.readuntil(b"\r\n\r\n")
            _, _, tail = head.lower().partition(b"content-length:")
            await reader.readexactly(int(tail.partition(b"\r\n")[0]))
            body = b'{"sid": "SM%s", "status": "queued"}' % uuid.uuid4().hex.encode()
            writer.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            await writer.drain()


class Browser:
    """One agent's browser with a conversation open."""

    def __init__(self, port: int, session: str, path: str) -> None:
        cookies = f"sessionid={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {CSRF}\r\nHX-Request: true\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
        )

    def click(self) -> bytes:
        form = urlencode({"body": "We will be with you at noon.", "client_id": uuid.uuid4()})
        return f"{self._head}Content-Length: {len(form)}\r\n\r\n{form}".encode()


def _prepare(desk: Desk, web: int, carrier_url: str) -> Browser:
    CarrierAccount.objects.filter(pk=desk.channel.account_id).update(base_url=carrier_url)
    agent = desk.agents[0]
    now = clock.now()
    interaction = Interaction.objects.create(
        channel=desk.channel,
        customer_address=new_number(),
        queue=desk.queue,
        agent=agent,
        state=InteractionState.ACTIVE,
        initiated_at=now,
        queued_at=now,
        accepted_at=now,
        inactivity_due_at=desk.channel.inactive_at(now),
    )
    Agent.objects.filter(pk=agent.pk).update(load=1)
    return Browser(web, session_of(agent), reverse("desk-send", args=[interaction.pk]))


def _hop(times: int) -> list[float]:
    hops = []
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for _ in range(times):
            time.sleep(PAUSE_SECONDS)
            started = time.time()
            hop.apply_async(ignore_result=True)
            _, began = client.blpop(KEY, timeout=10)
            hops.append(float(began) - started)
    return hops


def _clear() -> None:
    while Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.SENDING]).exists():
        time.sleep(0.05)
    clear_work()


def _section(
    sent: list[list[float]], answered: list[list[float]], hops: list[list[float]]
) -> Section:
    section = Section("Send to the carrier", ABOUT, ["", "p50 ms", "p99 ms", "hops"])
    hop_median = median(median(each) for each in hops)
    for name, rounds in (
        ("Celery hop", hops),
        ("click to the desk's answer", answered),
        ("click to the carrier's socket", sent),
    ):
        middle = median(median(each) for each in rounds)
        late = percentile([one for each in rounds for one in each], 0.99)
        section.rows.append([name, ms(middle), ms(late), f"{middle / hop_median:.1f}"])
    ratio = median(median(ours) / median(bare) for ours, bare in zip(sent, hops, strict=True))
    section.targets = [
        Target(
            "Send click to the carrier's socket, median",
            f"at most {MOST_HOPS} Celery hops",
            f"{ratio:.1f} hops",
            ratio <= MOST_HOPS,
        )
    ]
    return section
