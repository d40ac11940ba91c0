"""What wakes the open desks of this process: nudges from Redis, and a look at the database.

One task per process has two ears. The quick one is Redis: a nudge names an agent whose desk
changed. The sure one is PostgreSQL: every second a few queries look for all desks that are open
here whether they have changed and who is still signed in, so whatever Redis lost, delayed or never
heard is shown a second later. Sockets themselves never touch Redis; with Redis dead or frozen a
desk opens and works as always.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import redis.asyncio as redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError

from agents.selectors.agents import desk_versions
from routing.selectors.strip import waiting_by_agent
from smsdesk.console.sessions import kept_sessions
from smsdesk.lib.clock import now
from smsdesk.lib.live import channel_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from smsdesk.console.consumer import DeskConsumer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LISTEN_SECONDS = 0.2
REST_SECONDS = 1.0

P = ParamSpec("P")
T = TypeVar("T")
# Database work of sockets has threads of its own: channels' default is one thread for all.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="desk")


def in_thread(work: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """``work`` as a coroutine that runs in one of the desks' database threads."""

    @wraps(work)
    def tidied(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            close_old_connections()

    return sync_to_async(tidied, thread_sensitive=False, executor=_threads)


async def every_second(look: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
    """Look again and again, whatever goes wrong with it: until the task is cancelled."""
    while True:
        started = time.monotonic()
        try:
            await look()
        except Exception:  # the database will be back, and is asked again then
            logger.exception("Could not look at %s", what)
        await asyncio.sleep(max(0.05, LOOK_SECONDS - (time.monotonic() - started)))


def one_per_loop(make: Callable[[], T]) -> Callable[[], T]:
    """What gives the running event loop its own, made when it is first asked for."""
    made: dict[asyncio.AbstractEventLoop, T] = {}

    def of_the_running_loop() -> T:
        loop = asyncio.get_running_loop()
        if loop not in made:
            for stopped in [known for known in made if known.is_closed()]:
                del made[stopped]
            made[loop] = make()
        return made[loop]

    return of_the_running_loop


@dataclass(frozen=True)
class Sight:
    """What of a desk can change without a nudge. ``signed_in`` is what its session rests on."""

    version: int
    waiting: tuple[int, datetime | None]
    signed_in: tuple[str, str]


class Watch:
    """The open desks of one event loop, and the task that wakes them."""

    def __init__(self) -> None:
        self._desks: dict[int, set[DeskConsumer]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, desk: DeskConsumer) -> None:
        """Wake this desk from now on. The first one starts the tasks."""
        self._desks[desk.agent_id].add(desk)
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(every_second(self._look, "the desks")),
                asyncio.create_task(self._listen()),
            ]

    def leave(self, desk: DeskConsumer) -> None:
        """Forget a desk that was closed. The last one stops the tasks."""
        desks = self._desks.get(desk.agent_id, set())
        desks.discard(desk)
        if not desks:
            self._desks.pop(desk.agent_id, None)
        if not self._desks:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def _look(self) -> None:
        open_now = [desk for desks in self._desks.values() for desk in desks]
        wanted = {desk.session_key: desk.agent_id for desk in open_now}
        moment, seen = await in_thread(_look_at)(wanted)
        for desk in open_now:
            desk.tick(seen.get(desk.session_key), moment)

    async def _listen(self) -> None:
        while True:
            try:
                async with redis.Redis.from_url(
                    settings.REDIS_URL, socket_connect_timeout=LOOK_SECONDS
                ) as connection:
                    await self._hear(connection.pubsub())
            except (RedisError, OSError) as error:
                logger.warning("No nudges from Redis; desks look every second: %s", error)
            await asyncio.sleep(REST_SECONDS)

    async def _hear(self, ear: Any) -> None:
        heard: dict[bytes, int] = {}
        async with ear:
            while True:
                wanted = {channel_of(agent_id).encode(): agent_id for agent_id in self._desks}
                if new := wanted.keys() - heard.keys():
                    await ear.subscribe(*new)
                if gone := heard.keys() - wanted.keys():
                    await ear.unsubscribe(*gone)
                heard = wanted
                message = await ear.get_message(
                    ignore_subscribe_messages=True, timeout=LISTEN_SECONDS
                )
                if message is not None:
                    for desk in list(self._desks.get(heard.get(message["channel"], 0), ())):
                        desk.look_again()


def _look_at(desks: dict[str, int]) -> tuple[str, dict[str, Sight]]:
    """When it was looked at them, and each desk whose session goes on, by the session's key."""
    moment = now()
    agent_ids = list(set(desks.values()))
    sessions = kept_sessions(desks, moment)
    versions = desk_versions(agent_ids)
    waiting = waiting_by_agent(agent_ids)
    seen = {}
    for key, agent_id in desks.items():
        if key in sessions and agent_id in versions:
            version, password = versions[agent_id]
            seen[key] = Sight(version, waiting[agent_id], (sessions[key], password))
    return moment.isoformat(), seen


# The watch of the running event loop. A server has one loop, and so one watch.
watch = one_per_loop(Watch)
