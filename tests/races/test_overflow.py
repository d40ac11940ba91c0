"""N9: overflow races assignment and acceptance; a text is in one place, and moved once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from routing.enums import EventKind, InteractionState, OverflowDoes
from routing.models import Interaction
from routing.services.assignment import route_waiting
from routing.services.offers import accept_offer
from routing.services.overflow import overflow_if_due
from routing.services.waiting import new_wait
from smsdesk.lib import clock
from tests.factories import AgentFactory, InteractionFactory, QueueFactory
from tests.races.together import audit, call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def waits(channel) -> Interaction:
    began = clock.now() - timedelta(seconds=61)
    wait = new_wait(channel.queue_id, began)
    with transaction.atomic():  # with its entry in the life line, which the audit looks for
        return InteractionFactory(channel=channel, initiated_at=began, **wait)


def test_N9_overflow_races_assignment_and_the_text_is_offered_once(channel):
    other = QueueFactory()
    channel.queue.overflow_steps.create(after_seconds=60, does=OverflowDoes.MOVE, to_queue=other)
    here = AgentFactory(queues=[channel.queue], limit=12)
    there = AgentFactory(queues=[other], limit=12)
    winners = set()
    with audit():
        for run in range(20):
            text = waits(channel)
            now = clock.now()
            route = call(route_waiting, queue_ids=[channel.queue_id, other.pk], now=now)
            overflow = call(overflow_if_due, interaction_id=text.pk, now=now)
            steps = [route, overflow, route]

            results = together(*(steps if run % 2 else reversed(steps)))

            assert errors(results) == []
            route()
            text.refresh_from_db()
            moved = text.events.filter(kind=EventKind.OVERFLOWED).count()
            offer = text.offers.get()
            winners.add(moved)
            assert text.state == InteractionState.OFFERED
            assert results[1] is bool(moved)
            assert (text.queue, offer.agent) == ((other, there) if moved else (channel.queue, here))
            accept_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=clock.now())
            finish(offer.agent, text)
    assert winners


def test_N9_many_sweepers_take_each_step_once(channel):
    channel.queue.overflow_steps.create(after_seconds=30, does=OverflowDoes.RAISE, raise_by=5)
    for _ in range(20):
        text = waits(channel)
        step = call(overflow_if_due, interaction_id=text.pk, now=clock.now())

        results = together(step, step, step)

        assert sorted(results) == [False, False, True]
        text.refresh_from_db()
        assert text.priority == 5
