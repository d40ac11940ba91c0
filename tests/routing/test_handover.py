"""N4: a conversation goes on to a colleague, to another queue, or back to its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import ON_BREAK
from agents.models import Agent, StatusCode
from routing.enums import EventKind, InteractionState, OfferState
from routing.models import Interaction, QueueMember
from routing.services.handover import (
    HandOverRefused,
    TransferNotAllowed,
    requeue,
    transfer_to_agent,
    transfer_to_queue,
)
from routing.services.interactions import NotYours, end_interaction
from routing.services.offers import accept_offer, lapse_offer, reject_offer, withdraw_offers
from routing.services.parking import park
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    QueueFactory,
    active_interaction,
)
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def giver(channel):
    return AgentFactory(queues=[channel.queue], name="Robin Castillo")


@pytest.fixture
def colleague():
    return AgentFactory(name="Lea Berg")


@pytest.fixture
def elsewhere():
    return QueueFactory(name="Fraud")


@pytest.fixture
def talk(giver, channel):
    talk = active_interaction(giver, channel=channel)
    Interaction.objects.filter(pk=talk.pk).update(
        draft="half a sen", unanswered=2, response_due_at=clock.now(), opened_at=clock.now()
    )
    return fresh(talk)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def to_queue(talk, queue, note="Wants a refund", *, by=None, now=None):
    transfer_to_queue(
        interaction_id=talk.pk,
        agent_id=(by or talk.agent).pk,
        queue_id=queue.pk,
        note=note,
        now=now or clock.now(),
    )


def to_agent(talk, colleague, note="Knows you", *, by=None, now=None):
    transfer_to_agent(
        interaction_id=talk.pk,
        agent_id=(by or talk.agent).pk,
        to_agent_id=colleague.pk,
        note=note,
        now=now or clock.now(),
    )


def give_back(talk, note="", *, now=None):
    requeue(interaction_id=talk.pk, agent_id=talk.agent_id, note=note, now=now or clock.now())


def everything(talk, *agents):
    """All that a refused hand-over must leave as it is."""
    rows = [Interaction.objects.filter(pk=talk.pk).values().get()]
    rows += [Agent.objects.filter(pk=agent.pk).values().get() for agent in agents]
    return rows, life_line(talk), talk.offers.count()


# To a queue


@pytest.mark.parametrize("found", ["half a sen", ""])
def test_N4_N6_what_was_not_sent_is_there_again_for_its_author_alone(
    talk, giver, colleague, elsewhere, found
):
    to_queue(talk, elsewhere)
    taker = giver if found else colleague
    QueueMember.objects.create(queue=elsewhere, agent=taker)
    route(elsewhere)

    accept_offer(offer_id=offer_to(taker).pk, agent_id=taker.pk, now=clock.now())

    assert (fresh(talk).agent, fresh(talk).draft) == (taker, found)


def test_N4_in_another_queue_it_waits_with_the_note_and_the_place_is_free(talk, giver, elsewhere):
    now = clock.now()

    to_queue(talk, elsewhere, now=now)

    moved = fresh(talk)
    assert (moved.state, moved.queue, moved.agent) == (InteractionState.QUEUED, elsewhere, None)
    assert (moved.handed_over_by, moved.handover_note) == (giver, "Wants a refund")
    assert (moved.queued_at, moved.inactivity_due_at) == (now, None)
    assert moved.opened_at is None
    assert moved.revision == talk.revision + 1
    assert fresh(giver).load == 0
    event = talk.events.get(kind=EventKind.TRANSFERRED)
    assert (event.state, event.agent) == (InteractionState.QUEUED, giver)
    assert event.detail == {"to": "Fraud", "note": "Wants a refund"}


def test_N4_what_the_customer_is_owed_is_still_owed_after_a_transfer(talk, elsewhere):
    to_queue(talk, elsewhere)

    assert fresh(talk).response_due_at == talk.response_due_at
    assert fresh(talk).unanswered == 2


def test_N4_it_is_served_by_the_other_queues_priority_and_what_a_rule_added(giver, elsewhere):
    channel = ChannelFactory(queue=QueueFactory(priority=10))
    talk = active_interaction(giver, channel=channel, priority=15)
    elsewhere.priority = 100
    elsewhere.save()

    to_queue(talk, elsewhere)

    assert fresh(talk).priority == 105


def test_N4_it_waits_behind_what_waits_there_already(talk, elsewhere):
    before = InteractionFactory(queue=elsewhere)
    member = AgentFactory(queues=[elsewhere], limit=1)

    to_queue(talk, elsewhere)
    route(elsewhere)

    assert offer_to(member).interaction == before


def test_N4_the_giver_is_asked_after_everybody_else_and_the_receipt_says_why(talk, giver, channel):
    Agent.objects.filter(pk=giver.pk).update(idle_since=clock.now() - timedelta(days=9))
    other = AgentFactory(queues=[channel.queue], idle_since=clock.now(), name="Jonas")
    give_back(talk)
    Agent.objects.filter(pk=giver.pk).update(idle_since=clock.now() - timedelta(days=9))

    route(channel.queue)

    receipt = offer_to(other).receipt
    assert receipt["others"] == [
        {
            "id": giver.pk,
            "name": "Robin Castillo",
            "why_not": "handed this conversation over",
        }
    ]


def test_N4_the_giver_takes_it_again_where_nobody_else_can(talk, giver, channel):
    give_back(talk)

    route(channel.queue)

    assert (
        offer_to(giver)
        .receipt["why"]
        .startswith("handed this conversation over before, but nobody else can take it now")
    )


def test_N4_requeued_it_waits_in_its_own_queue(talk, giver, channel):
    give_back(talk, "Lunch")

    moved = fresh(talk)
    assert (moved.state, moved.queue, moved.agent) == ("QUEUED", channel.queue, None)
    assert talk.events.get(kind=EventKind.REQUEUED).detail == {
        "to": channel.queue.name,
        "note": "Lunch",
    }


def test_N4_to_its_own_queue_needs_no_permission(talk, giver, channel):
    Agent.objects.filter(pk=giver.pk).update(may_transfer=False)

    to_queue(talk, channel.queue)

    assert life_line(talk)[-1] == EventKind.REQUEUED


def test_N4_a_null_byte_in_a_note_is_no_trouble(talk, elsewhere):
    to_queue(talk, elsewhere, "a\x00b")

    assert fresh(talk).handover_note == "ab"


# To a colleague


def test_N4_a_colleague_is_offered_it_directly_and_reads_from_whom(talk, giver, colleague):
    now = clock.now()

    to_agent(talk, colleague, now=now)

    offer = offer_to(colleague)
    moved = fresh(talk)
    assert (moved.state, moved.agent, offer.interaction) == ("OFFERED", None, talk)
    assert (moved.handed_over_by, moved.handover_note) == (giver, "Knows you")
    assert offer.expires_at == now + timedelta(seconds=talk.queue.acceptance_seconds)
    assert offer.receipt == {
        "agent": {"id": colleague.pk, "name": "Lea Berg"},
        "why": "handed over directly by Robin Castillo",
        "others": [],
        "members": 1,
        "eligible": 1,
    }
    assert (fresh(giver).load, fresh(colleague).load) == (0, 1)
    assert life_line(talk)[-2:] == [EventKind.TRANSFERRED, EventKind.OFFERED]


def test_N4_accepted_it_is_the_colleagues_and_keeps_the_note(talk, giver, colleague):
    to_agent(talk, colleague)

    accept_offer(offer_id=offer_to(colleague).pk, agent_id=colleague.pk, now=clock.now())

    moved = fresh(talk)
    assert (moved.state, moved.agent) == (InteractionState.ACTIVE, colleague)
    assert (moved.handed_over_by, moved.handover_note) == (giver, "Knows you")
    assert moved.inactivity_due_at is not None


def rejects(offer):
    reject_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=clock.now())


def lets_it_lapse(offer):
    lapse_offer(offer_id=offer.pk, now=offer.expires_at)


def vanishes(offer):
    withdraw_offers(agent_id=offer.agent_id, now=clock.now())


@pytest.mark.parametrize("does", [rejects, lets_it_lapse, vanishes])
def test_N4_not_taken_by_the_colleague_it_waits_in_its_queue_for_anybody(
    talk, channel, colleague, does
):
    third = AgentFactory(queues=[channel.queue])
    to_agent(talk, colleague)

    does(offer_to(colleague))

    assert (fresh(talk).state, fresh(talk).queue) == (InteractionState.QUEUED, channel.queue)
    assert fresh(colleague).load == 0
    route(channel.queue)
    assert offer_to(third).interaction == talk


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"present": False}, "Lea Berg has no open desk"),
        ({"stop_new": True}, "Lea Berg takes nothing new"),
        ({"limit": 1, "load": 1}, "Lea Berg has 1 of 1 conversations"),
    ],
)
def test_N4_a_colleague_who_cannot_take_it_now_is_not_asked(talk, giver, colleague, fields, words):
    Agent.objects.filter(pk=colleague.pk).update(**fields)
    before = everything(talk, giver, colleague)

    with pytest.raises(HandOverRefused) as refusal:
        to_agent(talk, colleague)

    assert str(refusal.value) == (
        f"{words} and cannot take it now. Choose somebody else; the conversation is still yours."
    )
    assert everything(talk, giver, colleague) == before


def test_N4_a_colleague_who_is_away_or_barred_is_not_asked(talk, giver, colleague):
    colleague.user.is_active = False
    colleague.user.save()
    with pytest.raises(HandOverRefused, match=r"^Lea Berg is barred from the desk and cannot"):
        to_agent(talk, colleague)
    colleague.user.is_active = True
    colleague.user.save()
    Agent.objects.filter(pk=colleague.pk).update(status=StatusCode.objects.get(name=ON_BREAK))

    with pytest.raises(HandOverRefused, match=r"^Lea Berg is On Break and cannot take it now"):
        to_agent(talk, colleague)

    assert talk.offers.count() == 0


# Refused


def test_N4_handing_over_needs_the_permission(talk, giver, colleague, elsewhere):
    Agent.objects.filter(pk=giver.pk).update(may_transfer=False)
    before = everything(talk, giver, colleague)

    for step in (lambda: to_agent(talk, colleague), lambda: to_queue(talk, elsewhere)):
        with pytest.raises(TransferNotAllowed) as refusal:
            step()
        assert str(refusal.value) == (
            "You do not have permission to hand conversations over. Ask your supervisor for it."
        )

    assert everything(talk, giver, colleague) == before


def test_N4_another_agents_conversation_cannot_be_handed_over(talk, giver, colleague, elsewhere):
    before = everything(talk, giver, colleague)

    for step in (
        lambda: to_agent(talk, giver, by=colleague),
        lambda: to_queue(talk, elsewhere, by=colleague),
    ):
        with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
            step()

    assert everything(talk, giver, colleague) == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda talk: end_interaction(
                interaction_id=talk.pk, agent_id=talk.agent_id, now=clock.now()
            ),
            "This conversation has ended; there is nothing to hand over.",
        ),
        (
            lambda talk: park(
                interaction_id=talk.pk,
                agent_id=talk.agent_id,
                until=clock.now() + timedelta(hours=1),
                now=clock.now(),
            ),
            "This conversation is parked. Resume it before you hand it over.",
        ),
    ],
)
def test_N4_only_an_active_conversation_is_handed_over(
    talk, colleague, elsewhere, change, sentence
):
    giver = talk.agent
    change(talk)
    before = everything(talk, giver, colleague)

    for step in (
        lambda: to_agent(talk, colleague),
        lambda: to_queue(talk, elsewhere),
        lambda: give_back(talk),
    ):
        with pytest.raises(HandOverRefused) as refusal:
            step()
        assert str(refusal.value) == sentence

    assert everything(talk, giver, colleague) == before


def test_N4_what_is_not_there_is_refused_with_a_sentence(talk, giver, elsewhere):
    before = everything(talk, giver)

    with pytest.raises(HandOverRefused, match=r"^This conversation is yours already"):
        to_agent(talk, giver)
    nobody = Agent(pk=987_654_321)
    with pytest.raises(HandOverRefused, match=r"^There is no such colleague any more"):
        to_agent(talk, nobody)
    elsewhere.pk = 987_654_321
    with pytest.raises(HandOverRefused, match=r"^There is no such queue any more"):
        to_queue(talk, elsewhere)

    assert everything(talk, giver) == before
    assert not talk.offers.filter(state=OfferState.PENDING).exists()
