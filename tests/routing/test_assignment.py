"""B1 B2 B5 B6 B15: waiting texts are offered in turn, at a cost that the backlog does not raise."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Max
from django.test.utils import CaptureQueriesContext

from agents.enums import ON_BREAK
from agents.models import Agent
from routing.enums import EventKind, InteractionState, OfferState
from routing.models import Interaction, Offer
from routing.selectors.waiting import in_turn, queue_to_serve_next
from routing.services.assignment import route_waiting
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    QueueFactory,
    SkillFactory,
)
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def channel():
    return ChannelFactory()


def waiting(channel, count=1, **fields) -> list[Interaction]:
    return [
        InteractionFactory(channel=channel, initiated_at=NOON + timedelta(seconds=number), **fields)
        for number in range(count)
    ]


def order_of(agent) -> list[Interaction]:
    return [offer.interaction for offer in agent.offers.order_by("pk")]


def test_B1_an_offer_takes_a_place_and_names_its_reasons(channel):
    agent = AgentFactory(queues=[channel.queue])
    (interaction,) = waiting(channel)
    now = clock.now()

    assert route(channel.queue, now=now) == 1

    offer = offer_to(agent)
    agent.refresh_from_db()
    interaction.refresh_from_db()
    assert (offer.interaction, offer.offered_at) == (interaction, now)
    assert offer.receipt["agent"] == {"id": agent.pk, "name": agent.name}
    assert (agent.load, agent.idle_since) == (1, now)
    assert (interaction.state, interaction.agent) == (InteractionState.OFFERED, None)
    assert life_line(interaction) == [EventKind.QUEUED, EventKind.OFFERED]


def test_B15_the_acceptance_interval_is_the_queues(channel):
    agent = AgentFactory(queues=[channel.queue])
    channel.queue.acceptance_seconds = 45
    channel.queue.save()
    waiting(channel)

    route(channel.queue)

    offer = offer_to(agent)
    assert offer.expires_at - offer.offered_at == timedelta(seconds=45)


def test_B5_only_members_of_the_queue_are_offered_its_texts(channel):
    AgentFactory()
    waiting(channel)

    assert route(channel.queue) == 0
    assert Interaction.objects.get().state == InteractionState.QUEUED


@pytest.mark.parametrize(
    "fields",
    [
        {"status": ON_BREAK},
        {"present": False},
        {"stop_new": True},
        {"load": 6},
        {"user__is_active": False},
    ],
    ids=["B6-on-break", "N7-absent", "D10-stop-new", "D2-full", "K1-signed-off"],
)
def test_B6_a_member_who_cannot_is_offered_nothing(channel, fields):
    agent = AgentFactory(queues=[channel.queue], **fields)
    waiting(channel)

    assert route(channel.queue) == 0

    assert Offer.objects.count() == 0
    assert Agent.objects.get(pk=agent.pk).load == fields.get("load", 0)


def test_B2_a_queues_skill_is_asked_for_and_its_best_holder_comes_first(channel):
    channel.queue.skill = SkillFactory()
    channel.queue.save()
    AgentFactory(queues=[channel.queue])
    AgentFactory(queues=[channel.queue], skills={channel.queue.skill: 2})
    best = AgentFactory(queues=[channel.queue], skills={channel.queue.skill: 4})
    AgentFactory(queues=[channel.queue], skills={SkillFactory(): 5})
    waiting(channel)

    assert route(channel.queue) == 1

    receipt = offer_to(best).receipt
    assert [one["why_not"] for one in receipt["others"]] == [
        "has skill level 2",
        "lacks the skill",
        "lacks the skill",
    ]


def test_B1_texts_are_offered_oldest_first(channel):
    agent = AgentFactory(queues=[channel.queue])
    texts = waiting(channel, 3)

    route(channel.queue)

    assert order_of(agent) == texts


def test_B1_the_higher_priority_comes_before_the_older(channel):
    agent = AgentFactory(queues=[channel.queue])
    (ordinary,) = waiting(channel)
    urgent = InteractionFactory(channel=channel, priority=1, initiated_at=NOON + timedelta(hours=1))

    route(channel.queue)

    assert order_of(agent) == [urgent, ordinary]


def test_B1_across_queues_priority_and_age_count_and_not_the_queues_order(channel):
    other = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue, other.queue])
    second = InteractionFactory(channel=channel, initiated_at=NOON + timedelta(seconds=2))
    first = InteractionFactory(channel=other, initiated_at=NOON + timedelta(seconds=1))
    third = InteractionFactory(channel=other, initiated_at=NOON + timedelta(seconds=3))
    urgent = InteractionFactory(channel=other, priority=5, initiated_at=NOON + timedelta(seconds=4))

    assert route(channel.queue, other.queue) == 4

    assert order_of(agent) == [urgent, first, second, third]


def test_B1_a_queue_nobody_can_serve_does_not_hold_up_another(channel):
    other = ChannelFactory()
    agent = AgentFactory(queues=[other.queue])
    waiting(channel, 2)
    InteractionFactory(channel=other, initiated_at=NOON + timedelta(hours=1))

    assert route(channel.queue, other.queue) == 1

    assert offer_to(agent).interaction.queue == other.queue


def test_D2_a_place_taken_in_one_queue_is_taken_in_all(channel):
    other = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue, other.queue], limit=1)
    waiting(channel)
    waiting(other)

    assert route(channel.queue, other.queue) == 1

    assert Agent.objects.get(pk=agent.pk).load == 1


def test_B2_several_texts_are_spread_over_the_longest_idle(channel):
    agents = [AgentFactory(queues=[channel.queue]) for _ in range(3)]
    waiting(channel, 3)

    route(channel.queue)

    assert [Agent.objects.get(pk=agent.pk).load for agent in agents] == [1, 1, 1]


def test_D2_a_backlog_fills_every_place_and_no_more(channel):
    agents = [AgentFactory(queues=[channel.queue], limit=limit) for limit in (1, 2, 3)]
    waiting(channel, 9)

    assert route(channel.queue) == 6

    assert [Agent.objects.get(pk=agent.pk).load for agent in agents] == [1, 2, 3]
    states = Interaction.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [InteractionState.OFFERED] * 6 + [InteractionState.QUEUED] * 3


def test_a_pass_yields_after_its_share(channel):
    AgentFactory(queues=[channel.queue])
    waiting(channel, 3)

    made = route_waiting(queue_ids=[channel.queue_id], now=clock.now(), most=2)

    assert made == 2
    assert Offer.objects.filter(state=OfferState.PENDING).count() == 2


def test_B1_routing_an_empty_queue_does_nothing(channel):
    AgentFactory(queues=[channel.queue])

    assert route(channel.queue) == 0
    assert route() == 0


# The cost (I5, fault 43)


def backlog(channel, count: int) -> None:
    Interaction.objects.bulk_create(
        Interaction(
            channel=channel,
            customer_address=f"+1212{number:07}",
            queue=channel.queue,
            state=InteractionState.QUEUED,
            priority=number % 3,
            initiated_at=NOON,
            queued_at=NOON + timedelta(seconds=number),
        )
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE routing_interaction")


def queries_of_one_offer(channel) -> int:
    AgentFactory(queues=[channel.queue], limit=1)
    with CaptureQueriesContext(connection) as queries:
        assert route(channel.queue) == 1
    return len(queries)


def test_fault_43_an_offer_costs_the_same_number_of_queries_whatever_waits(channel):
    backlog(channel, 3)
    of_few = queries_of_one_offer(channel)
    Interaction.objects.all().delete()
    Offer.objects.all().delete()
    backlog(channel, 2000)

    assert queries_of_one_offer(channel) == of_few


def plan_of(sql: str, params: tuple = ()) -> list[dict]:
    """The steps of a query's plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params or None)
        (found,) = cursor.fetchone()
    steps = []
    left = [(json.loads(found) if isinstance(found, str) else found)[0]["Plan"]]
    while left:
        step = left.pop()
        left += step.pop("Plans", [])
        steps.append(step)
    return steps


def indexes(plan: list[dict]) -> list[str]:
    return [step["Index Name"] for step in plan if "Index Name" in step]


def scanned_whole(plan: list[dict]) -> list[str]:
    found = [step["Relation Name"] for step in plan if step["Node Type"] == "Seq Scan"]
    return [name for name in found if name == "routing_interaction"]


def test_fault_43_the_next_text_is_found_by_its_index_and_nothing_is_sorted(channel):
    backlog(channel, 2000)
    busy = QueueFactory()
    head = in_turn().filter(queue=channel.queue).select_for_update(skip_locked=True)[:1]

    plan = plan_of(*head.query.sql_with_params())

    assert indexes(plan) == ["interaction_waiting"]
    assert "Sort" not in json.dumps(plan)
    assert scanned_whole(plan) == []
    assert queue_to_serve_next([channel.queue_id, busy.pk]) == channel.queue_id


def test_fault_43_the_queue_to_serve_next_is_found_by_the_same_index(channel):
    backlog(channel, 2000)
    with CaptureQueriesContext(connection) as queries:
        queue_to_serve_next([channel.queue_id])

    plan = plan_of(queries[0]["sql"])

    assert "interaction_waiting" in indexes(plan)
    assert scanned_whole(plan) == []


def test_B1_the_head_of_a_backlog_is_the_most_urgent_and_then_the_oldest(channel):
    backlog(channel, 100)

    head = in_turn().first()

    most = Interaction.objects.aggregate(most=Max("priority"))["most"]
    assert (head.priority, head.queued_at) == (most, NOON + timedelta(seconds=2))
