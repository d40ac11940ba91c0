"""C1-C6 E2 N7: an offer's ways - accepted, rejected, lapsed or withdrawn, exactly one, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.models import Agent
from agents.services.presence import hear_heartbeat, note_silence
from agents.services.status import set_status
from routing.enums import EventKind, InteractionState, OfferState
from routing.models import Interaction, Offer
from routing.selectors.strip import offers_of, waiting_by_agent, waiting_in, with_waiting
from routing.services.offers import (
    OfferGone,
    RejectNotAllowed,
    accept_offer,
    lapse_offer,
    reject_offer,
    withdraw_offers,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, inbound_text
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue])


@pytest.fixture
def offer(channel, agent) -> Offer:
    inbound_text(channel, CUSTOMER, "are you open on Sunday?")
    route(channel.queue)
    return offer_to(agent)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_C1_a_text_is_offered_to_a_member_who_is_available(channel):
    agent = AgentFactory(queues=[channel.queue])

    inbound_text(channel, CUSTOMER)
    made = route(channel.queue)

    assert made == 1
    offer = offer_to(agent)
    assert offer.state == OfferState.PENDING
    assert (offer.expires_at - offer.offered_at).total_seconds() == 20
    assert fresh(agent).load == 1


def test_C2_the_offer_shows_the_texts_first_words(offer, agent):
    (card,) = offers_of(agent.pk)

    assert (card, card.first_words) == (offer, "are you open on Sunday?")


def test_C6_the_call_id_is_sms_and_the_senders_number(offer):
    assert offer.interaction.call_id == "SMS+14155550123"


def test_C7_an_offer_comes_while_other_conversations_are_open(offer, agent, channel):
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    inbound_text(channel, "+14155550199")

    assert route(channel.queue) == 1
    assert offer_to(agent).interaction.customer_address == "+14155550199"


# Accept


def test_C1_accepting_gives_the_conversation_to_the_agent(offer, agent):
    now = clock.now()

    returned = accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=now)

    interaction = Interaction.objects.get()
    assert returned == interaction.pk
    assert (interaction.state, interaction.agent, interaction.accepted_at) == (
        InteractionState.ACTIVE,
        agent,
        now,
    )
    assert (fresh(offer).state, fresh(offer).decided_at) == (OfferState.ACCEPTED, now)
    assert fresh(agent).load == 1
    assert life_line(interaction)[-2:] == [EventKind.OFFERED, EventKind.ACCEPTED]


def test_H10_the_two_hour_timer_starts_on_accept(offer, agent):
    now = clock.now()

    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=now)

    assert Interaction.objects.get().inactivity_due_at == now + timedelta(hours=2)


def test_H10_a_channel_without_the_timer_has_none(offer, agent, channel):
    channel.ends_when_inactive = False
    channel.save(update_fields=["ends_when_inactive"])

    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert Interaction.objects.get().inactivity_due_at is None


def test_fault_23_accepting_again_in_another_tab_is_no_error_and_changes_nothing(offer, agent):
    first = accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    before = (fresh(agent).load, fresh(agent).desk_version, life_line(offer.interaction))

    again = accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert again == first
    assert (fresh(agent).load, fresh(agent).desk_version, life_line(offer.interaction)) == before


def test_C3_an_offer_is_good_until_the_moment_it_expires(offer, agent):
    last = offer.expires_at - timedelta(microseconds=1)

    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=last)

    assert fresh(offer).state == OfferState.ACCEPTED


def test_C3_an_expired_offer_cannot_be_accepted_even_before_it_is_swept(offer, agent):
    with pytest.raises(OfferGone, match=r"^The offer lapsed before you took it"):
        accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=offer.expires_at)

    assert fresh(offer).state == OfferState.PENDING
    assert Interaction.objects.get().state == InteractionState.OFFERED


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OfferState.REJECTED, "You rejected this conversation; it went on to a colleague."),
        (
            OfferState.LAPSED,
            "The offer lapsed before you took it; it went on to a colleague.",
        ),
        (OfferState.WITHDRAWN, "The offer was withdrawn and went on to a colleague."),
    ],
)
def test_C3_an_offer_that_is_gone_says_where_it_went(offer, agent, state, sentence):
    Offer.objects.filter(pk=offer.pk).update(state=state)

    with pytest.raises(OfferGone) as refusal:
        accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert str(refusal.value) == sentence
    assert Interaction.objects.get().state == InteractionState.OFFERED


@pytest.mark.parametrize("decide", [accept_offer, reject_offer])
def test_S3_another_agents_offer_can_neither_be_accepted_nor_rejected(offer, decide):
    stranger = AgentFactory()

    with pytest.raises(OfferGone, match=r"^This offer is not yours\.$"):
        decide(offer_id=offer.pk, agent_id=stranger.pk, now=clock.now())

    assert fresh(offer).state == OfferState.PENDING
    assert fresh(stranger).status.name == AVAILABLE


# Reject


def test_C3_rejecting_sets_on_break_and_offers_to_the_next_agent(offer, agent, channel):
    second = AgentFactory(queues=[channel.queue])

    reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    route(channel.queue)

    assert fresh(agent).status.name == ON_BREAK
    assert fresh(agent).status_reason == StatusReason.REJECTED
    assert fresh(agent).load == 0
    assert offer_to(second).interaction.state == InteractionState.OFFERED
    assert offer_to(second).receipt["others"] == [
        {"id": agent.pk, "name": agent.name, "why_not": "is On Break"},
    ]


def test_C3_a_rejected_text_keeps_its_place(offer, agent, channel):
    queued_at = offer.interaction.queued_at
    inbound_text(channel, "+14155550199")

    reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    second = AgentFactory(queues=[channel.queue], limit=1)
    route(channel.queue)

    assert offer_to(second).interaction == offer.interaction
    assert fresh(offer.interaction).queued_at == queued_at
    assert life_line(offer.interaction)[-3:] == [
        EventKind.OFFERED,
        EventKind.REJECTED,
        EventKind.OFFERED,
    ]


def test_C3_the_same_agent_is_not_asked_again_while_another_can_take_it(offer, agent, channel):
    reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    set_status(agent_id=agent.pk, code=AVAILABLE, reason=StatusReason.CHOSEN, now=clock.now())
    other = AgentFactory(queues=[channel.queue], idle_since=clock.now())

    route(channel.queue)

    assert offer_to(other).interaction == offer.interaction


def test_C3_the_same_agent_is_asked_again_where_nobody_else_can(offer, agent, channel):
    reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    set_status(agent_id=agent.pk, code=AVAILABLE, reason=StatusReason.CHOSEN, now=clock.now())

    route(channel.queue)

    again = offer_to(agent)
    assert again.interaction == offer.interaction
    assert again.receipt["why"].startswith(
        "declined this text before, but nobody else can take it now"
    )


def test_C4_rejecting_needs_the_permission(offer, agent):
    Agent.objects.filter(pk=agent.pk).update(may_reject=False)

    with pytest.raises(RejectNotAllowed) as refusal:
        reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert str(refusal.value) == (
        "You do not have permission to reject. Ask your supervisor for it."
    )
    assert fresh(offer).state == OfferState.PENDING
    assert (fresh(agent).status.name, fresh(agent).load) == (AVAILABLE, 1)


def test_C3_rejecting_twice_is_refused_the_second_time(offer, agent):
    reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    with pytest.raises(OfferGone, match=r"^You rejected this conversation"):
        reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert fresh(agent).load == 0


def test_fault_24_an_accepted_offer_cannot_be_rejected(offer, agent):
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    with pytest.raises(OfferGone, match=r"^This conversation has been accepted already\.$"):
        reject_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert fresh(offer).state == OfferState.ACCEPTED
    assert fresh(agent).status.name == AVAILABLE


# Lapse


def test_C3_a_lapsed_offer_costs_as_a_rejected_one_does(offer, agent, channel):
    second = AgentFactory(queues=[channel.queue])

    assert lapse_offer(offer_id=offer.pk, now=offer.expires_at) is True
    route(channel.queue)

    assert (fresh(agent).status.name, fresh(agent).status_reason) == (ON_BREAK, StatusReason.LAPSED)
    assert fresh(agent).load == 0
    assert offer_to(second).interaction == offer.interaction
    assert life_line(offer.interaction)[-2:] == [EventKind.LAPSED, EventKind.OFFERED]


def test_C3_an_offer_does_not_lapse_early(offer, agent):
    early = offer.expires_at - timedelta(microseconds=1)

    assert lapse_offer(offer_id=offer.pk, now=early) is False

    assert fresh(offer).state == OfferState.PENDING
    assert fresh(agent).status.name == AVAILABLE


def test_fault_24_a_late_lapse_does_nothing_to_an_accepted_offer(offer, agent):
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert lapse_offer(offer_id=offer.pk, now=offer.expires_at) is False

    assert fresh(offer).state == OfferState.ACCEPTED
    assert (fresh(agent).status.name, fresh(agent).load) == (AVAILABLE, 1)


def test_fault_24_a_lapse_that_fires_twice_has_one_effect(offer, agent):
    lapse_offer(offer_id=offer.pk, now=offer.expires_at)

    assert lapse_offer(offer_id=offer.pk, now=offer.expires_at) is False

    assert fresh(agent).load == 0
    assert life_line(offer.interaction).count(EventKind.LAPSED) == 1


# Withdraw


def test_N7_an_agent_who_fell_silent_loses_the_offer_without_a_penalty(offer, agent, channel):
    second = AgentFactory(queues=[channel.queue])
    note_silence(agent_id=agent.pk, now=agent.presence_due_at)

    assert withdraw_offers(agent_id=agent.pk, now=clock.now()) == 1
    route(channel.queue)

    assert (fresh(agent).status.name, fresh(agent).load) == (AVAILABLE, 0)
    assert fresh(offer).state == OfferState.WITHDRAWN
    assert offer_to(second).interaction == offer.interaction


def test_N7_accepted_conversations_stay_with_an_agent_who_fell_silent(offer, agent):
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    note_silence(agent_id=agent.pk, now=agent.presence_due_at)

    assert withdraw_offers(agent_id=agent.pk, now=clock.now()) == 0

    interaction = Interaction.objects.get()
    assert (interaction.state, interaction.agent) == (InteractionState.ACTIVE, agent)


def test_N7_a_withdrawn_text_is_no_mark_against_the_agent(offer, agent, channel):
    withdraw_offers(agent_id=agent.pk, now=clock.now())
    AgentFactory(queues=[channel.queue], idle_since=clock.now())
    Agent.objects.filter(pk=agent.pk).update(idle_since=agent.idle_since)

    route(channel.queue)

    assert offer_to(agent).interaction == offer.interaction


def test_N7_all_pending_offers_are_withdrawn(offer, agent, channel):
    inbound_text(channel, "+14155550199")
    route(channel.queue)

    assert withdraw_offers(agent_id=agent.pk, now=clock.now()) == 2

    assert fresh(agent).load == 0
    assert Interaction.objects.filter(state=InteractionState.QUEUED).count() == 2


# What waits


def test_C1_an_agent_sees_how_many_texts_wait_and_since_when(agent, channel):
    other = ChannelFactory()
    now = clock.now()
    Agent.objects.filter(pk=agent.pk).update(stop_new=True)
    inbound_text(channel, CUSTOMER, now=now - timedelta(seconds=5))
    inbound_text(channel, "+14155550199", now=now)
    inbound_text(other, CUSTOMER, now=now - timedelta(hours=1))

    in_both = AgentFactory(queues=[channel.queue, other.queue], stop_new=True)
    in_none = AgentFactory()

    counted = {
        agent.pk: (2, now - timedelta(seconds=5)),
        in_both.pk: (3, now - timedelta(hours=1)),
        in_none.pk: (0, None),
    }
    agents = with_waiting(Agent.objects.filter(pk__in=counted))
    assert {one.pk: waiting_in(one.waiting) for one in agents} == counted
    assert waiting_by_agent(list(counted)) == counted


def test_N7_an_offer_a_silent_browser_never_showed_is_withdrawn_without_a_penalty(offer, agent):
    hear_heartbeat(agent_id=agent.pk, now=offer.offered_at - timedelta(seconds=1))

    assert lapse_offer(offer_id=offer.pk, now=offer.expires_at) is True

    assert fresh(offer).state == OfferState.WITHDRAWN
    agent = fresh(agent)
    assert (agent.status.name, agent.present, agent.load) == (AVAILABLE, False, 0)


def test_C3_an_offer_that_a_living_browser_showed_lapses(offer, agent):
    hear_heartbeat(agent_id=agent.pk, now=offer.expires_at - timedelta(seconds=5))

    assert lapse_offer(offer_id=offer.pk, now=offer.expires_at) is True

    assert (fresh(offer).state, fresh(agent).status.name) == (OfferState.LAPSED, ON_BREAK)
