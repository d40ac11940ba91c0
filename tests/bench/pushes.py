"""What it costs to push an agent's strip, with few and with many desks open."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

import psutil
import redis
from django.conf import settings
from django.db import connection, transaction
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from agents.models import Agent
from agents.services.desks import touch_desk
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction, Message
from smsdesk.lib import clock
from smsdesk.lib.doorbell import doorbell
from tests.bench.load import percentile
from tests.bench.report import Section, Target, ms
from tests.bench.rows import add_agents, clear_work, new_number, session_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.bench.rows import Desk

CONVERSATIONS = 6
PUSHES_A_SECOND = 20
ARRIVES_SECONDS = 10
AIM_DESKS = 200
MOST_TIMES = 4
MOST_KILOBYTES = 100

ABOUT = (
    "One agent's desk changes (a row, committed, and its nudge) until the frame with the whole"
    " strip of {conversations} conversations is on that agent's socket, twenty changes a second,"
    " with so many desks open. *CPU*: of the web process, for each push. *Memory*: of the same,"
    " for each desk opened. The floor publishes to Redis, and a socket of the same kind of server"
    " hears it; none of its frames is drawn from anything."
)


@dataclass
class Heard:
    """When a change was made, and when its frame arrived."""

    seconds: list[float] = field(default_factory=list)
    lost: int = 0


def measure(
    *, desk: Desk, web: int, web_pid: int, floor: int, desks: list[int], pushes: int
) -> Section:
    """Measure with each number of desks open, the floor with as many sockets."""
    agents = add_agents("push", max(desks), [(desk.queue, max(desks))])
    _converse(desk, agents)
    sessions = [session_of(agent) for agent in agents]
    section = Section(
        "A frame to one desk of many",
        ABOUT.format(conversations=CONVERSATIONS),
        [
            "desks open",
            "floor p50 ms",
            "p50 ms",
            "p99 ms",
            "p50 ×",
            "lost",
            "CPU ms a push",
            "kB a desk",
        ],
    )
    for number in desks:
        row, targets = asyncio.run(
            _measure(
                agents[:number],
                sessions[:number],
                web=web,
                process=psutil.Process(web_pid),
                floor=floor,
                pushes=pushes,
            )
        )
        section.rows.append(row)
        if number == AIM_DESKS:
            section.targets = targets
    clear_work()
    Agent.objects.filter(pk__in=[agent.pk for agent in agents]).update(present=False)
    return section


async def _measure(
    agents: list[Agent],
    sessions: list[str],
    *,
    web: int,
    process: psutil.Process,
    floor: int,
    pushes: int,
) -> tuple[list[str], list[Target]]:
    number = len(agents)
    bare = await _bare(floor, number, pushes)
    before = process.memory_info().rss
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                _socket(web, "/desk/socket", {"Cookie": f"sessionid={session}"})
            )
            for session in sessions
        ]
        ears = [_Ear(socket) for socket in sockets]
        for ear in ears:
            await ear.hear_first()
        memory = max(0, process.memory_info().rss - before) / number / 1000
        idle = await _cpu_of(process, asyncio.sleep(pushes / PUSHES_A_SECOND))
        ours = Heard()
        busy = await _cpu_of(process, _push(ours, agents, ears, pushes))
        for ear in ears:
            await ear.close()
    ratio = median(ours.seconds) / median(bare.seconds)
    row = [
        str(number),
        ms(median(bare.seconds)),
        ms(median(ours.seconds)),
        ms(percentile(ours.seconds, 0.99)),
        f"{ratio:.1f}",
        str(ours.lost),
        # What the desks cost while nothing changes is not the pushes'.
        ms(max(0.0, busy - idle) / pushes),
        f"{memory:.0f}",
    ]
    title = f"A frame to one of {number} desks"
    return row, [
        Target(
            f"{title}, median",
            f"at most {MOST_TIMES} × the floor's",
            f"{ratio:.1f} ×",
            ratio <= MOST_TIMES,
        ),
        Target(f"{title}, lost", "none", str(ours.lost), ours.lost == 0),
        Target(
            "Memory for a desk that is open",
            f"at most {MOST_KILOBYTES} kB",
            f"{memory:.0f} kB",
            memory <= MOST_KILOBYTES,
        ),
    ]


async def _push(heard: Heard, agents: list[Agent], ears: list[_Ear], pushes: int) -> None:
    """Change one desk after the other, and wait for each frame while the next ones change."""
    started = time.perf_counter()
    waiting: list[asyncio.Task[None]] = []
    for place in range(pushes):
        due = started + place / PUSHES_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        agent, ear = agents[place % len(agents)], ears[place % len(agents)]
        waiting.append(asyncio.create_task(_change(heard, agent, ear)))
    await asyncio.gather(*waiting)


async def _change(heard: Heard, agent: Agent, ear: _Ear) -> None:
    began = time.perf_counter()
    version = await asyncio.to_thread(_touch, agent.pk)
    try:
        async with asyncio.timeout(ARRIVES_SECONDS):
            heard.seconds.append(await ear.arrival_of(version) - began)
    except TimeoutError:
        heard.lost += 1


def _touch(agent_id: int) -> int:
    try:
        with transaction.atomic():
            touch_desk(agent_id)
            return Agent.objects.values_list("desk_version", flat=True).get(pk=agent_id)
    finally:
        connection.close()


class _Ear:
    """Hears one desk's socket: when each version came. Answers beats as a browser does."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._version = -1
        self._at = 0.0
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._hear())

    async def hear_first(self) -> None:
        await self.arrival_of(0)

    async def arrival_of(self, version: int) -> float:
        async with self._news:
            await self._news.wait_for(lambda: self._version >= version)
            return self._at

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _hear(self) -> None:
        async for frame in self._socket:
            moment = time.perf_counter()
            told = json.loads(frame)
            if told["type"] == "beat" and not told["heard"]:  # else it answers our own
                await self._socket.send('{"type": "heartbeat"}')
            elif told["type"] == "desk":
                async with self._news:
                    self._version, self._at = told["version"], moment
                    self._news.notify_all()


async def _bare(floor: int, number: int, pushes: int) -> Heard:
    """The floor: as many sockets, the same pace, a word published to one of them."""
    heard = Heard()
    client = redis.Redis.from_url(settings.REDIS_URL)
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(_socket(floor, f"/listen/{place}", {}))
            for place in range(number)
        ]
        started = time.perf_counter()
        for place in range(pushes):
            due = started + place / PUSHES_A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            await asyncio.to_thread(client.publish, f"floor.{place % number}", "news")
            await sockets[place % number].recv()
            heard.seconds.append(time.perf_counter() - began)
    client.close()
    return heard


def _socket(port: int, path: str, headers: dict[str, str]) -> connect:
    return connect(
        f"ws://127.0.0.1:{port}{path}",
        additional_headers=headers,
        origin=Origin(f"http://127.0.0.1:{port}"),
        compression=None,
        max_size=None,
        ping_interval=None,
    )


async def _cpu_of(process: psutil.Process, work: Awaitable[object]) -> float:
    """Seconds of CPU the process spends while ``work`` is done."""
    before = process.cpu_times()
    await work
    after = process.cpu_times()
    return (after.user + after.system) - (before.user + before.system)


def _converse(desk: Desk, agents: list[Agent]) -> None:
    """Six conversations for each agent, every second one unanswered."""
    now = clock.now()
    began = now - timedelta(minutes=5)
    interactions = Interaction.objects.bulk_create(
        Interaction(
            channel=desk.channel,
            customer_address=new_number(),
            queue=desk.queue,
            agent=agent,
            state=InteractionState.ACTIVE,
            initiated_at=began,
            queued_at=began,
            accepted_at=began,
            inactivity_due_at=desk.channel.inactive_at(now),
            unanswered=place % 2,
        )
        for agent in agents
        for place in range(CONVERSATIONS)
    )
    Message.objects.bulk_create(
        Message(
            interaction=interaction,
            channel=desk.channel,
            author=Author.CUSTOMER,
            body="When does the part come?",
            created_at=began,
            state=MessageState.RECEIVED,
            parts=1,
        )
        for interaction in interactions
    )
    Agent.objects.filter(pk__in=[agent.pk for agent in agents]).update(load=CONVERSATIONS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    doorbell.flush()
