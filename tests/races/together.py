"""Real threads that do something at the same moment, each over a connection of its own."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection

from routing.enums import MessageState
from routing.models import Message
from routing.services.delivery import deliver_message
from routing.services.interactions import AlreadyEnded, end_interaction, wrap_up
from routing.sweeper import sweep
from smsdesk.lib import clock
from tests.faults.invariants import assert_invariants, broken_invariants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.models import Agent
    from routing.models import Interaction

PATIENCE_SECONDS = 30


class Crew:
    """Threads that stay, with their connections, from race to race of a test."""

    def __init__(self) -> None:
        self.desks: list[queue.SimpleQueue[Callable[[], None] | None]] = []
        self.threads: list[threading.Thread] = []

    def run(self, works: list[Callable[[], None]]) -> None:
        """Have every work done by a thread of its own, and wait for all of them."""
        while len(self.threads) < len(works):
            self._hire()
        over = threading.Semaphore(0)
        for desk, work in zip(self.desks, works, strict=False):
            desk.put(partial(self._do, work, over))
        for _ in works:
            assert over.acquire(timeout=PATIENCE_SECONDS), "A thread hangs."

    def disband(self) -> None:
        for desk in self.desks:
            desk.put(None)
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
        self.desks.clear()
        self.threads.clear()

    def _hire(self) -> None:
        desk: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._serve, args=[desk], daemon=True)
        self.desks.append(desk)
        self.threads.append(thread)
        thread.start()

    def _serve(self, desk: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        try:
            while (work := desk.get()) is not None:
                work()
        finally:
            connection.close()

    def _do(self, work: Callable[[], None], over: threading.Semaphore) -> None:
        try:
            work()
        finally:
            over.release()


crew = Crew()


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Run every step in a thread of its own, all at once; return results or exceptions in order."""
    barrier = threading.Barrier(len(steps))
    results: list[Any] = [None] * len(steps)

    def run(place: int, step: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()  # so that nobody's start is delayed by it
            barrier.wait(PATIENCE_SECONDS)
            results[place] = step()
        except Exception as error:  # noqa: BLE001 - what went wrong is the test's to judge
            results[place] = error

    crew.run([partial(run, place, step) for place, step in enumerate(steps)])
    return results


def call(step: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], Any]:
    return partial(step, *args, **kwargs)


def errors(results: list[Any], *expected: type[Exception]) -> list[Exception]:
    """The exceptions among results, but for those one may expect."""
    found = [one for one in results if isinstance(one, Exception)]
    return [one for one in found if not isinstance(one, expected)]


@contextmanager
def audit() -> Iterator[None]:
    """Look at every invariant twenty times a second while the block runs, not only at its end.

    Nothing is late meanwhile: what a race leaves undone is for the sweeper.
    """
    found: list[tuple[str, str]] = []
    looks = 0
    over = threading.Event()

    def look() -> None:
        nonlocal looks
        try:
            with connection.cursor() as cursor:
                while not over.wait(0.05):
                    found.extend(broken_invariants(cursor, late="1 day"))
                    looks += 1
        finally:
            connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_SECONDS)
    assert found == [], found[:5]
    assert looks > 0


def finish(agent: Agent, interaction: Interaction) -> None:
    """End a conversation and wrap it up, so that the agent has room again."""
    names = {"interaction_id": interaction.pk, "agent_id": agent.pk}
    with suppress(AlreadyEnded):
        end_interaction(**names, now=clock.now())
    with suppress(AlreadyEnded):
        wrap_up(**names, disposition="", note="", now=clock.now())


def settle() -> None:
    """Do what the sweeper would, then check that nothing is broken and nothing is left to do."""
    for _ in range(3):
        sweep()
        for message in Message.objects.filter(state=MessageState.QUEUED):
            deliver_message(message_id=message.pk, now=clock.now())
    time.sleep(0.01)
    with connection.cursor() as cursor:
        assert_invariants(cursor, late="0.01 seconds")
