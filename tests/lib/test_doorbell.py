"""Doorbells are rung in the background: nobody waits for them, and none of them is truth."""

from __future__ import annotations

import threading
import time

import pytest

from smsdesk.lib import doorbell as module
from smsdesk.lib.doorbell import Doorbell


@pytest.fixture
def bells(monkeypatch) -> Doorbell:
    monkeypatch.setattr(module, "LONGEST_QUEUE", 50)
    return Doorbell()


@pytest.fixture
def held(bells):
    """The doorbell's thread, kept busy until the test lets it go on."""
    busy, let_go = threading.Event(), threading.Event()

    def block():
        busy.set()
        let_go.wait(5)

    bells.ring("block", block)
    assert busy.wait(5)
    yield let_go
    let_go.set()


def test_a_ring_is_heard_in_another_thread(bells):
    heard = []

    bells.ring("one", lambda: heard.append(threading.current_thread().name))
    bells.flush()

    assert heard == ["doorbell"]


def test_fault_12_a_frozen_bell_keeps_no_caller_waiting(bells, held):
    started = time.monotonic()

    for number in range(1000):
        bells.ring(number, lambda: None)

    assert time.monotonic() - started < 0.5
    assert not held.is_set()


def test_equal_rings_in_a_burst_are_heard_once_and_in_order(bells, held):
    heard = []
    for name in ("first", "second", "first", "first", "second"):
        bells.ring(name, lambda name=name: heard.append(name))

    held.set()
    bells.flush()

    assert heard == ["first", "second"]


def test_a_ring_while_its_equal_is_being_heard_is_heard_again(bells, held):
    heard = []
    bells.ring("block", lambda: heard.append("again"))

    held.set()
    bells.flush()

    assert heard == ["again"]


def test_a_bell_that_raises_silences_no_later_one(bells, monkeypatch):
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)
    heard = []

    bells.ring("broken", lambda: 1 / 0)
    bells.ring("next", lambda: heard.append("next"))
    bells.flush()

    assert heard == ["next"]


def test_fault_12_after_a_failure_rings_are_dropped_for_a_while(bells, monkeypatch):
    monkeypatch.setattr(module, "REST_SECONDS", 0.1)
    heard = []

    bells.ring("broken", lambda: 1 / 0)
    bells.ring("dropped", lambda: heard.append("dropped"))
    bells.flush()
    time.sleep(0.11)
    bells.ring("later", lambda: heard.append("later"))
    bells.flush()

    assert heard == ["later"]


def test_a_full_queue_drops_rings_and_raises_nothing(bells, held, monkeypatch):
    heard = []
    for number in range(module.LONGEST_QUEUE + 10):
        bells.ring(number, lambda number=number: heard.append(number))

    held.set()
    bells.flush()

    assert heard == list(range(module.LONGEST_QUEUE))
