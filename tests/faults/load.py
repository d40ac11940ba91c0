"""A carrier under load: posts texts, and posts again whatever was not answered with success."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

import requests

from tests.support.twilio import new_sid

if TYPE_CHECKING:
    from tests.faults.rig import Rig

PATIENCE_SECONDS = 30


class RetryingCarrier:
    """Some threads, each with its own customers. ``acknowledged`` are the ids answered 2xx."""

    def __init__(self, rig: Rig, *, threads: int = 3, customers: int = 6) -> None:
        self.rig = rig
        self.acknowledged: set[str] = set()
        self.given_up: set[str] = set()
        self.slowest = 0.0
        self._customers = customers
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=[place], daemon=True)
            for place in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 5)
            assert not thread.is_alive()

    def check(self) -> None:
        """Whatever was acknowledged is there, once; nothing was given up."""
        assert self.given_up == set()
        assert len(self.acknowledged) >= 10, "There was no load."
        self.rig.settle()
        stored = [message["carrier_message_id"] for message in self.rig.messages()]
        assert len(stored) == len(set(stored))
        assert set(stored) == self.acknowledged

    def _work(self, place: int) -> None:
        number = 0
        while not self._over.is_set():
            sender = f"+1415555{place}{number % self._customers:03}"
            self._post(sender, f"text {number}", new_sid())
            number += 1
            time.sleep(0.01)

    def _post(self, sender: str, body: str, sid: str) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            began = time.monotonic()
            try:
                answer = self.rig.desk.inbound(sender, body, sid=sid)
            except requests.RequestException:
                pass
            else:
                with self._lock:
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    if answer.ok:
                        self.acknowledged.add(sid)
                        return
            time.sleep(0.1)
        self.given_up.add(sid)
