"""The floor's socket: the whole board, whenever it is another than the one shown.

One task per process reads the floor once a second for all who watch it, and draws it once for each
set of filters. It asks PostgreSQL alone, so a Redis that is gone changes nothing here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from channels.generic.websocket import AsyncWebsocketConsumer

from routing.selectors.floor import read_floor
from smsdesk.console.consumer import BEAT_SECONDS, SIGN_IN_AGAIN, TOO_MANY
from smsdesk.console.watch import every_second, in_thread, one_per_loop
from smsdesk.door.gate import supervisor_of_session
from smsdesk.floor.board import Wanted, frame_of, wanted_by
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

logger = logging.getLogger(__name__)

MOST_HEARD = 100


class FloorConsumer(AsyncWebsocketConsumer):
    """One supervisor who watches the floor."""

    channel_layer_alias = ""

    joined = False
    wanted = Wanted()
    _shown = ""
    _heard = 0

    async def connect(self) -> None:
        session = self.scope.get("session")
        self.session_key: str | None = getattr(session, "session_key", None)
        if not await in_thread(_may_watch)(self.session_key):
            await self.close(SIGN_IN_AGAIN)
            return
        self.wanted = wanted_by(dict(parse_qsl(self.scope["query_string"].decode())))
        await self.accept()
        self.joined = True
        watch().join(self)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - channels calls it so
        self.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        """Nothing is to be said here; whoever goes on is shut out."""
        self._heard += 1
        if self._heard > MOST_HEARD:
            await self.shut(TOO_MANY)

    async def show(self, html: str, frame: str) -> None:
        if self.joined and html != self._shown:
            self._shown = html
            await self.send(frame)

    async def beat(self) -> None:
        """Check that it is still a supervisor's, and say that the floor is alive."""
        if not await in_thread(_may_watch)(self.session_key):
            await self.shut(SIGN_IN_AGAIN)
        elif self.joined:
            await self.send(json.dumps({"type": "beat", "now": now().isoformat()}))

    async def shut(self, code: int) -> None:
        if self.joined:
            await self.close(code)
            self.leave()  # the last one ends the task that may have called this

    def leave(self) -> None:
        if self.joined:
            self.joined = False
            watch().leave(self)


class FloorWatch:
    """Who watches the floor in one event loop, and the task that reads it for them."""

    def __init__(self) -> None:
        self._watchers: set[FloorConsumer] = set()
        self._task: asyncio.Task[None] | None = None
        self._beat_at = 0.0

    def join(self, watcher: FloorConsumer) -> None:
        self._watchers.add(watcher)
        if self._task is None:
            self._task = asyncio.create_task(every_second(self._look, "the floor"))

    def leave(self, watcher: FloorConsumer) -> None:
        self._watchers.discard(watcher)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _look(self) -> None:
        await self._show()
        moment = time.monotonic()
        if moment - self._beat_at >= BEAT_SECONDS:
            self._beat_at = moment
            await _each(watcher.beat() for watcher in self._watchers)

    async def _show(self) -> None:
        groups: dict[Wanted, list[FloorConsumer]] = defaultdict(list)
        for watcher in self._watchers:
            groups[watcher.wanted].append(watcher)
        frames = await in_thread(_frames)(list(groups))
        shows = [
            watcher.show(json.loads(frames[wanted])["html"], frames[wanted])
            for wanted, watchers in groups.items()
            for watcher in watchers
        ]
        await _each(shows)


async def _each(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do this for every watcher; the trouble of one is written down, and is not the others'."""
    for trouble in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(trouble, Exception):
            logger.error("Could not show the floor to somebody", exc_info=trouble)


# The watch of the running event loop.
watch = one_per_loop(FloorWatch)


def _frames(every: list[Wanted]) -> dict[Wanted, str]:
    floor = read_floor(now())
    return {wanted: frame_of(floor, wanted) for wanted in every}


def _may_watch(session_key: str | None) -> bool:
    user: Any = supervisor_of_session(session_key)
    return user is not None and bool(user.has_perm("routing.supervise"))
