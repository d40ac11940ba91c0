"""I2: an offer is accepted, rejected, lapsed or withdrawn: one of these, once (faults 23, 24)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.models import Agent
from agents.services.presence import hear_heartbeat, note_silence
from agents.services.status import set_status
from routing.enums import InteractionState, OfferState
from routing.models import Interaction, Offer
from routing.services.assignment import route_waiting
from routing.services.offers import (
    OfferGone,
    accept_offer,
    lapse_offer,
    reject_offer,
    withdraw_offers,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory, InteractionFactory
from tests.races.together import call, errors, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

RUNS = 50


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue], limit=12)


def new_offer(channel, agent):
    set_status(agent_id=agent.pk, code=AVAILABLE, reason=StatusReason.CHOSEN, now=clock.now())
    Agent.objects.filter(pk=agent.pk).update(present=True)
    interaction = InteractionFactory(channel=channel)
    assert route_waiting(queue_ids=[channel.queue_id], now=clock.now()) == 1
    return Offer.objects.get(interaction=interaction)


def drop(offer: Offer) -> None:
    """Take a finished run's conversation away, so that the agent has room for the next."""
    Offer.objects.filter(pk=offer.pk).delete()
    Interaction.objects.filter(pk=offer.interaction_id).delete()
    Agent.objects.filter(pk=offer.agent_id).update(load=0)


def check(offer: Offer, agent: Agent, states: set[OfferState]) -> OfferState:
    """Whoever won, offer, conversation and load tell the same; the winner's name."""
    offer.refresh_from_db()
    agent.refresh_from_db()
    accepted = offer.state == OfferState.ACCEPTED
    assert offer.state in states
    assert offer.interaction.state == (
        InteractionState.ACTIVE if accepted else InteractionState.QUEUED
    )
    assert offer.interaction.agent_id == (agent.pk if accepted else None)
    assert agent.load == (1 if accepted else 0)
    return OfferState(offer.state)


def test_I2_fault_23_two_tabs_accept_the_same_offer_and_load_counts_once(channel, agent):
    for _ in range(RUNS):
        offer = new_offer(channel, agent)
        accept = call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

        results = together(accept, accept)

        assert results == [offer.interaction_id] * 2, results
        check(offer, agent, {OfferState.ACCEPTED})
        assert offer.interaction.events.filter(kind="ACCEPTED").count() == 1
        drop(offer)


def test_I2_another_agents_accept_never_wins(channel, agent):
    stranger = AgentFactory()
    for _ in range(10):
        offer = new_offer(channel, agent)

        own, foreign = together(
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
            call(accept_offer, offer_id=offer.pk, agent_id=stranger.pk, now=clock.now()),
        )

        assert own == offer.interaction_id
        assert isinstance(foreign, OfferGone)
        check(offer, agent, {OfferState.ACCEPTED})
        drop(offer)


def test_I2_I4_fault_24_accept_races_the_lapse_and_one_wins(channel, agent):
    winners = set()
    for run in range(RUNS):
        offer = new_offer(channel, agent)
        just_before = offer.expires_at - timedelta(milliseconds=1)
        steps = [
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=just_before),
            call(lapse_offer, offer_id=offer.pk, now=offer.expires_at),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, OfferGone) == []
        winner = check(offer, agent, {OfferState.ACCEPTED, OfferState.LAPSED})
        winners.add(winner)
        accepted, lapsed = results if run % 2 else reversed(results)
        assert lapsed is (winner == OfferState.LAPSED)
        assert (accepted == offer.interaction_id) is (winner == OfferState.ACCEPTED)
        assert agent.status.name == (AVAILABLE if winner == OfferState.ACCEPTED else ON_BREAK)
        drop(offer)
    assert winners


def test_I4_an_offer_is_good_until_it_expires_and_no_longer(channel, agent):
    offer = new_offer(channel, agent)
    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=offer.expires_at)
    early = offer.expires_at - timedelta(microseconds=1)
    assert lapse_offer(offer_id=offer.pk, now=early) is False
    assert accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=early) == offer.interaction_id


def test_I2_fault_24_accept_races_reject_and_one_wins(channel, agent):
    for run in range(RUNS):
        offer = new_offer(channel, agent)
        steps = [
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
            call(reject_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, OfferGone) == []
        assert sum(isinstance(one, OfferGone) for one in results) == 1
        winner = check(offer, agent, {OfferState.ACCEPTED, OfferState.REJECTED})
        assert agent.status.name == (AVAILABLE if winner == OfferState.ACCEPTED else ON_BREAK)
        drop(offer)


def test_I2_fault_24_accept_races_the_withdrawal_and_one_wins(channel, agent):
    for run in range(RUNS):
        offer = new_offer(channel, agent)
        steps = [
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
            call(withdraw_offers, agent_id=agent.pk, now=clock.now()),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, OfferGone) == []
        winner = check(offer, agent, {OfferState.ACCEPTED, OfferState.WITHDRAWN})
        accepted, withdrawn = results if run % 2 else reversed(results)
        assert withdrawn == (1 if winner == OfferState.WITHDRAWN else 0)
        assert (accepted == offer.interaction_id) is (winner == OfferState.ACCEPTED)
        # A withdrawal is no penalty (N7).
        assert agent.status.name == AVAILABLE
        drop(offer)


def test_I4_two_timers_lapse_one_offer_once(channel, agent):
    for _ in range(20):
        offer = new_offer(channel, agent)
        lapse = call(lapse_offer, offer_id=offer.pk, now=offer.expires_at)

        results = together(lapse, lapse, lapse)

        assert sorted(results) == [False, False, True]
        check(offer, agent, {OfferState.LAPSED})
        drop(offer)


def test_I4_silence_races_accept_and_the_conversation_is_never_in_limbo(channel, agent):
    """N7: silence withdraws the pending offer; a conversation accepted before it stays."""
    for run in range(RUNS):
        offer = new_offer(channel, agent)
        due = Agent.objects.values_list("presence_due_at", flat=True).get(pk=agent.pk)

        def fall_silent(offer: Offer = offer, now=due) -> None:
            if note_silence(agent_id=agent.pk, now=now):
                withdraw_offers(agent_id=agent.pk, now=clock.now())

        steps = [
            call(accept_offer, offer_id=offer.pk, agent_id=agent.pk, now=clock.now()),
            fall_silent,
        ]
        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, OfferGone) == []
        check(offer, agent, {OfferState.ACCEPTED, OfferState.WITHDRAWN})
        assert agent.present is False
        drop(offer)


def test_I4_silence_races_a_heartbeat_and_the_later_one_is_believed(channel, agent):
    for _ in range(20):
        hear_heartbeat(agent_id=agent.pk, now=clock.now() - timedelta(minutes=5))
        now = clock.now()

        results = together(
            call(note_silence, agent_id=agent.pk, now=now),
            call(hear_heartbeat, agent_id=agent.pk, now=now),
        )

        assert errors(results) == []
        agent.refresh_from_db()
        assert agent.presence_due_at > now
        # Heard last, present; silenced last cannot be, for its look is at the row.
        assert agent.present is True
