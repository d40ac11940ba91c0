"""A load generator that costs little itself: kept connections, one bare protocol, no parsing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = "127.0.0.1"
ANSWER_SECONDS = 30


@dataclass
class Run:
    """What became of some requests. ``seconds`` are latencies, in the order of the answers."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    refused: int = 0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, port: int) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, HOST, port)
        return connection

    async def request(self, data: bytes) -> int:
        """Send a whole request; return the status when the whole answer is here."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await asyncio.wait_for(self._answer, ANSWER_SECONDS)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport) -> None:
        self._transport = transport

    def connection_lost(self, exc) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, tail = head.lower().partition(b"content-length:")
        if len(body) >= int(tail.partition(b"\r\n")[0]):
            self._buffer = b""
            assert self._answer is not None
            self._answer.set_result(int(head[9:12]))


async def hammer(port: int, make: Callable[[], bytes], *, connections: int, seconds: float) -> Run:
    """Requests back to back over ``connections`` kept ones."""
    run = Run()
    opened = [await Connection.open(port) for _ in range(connections)]
    started = time.perf_counter()

    async def repeat(connection: Connection) -> None:
        before = time.perf_counter()
        while before - started < seconds:
            status = await connection.request(make())
            after = time.perf_counter()
            run.seconds.append(after - before)
            run.refused += status != 200
            before = after

    await asyncio.gather(*map(repeat, opened))
    run.elapsed = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return run


async def pace(
    port: int, make: Callable[[], bytes], *, rate: float, count: int, connections: int = 16
) -> Run:
    """``count`` requests, one each 1/rate s whether or not those before are answered.

    Latency counts from the moment a request was due, so a server that stalls is not spared.
    """
    run = Run()
    idle = [await Connection.open(port) for _ in range(connections)]
    started = time.perf_counter() + 0.05

    async def one(due: float, data: bytes) -> None:
        connection = idle.pop() if idle else await Connection.open(port)
        status = await connection.request(data)
        run.seconds.append(time.perf_counter() - due)
        run.refused += status != 200
        idle.append(connection)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(one(due, make()))
    run.elapsed = time.perf_counter() - started
    for connection in idle:
        connection.close()
    return run


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def middle_ratio(ours: Sequence[float], floors: Sequence[float]) -> float:
    """The median of the rounds' ratios: a round's two halves saw the same machine."""
    return median(our / floor for our, floor in zip(ours, floors, strict=True))
