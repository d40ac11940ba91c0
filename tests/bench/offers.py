"""From a text's webhook to its offer on the agent's socket, the whole way with routing."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from statistics import median
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from routing.models import CarrierRequest
from tests.bench.load import Connection, percentile
from tests.bench.report import Section, Target, ms
from tests.bench.rows import clear_work, new_number, session_of, text_maker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bench.rows import Desk, TextMaker

AIM_RATE = 100
MOST_TIMES_P50, MOST_TIMES_P99 = 3, 5
# So long after the last text is sent we wait for offers. What is later has this latency.
DRAIN_SECONDS = 15
# The desk keeps up with a rate if its last texts are shown within this time.
KEEPS_UP_SECONDS = 1.0
BURST_RATE = 100_000
CALL_ID = re.compile(r"SMS(\+\d{11})</p>")

ABOUT = (
    "From the moment a signed text is due at the webhook to the frame with its offer on the agent's"
    " websocket: stored, threaded, matched, offered, drawn. {agents} agents, each with an open desk"
    " and twelve places; daphne, worker, beat, PostgreSQL, Redis and the load share the machine."
    " The floor inserts and publishes, and a socket of the same kind of server hears it."
    " *Burst*: all texts at once, and how many a second are shown until the last one is."
)


@dataclass
class Way:
    """Texts sent and seen in one run. One that was refused is nobody's to show."""

    due: dict[str, float] = field(default_factory=dict)
    refused: int = 0
    late: int = 0
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> list[float]:
        """Latencies in the order in which the texts were sent; without end if all were refused."""
        return [self.seen[number] - due for number, due in self.due.items()] or [inf]

    @property
    def per_second(self) -> float:
        if not self.due:
            return 0.0
        return len(self.due) / (max(self.seen.values()) - min(self.due.values()))

    @property
    def keeps_up(self) -> bool:
        if self.refused:
            return False
        last = self.seconds[-max(1, len(self.due) // 4) :]
        return median(last) <= KEEPS_UP_SECONDS


class Server:
    """A server under test: where texts go, and the sockets that show them."""

    def __init__(self, port: int, make: TextMaker) -> None:
        self.port = port
        self.make = make
        self.sockets: list[tuple[str, dict[str, str]]] = []
        self.greets = False  # whether a socket is sent something as it opens

    def run(self, *, rate: float, count: int) -> Way:
        """Send ``count`` texts at ``rate`` a second and wait until all of them are seen."""
        return asyncio.run(self._run(rate, count))

    async def _run(self, rate: float, count: int) -> Way:
        way = Way()
        async with self._listening(way), asyncio.TaskGroup() as tasks:
            await asyncio.sleep(0.5)
            idle = [await Connection.open(self.port) for _ in range(16)]

            async def send(number: str, data: bytes) -> None:
                connection = idle.pop() if idle else await Connection.open(self.port)
                if await connection.request(data) != HTTPStatus.OK:
                    way.refused += 1
                    del way.due[number]
                idle.append(connection)

            started = time.perf_counter()
            for place in range(count):
                number = new_number()
                tail = str(place % len(self.sockets))
                data = self.make(number, tail)
                way.due[number] = started + place / rate
                await asyncio.sleep(max(0.0, way.due[number] - time.perf_counter()))
                tasks.create_task(send(number, data))
            give_up = time.perf_counter() + DRAIN_SECONDS
            while len(way.seen) < len(way.due) and time.perf_counter() < give_up:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            for connection in idle:
                connection.close()
        for number in way.due.keys() - way.seen.keys():
            way.late += 1
            way.seen[number] = give_up
        return way

    @asynccontextmanager
    async def _listening(self, way: Way) -> AsyncIterator[None]:
        opened = [
            await connect(
                f"ws://127.0.0.1:{self.port}{path}",
                additional_headers=headers,
                origin=Origin(f"http://127.0.0.1:{self.port}"),
                compression=None,
                max_size=None,
                ping_interval=None,
            )
            for path, headers in self.sockets
        ]
        if self.greets:  # all desks at once are work enough; no text is measured meanwhile
            for socket in opened:
                await socket.recv()
        ears = [asyncio.create_task(_hear(socket, way)) for socket in opened]
        yield
        for ear in ears:
            ear.cancel()
        await asyncio.gather(*(socket.close() for socket in opened))


async def _hear(socket: ClientConnection, way: Way) -> None:
    async for frame in socket:
        moment = time.perf_counter()
        assert isinstance(frame, str)
        if frame[0] != "{":
            way.seen.setdefault(frame, moment)  # the floor's
            continue
        told = json.loads(frame)
        if told["type"] == "beat" and not told["heard"]:  # else it answers our own
            await socket.send('{"type": "heartbeat"}')
        elif told["type"] == "desk":
            for number in CALL_ID.findall(told["html"]):
                way.seen.setdefault(number, moment)


def measure(
    *, desk: Desk, web: int, floor: int, rates: list[int], seconds: float, rounds: int, burst: int
) -> Section:
    """Measure each rate on the desk beside the floor, then a burst on both."""
    path = desk.channel.account.inbound_path
    # A tail after "?" is nothing to the desk, and signed for like the rest.
    ours = Server(web, text_maker(f"http://127.0.0.1:{web}", f"{path}?"))
    ours.sockets = [
        ("/desk/socket", {"Cookie": f"sessionid={session_of(agent)}"}) for agent in desk.agents
    ]
    ours.greets = True
    bare = Server(floor, text_maker(f"http://127.0.0.1:{floor}", "/text/"))
    bare.sockets = [(f"/listen/{place}", {}) for place in range(len(desk.agents))]
    section = Section(
        "Text in to offer on the agent's socket",
        ABOUT.format(agents=len(desk.agents)),
        [
            "texts/s",
            "floor p50 ms",
            "floor p99 ms",
            "p50 ms",
            "p99 ms",
            "p50 ×",
            "p99 ×",
            "keeps up",
        ],
    )
    ours.run(rate=10, count=10)  # warm
    _settle()
    floor_burst = bare.run(rate=BURST_RATE, count=burst)
    our_burst = ours.run(rate=BURST_RATE, count=burst)
    _settle()
    for rate in rates:
        pairs: list[tuple[Way, Way]] = []
        # Once is enough to show that a rate is too much.
        while len(pairs) < rounds and all(way.keeps_up for _, way in pairs):
            floors = bare.run(rate=rate, count=round(rate * seconds))
            pairs.append((floors, ours.run(rate=rate, count=round(rate * seconds))))
            _settle()
        section.rows.append(_row(rate, pairs))
        if rate == min(AIM_RATE, max(rates)):
            section.targets = _targets(rate, pairs)
    section.rows.append(
        [
            f"burst of {burst}",
            *(f"{floor_burst.per_second:.0f}/s", ""),
            *(f"{our_burst.per_second:.0f}/s", ""),
            *(f"{floor_burst.per_second / our_burst.per_second:.1f}", "", ""),
        ]
    )
    return section


def _row(rate: int, pairs: list[tuple[Way, Way]]) -> list[str]:
    keeps_up = all(ours.keeps_up for _, ours in pairs)
    shown = median(ours.per_second for _, ours in pairs)
    last = pairs[-1][1]
    trouble = f", {last.refused} refused" if last.refused else ""
    trouble += f", {last.late} later than {DRAIN_SECONDS} s" if last.late else ""
    return [
        str(rate),
        *(ms(_p(pairs, 0, share)) for share in (0.5, 0.99)),
        *(ms(_p(pairs, 1, share)) for share in (0.5, 0.99)),
        *(f"{_ratio(pairs, share):.1f}" for share in (0.5, 0.99)),
        "yes" if keeps_up else f"no: {shown:.0f}/s shown{trouble}",
    ]


def _targets(rate: int, pairs: list[tuple[Way, Way]]) -> list[Target]:
    middle, late = _ratio(pairs, 0.5), _ratio(pairs, 0.99)
    return [
        Target(
            f"Text in to offer seen, {rate} texts/s, median",
            f"at most {MOST_TIMES_P50} × the floor's",
            f"{middle:.1f} ×",
            middle <= MOST_TIMES_P50,
        ),
        Target(
            f"Text in to offer seen, {rate} texts/s, p99",
            f"at most {MOST_TIMES_P99} × the floor's",
            f"{late:.1f} ×",
            late <= MOST_TIMES_P99,
        ),
    ]


def _p(pairs: list[tuple[Way, Way]], side: int, share: float) -> float:
    return median(percentile(pair[side].seconds, share) for pair in pairs)


def _ratio(pairs: list[tuple[Way, Way]], share: float) -> float:
    return median(
        percentile(ours.seconds, share) / percentile(bare.seconds, share) for bare, ours in pairs
    )


def _settle() -> None:
    """Wait until nothing is left to handle, then begin anew."""
    while CarrierRequest.objects.filter(due_at__isnull=False).exists():
        time.sleep(0.1)
    clear_work()
