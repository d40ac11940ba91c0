"""Rings doorbells (Celery tasks, socket nudges) without ever keeping a caller waiting.

*The row is the queue, this is the doorbell.* A ring is handed to one background thread per
process, so a Redis that is slow, frozen or gone never delays an HTTP answer or a transaction;
rings that cannot be delivered are dropped, and the sweeper finds what they stood for.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

logger = logging.getLogger(__name__)

# After a failure Redis is left alone for this long: a frozen server costs one time-out a
# second in the background, not one for each ring.
REST_SECONDS = 1.0
LONGEST_QUEUE = 10_000


class Doorbell:
    """One thread that rings what it is given, in order, equal rings in one burst only once."""

    def __init__(self) -> None:
        self._pid = 0
        self._queue: queue.Queue[tuple[Hashable, Callable[[], None]]] = queue.Queue(LONGEST_QUEUE)
        self._waiting: set[Hashable] = set()
        self._lock = threading.Lock()
        self._rest_until = 0.0

    def ring(self, key: Hashable, bell: Callable[[], None]) -> None:
        """Call ``bell`` soon, in the background; a ``key`` already waiting is not rung twice."""
        self._ensure_thread()
        with self._lock:
            if key in self._waiting:
                return
            try:
                self._queue.put_nowait((key, bell))
            except queue.Full:
                return
            self._waiting.add(key)

    def flush(self, seconds: float = 2.0) -> None:
        """Wait until everything rung so far has been handed over, at most ``seconds``."""
        until = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._queue = queue.Queue(LONGEST_QUEUE)
            self._waiting = set()
            threading.Thread(target=self._run, name="doorbell", daemon=True).start()
            atexit.register(self.flush)

    def _run(self) -> None:
        bells = self._queue
        while True:
            key, bell = bells.get()
            with self._lock:
                self._waiting.discard(key)
            try:
                if time.monotonic() >= self._rest_until:
                    bell()
            except Exception as error:  # noqa: BLE001 - whatever the broker raises, the sweeper heals
                self._rest_until = time.monotonic() + REST_SECONDS
                logger.warning("Doorbell unheard, the sweeper will see to it: %s", error)
            finally:
                bells.task_done()


doorbell = Doorbell()
