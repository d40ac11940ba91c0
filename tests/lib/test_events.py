"""Events are facts: delivered after the commit, and no receiver can spoil them for another."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest
from django.db import transaction

from smsdesk.lib import events


@dataclass(frozen=True)
class Happened:
    number: int


@dataclass(frozen=True)
class HappenedToo:
    number: int


@pytest.fixture
def heard(monkeypatch):
    """What was delivered of the two kinds of event, of which the first receiver is broken."""
    delivered = []
    monkeypatch.setattr(events, "_receivers", type(events._receivers)(list))

    @events.on(Happened)
    def broken(event: Happened) -> None:
        raise RuntimeError(event.number)

    @events.on(Happened, HappenedToo)
    def listen(event: object) -> None:
        delivered.append(event)

    return delivered


@pytest.mark.django_db(transaction=True)
def test_an_event_is_delivered_after_the_commit(heard):
    with transaction.atomic():
        events.publish(HappenedToo(1))
        assert heard == []

    assert heard == [HappenedToo(1)]


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_transaction_that_failed_never_happened(heard):
    with transaction.atomic():
        events.publish(HappenedToo(1))
        transaction.set_rollback(True)

    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_fails_is_logged_and_harms_nobody(heard, caplog):
    events.publish(Happened(7))

    assert heard == [Happened(7)]
    assert [(record.levelno, record.message) for record in caplog.records] == [
        (logging.ERROR, "heard.<locals>.broken failed on Happened(number=7)")
    ]
