"""I2 I3: what may never be, the database refuses, whoever asks for it."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.models import F

from agents.models import Agent, StatusPeriod
from agents.services.places import free_place
from routing.enums import InteractionState, OfferState
from routing.models import AgentSkill, Interaction, Offer
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    CustomerFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    ScheduleFactory,
    SkillFactory,
    TeamFactory,
)

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


def make_offer(interaction, agent, **fields) -> Offer:
    now = clock.now()
    return Offer.objects.create(
        interaction=interaction,
        agent=agent,
        offered_at=now,
        expires_at=now + timedelta(seconds=20),
        receipt={},
        **fields,
    )


def test_I2_one_pending_offer_per_interaction():
    interaction = InteractionFactory()
    make_offer(interaction, AgentFactory(), state=OfferState.LAPSED)
    make_offer(interaction, AgentFactory())

    with refused("one_pending_offer_per_interaction"):
        make_offer(interaction, AgentFactory())


OPEN = [
    InteractionState.HELD,
    InteractionState.QUEUED,
    InteractionState.OFFERED,
    InteractionState.ACTIVE,
]


@pytest.mark.parametrize("state", OPEN)
def test_fault_4_one_open_conversation_per_customer_and_channel(state):
    channel = ChannelFactory()
    InteractionFactory(channel=channel, customer_address=CUSTOMER)

    with refused("one_open_interaction_per_customer_and_channel"):
        InteractionFactory(
            channel=channel,
            customer_address=CUSTOMER,
            state=state,
            agent=AgentFactory() if state == InteractionState.ACTIVE else None,
        )


@pytest.mark.parametrize("state", [InteractionState.WRAP_UP, InteractionState.CLOSED])
def test_B9_an_ended_conversation_is_not_in_the_way_of_a_new_one(state):
    channel = ChannelFactory()
    InteractionFactory(
        channel=channel, customer_address=CUSTOMER, state=state, agent=AgentFactory()
    )

    InteractionFactory(channel=channel, customer_address=CUSTOMER)

    assert Interaction.objects.count() == 2


@pytest.mark.parametrize(
    ("state", "with_agent"),
    [
        (InteractionState.HELD, True),
        (InteractionState.QUEUED, True),
        (InteractionState.OFFERED, True),
        (InteractionState.ACTIVE, False),
        (InteractionState.WRAP_UP, False),
    ],
)
def test_I2_a_conversation_has_an_agent_from_acceptance_on_and_not_before(state, with_agent):
    agent = AgentFactory() if with_agent else None

    with refused("an_agent_from_acceptance_on"):
        InteractionFactory(state=state, agent=agent)


def test_D3_no_agent_ever_holds_more_than_twelve():
    agent = AgentFactory(load=12)

    with refused("agent_load_within_ceiling"):
        Agent.objects.filter(pk=agent.pk).update(load=F("load") + 1)


def test_I3_no_place_is_freed_that_was_not_taken():
    agent = AgentFactory(load=0)

    with refused("load"), transaction.atomic():
        free_place(agent_id=agent.pk, now=clock.now())

    assert Agent.objects.get(pk=agent.pk).load == 0


@pytest.mark.parametrize("limit", [0, 13])
def test_D4_a_limit_is_between_one_and_twelve(limit):
    with refused("agent_limit_within_ceiling"), transaction.atomic():
        AgentFactory(limit=limit)
    with refused("team_limit_within_ceiling"), transaction.atomic():
        TeamFactory(limit=limit)


def test_E1_an_agent_is_in_one_status_at_a_time():
    agent = AgentFactory()

    with refused("one_open_status_period_per_agent"):
        StatusPeriod.objects.create(
            agent=agent, status=agent.status, reason="CHOSEN", started_at=clock.now()
        )


def test_fault_1_a_carriers_message_is_there_once_per_channel():
    first = MessageFactory(carrier_message_id="SM1")
    MessageFactory(carrier_message_id="SM1")  # another channel's

    with refused("a_carriers_message_once_per_channel"):
        MessageFactory(interaction=first.interaction, carrier_message_id="SM1")


def test_fault_32_a_send_is_there_once():
    first = MessageFactory()

    with refused("client_id"):
        MessageFactory(client_id=first.client_id)


def test_fault_32_a_text_is_sent_again_once():
    first = MessageFactory()
    MessageFactory(retry_of=first)

    with refused("retry_of"):
        MessageFactory(retry_of=first)


@pytest.mark.parametrize("level", [0, 6])
def test_B2_a_skill_level_is_between_one_and_five(level):
    with refused("skill_level_one_to_five"):
        AgentSkill.objects.create(agent=AgentFactory(), skill=SkillFactory(), level=level)


def test_B2_an_agent_has_a_skill_at_one_level():
    skill = SkillFactory()

    with refused("one_level_per_skill"):
        AgentFactory(skills={skill: 1}).skills.create(skill=skill, level=2)


def test_B5_an_agent_is_a_member_of_a_queue_once():
    queue = QueueFactory()
    agent = AgentFactory(queues=[queue])

    with refused("member_of_a_queue_once"):
        queue.memberships.create(agent=agent)


def test_N10_a_day_is_a_holiday_once():
    schedule = ScheduleFactory()
    schedule.holidays.create(date="2026-12-25")

    with refused("one_holiday_a_day"):
        schedule.holidays.create(date="2026-12-25")


@pytest.mark.parametrize("closes", [time(6), time(22)])
def test_N10_a_span_closes_after_it_opens_on_the_same_day(closes):
    with refused("span_closes_after_it_opens"):
        ScheduleFactory(spans=[(0, time(22), closes)])


def test_A2_a_number_is_one_channels():
    with refused("number"):
        ChannelFactory(number=ChannelFactory().number)


def test_G1_a_phone_is_a_customers_once_but_may_be_shared():
    CustomerFactory(phones=[CUSTOMER])
    other = CustomerFactory(phones=[CUSTOMER])

    with refused("a_phone_once_per_customer"):
        other.phones.create(number=CUSTOMER)


def test_A1_an_address_longer_than_a_number_is_refused():
    with pytest.raises(DataError):
        InteractionFactory(customer_address="+" + "1" * 20)
