"""The script of invariants sees what is broken: each kind of damage is done once, and found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from cases.services.campaigns import text_next
from routing.enums import InteractionState
from routing.models import Interaction
from routing.services.assignment import route_waiting
from routing.services.interactions import end_interaction
from routing.services.offers import accept_offer
from routing.services.outbound import send_text
from routing.services.parking import park
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, inbound_text, started_campaign
from tests.faults.invariants import broken_invariants

pytestmark = pytest.mark.django_db

CLIENT_ID = "6d8ab0a5-5bd7-4a4e-8df7-b7cf0b5b2c1f"


# What is done to a desk in order, and what that breaks.
DAMAGE = [
    (
        "I8 the life line knows every text received",
        """DELETE FROM routing_event WHERE message_id IN (SELECT id FROM routing_message
            WHERE author = 'CUSTOMER')""",
    ),
    (
        "I1 a handled text has exactly one message",
        "UPDATE routing_message SET request_id = NULL",
    ),
    (
        "I1 a handled receipt is kept exactly once",
        "UPDATE routing_carrierrequest SET kind = 'STATUS'",
    ),
    (
        "I2 offered means exactly one pending offer, and nothing else does",
        "UPDATE routing_offer SET state = 'WITHDRAWN' WHERE state = 'PENDING'",
    ),
    (
        "I2 each accepted offer made one acceptance",
        "UPDATE routing_offer SET state = 'ACCEPTED' WHERE state = 'PENDING'",
    ),
    (
        "I2 a conversation is with who took it last",
        "UPDATE routing_interaction SET agent_id = NULL, state = 'CLOSED' WHERE state = 'ACTIVE'",
    ),
    (
        "I3 load counts the places taken",
        "UPDATE agents_agent SET load = load + 1",
    ),
    (
        "I3 nobody holds more than their limit",
        """UPDATE agents_agent SET "limit" = 3""",
    ),
    (
        "I4 an offer lapses in time",
        "UPDATE routing_offer SET expires_at = long_ago()",
    ),
    (
        "I4 no offer lapses early",
        "UPDATE routing_offer SET state = 'LAPSED', decided_at = long_ago()",
    ),
    (
        "I4 no offer is accepted late",
        "UPDATE routing_offer SET expires_at = long_ago()",
    ),
    (
        "I4 a wrap-up ends in time",
        "UPDATE routing_interaction SET wrap_up_due_at = long_ago()",
    ),
    (
        "I4 a silent conversation ends in time",
        "UPDATE routing_interaction SET inactivity_due_at = long_ago()",
    ),
    (
        "I4 no conversation ends for silence early",
        "UPDATE routing_interaction SET ended_by = 'TIMER'",
    ),
    (
        "I4 a text that waits too long moves on in time",
        "UPDATE routing_interaction SET overflow_due_at = long_ago() WHERE state = 'QUEUED'",
    ),
    (
        "I4 a text is moved out of a queue by overflow once",
        "UPDATE routing_interaction SET overflow_left = ARRAY[queue_id]",
    ),
    (
        "I4 a text is moved out of a queue by overflow once",
        "UPDATE routing_interaction SET overflow_left = ARRAY[0, 0]",
    ),
    (
        "I4 a parked conversation wakes in time",
        "UPDATE routing_interaction SET parked_until = long_ago()",
    ),
    (
        "I4 no parked conversation wakes early",
        """INSERT INTO routing_event (interaction_id, kind, state, at, detail)
            SELECT interaction_id, 'RESUMED', '', at, '{"by": "time"}' FROM routing_event
            WHERE kind = 'PARKED'""",
    ),
    (
        "I4 a silent browser is noticed in time",
        "UPDATE agents_agent SET presence_due_at = long_ago()",
    ),
    (
        "I4 a text held for opening hours is released in time",
        """UPDATE routing_interaction SET state = 'HELD', held_until = long_ago() WHERE
            state = 'QUEUED'""",
    ),
    (
        "I4 a stored request is handled in time",
        "UPDATE routing_carrierrequest SET state = 'STORED', due_at = long_ago()",
    ),
    (
        "I4 who waits has a time",
        "UPDATE routing_interaction SET wrap_up_due_at = NULL",
    ),
    (
        "I4 who waits has a time",
        "UPDATE routing_interaction SET parked_until = NULL",
    ),
    (
        "I4 extended, ended and closed happen once",
        "UPDATE routing_event SET kind = 'CLOSED'",
    ),
    (
        "I5 no text waits for an agent who is free",
        """UPDATE routing_event SET at = long_ago(); UPDATE agents_agent SET "limit" = 12,
            idle_since = long_ago(), status_since = long_ago()""",
    ),
    (
        "I7 no text stays on its way unnoticed",
        "UPDATE routing_message SET state = 'SENDING', due_at = long_ago() WHERE author = 'AGENT'",
    ),
    (
        "I7 what failed or may have been sent says why",
        "UPDATE routing_message SET state = 'UNKNOWN' WHERE author = 'AGENT'",
    ),
    (
        "I7 what is settled waits for nothing",
        "UPDATE routing_message SET state = 'SENT' WHERE author = 'AGENT'",
    ),
    (
        "I7 a campaign's conversation is its one text",
        "UPDATE routing_event SET kind = 'ANNOUNCED' WHERE kind = 'ENDED'",
    ),
    (
        "I7 a campaign's conversation is its one text",
        "UPDATE routing_message SET author = 'CUSTOMER' WHERE body = 'campaign'",
    ),
    (
        "I7 a campaign texts a number once",
        """UPDATE routing_message SET attempts = 1;
            UPDATE routing_interaction SET customer_address = '+1' WHERE state = 'CLOSED'""",
    ),
    (
        "I7 a campaign's text has its recipient",
        "DELETE FROM cases_campaignrecipient",
    ),
    (
        "I7 a campaign that is over leaves nobody waiting",
        "UPDATE cases_campaignrecipient SET state = 'WAITING', message_id = NULL",
    ),
    (
        "I4 a campaign with nobody left is done in time",
        "UPDATE cases_campaign SET state = 'RUNNING', next_at = long_ago()",
    ),
    (
        "I8 the life line ends in the present state",
        "UPDATE routing_interaction SET state = 'HELD' WHERE state = 'QUEUED'",
    ),
    (
        "I8 the life line begins at a beginning",
        "DELETE FROM routing_event WHERE state = 'QUEUED'",
    ),
    (
        "I8 the life line makes legal moves only",
        "DELETE FROM routing_event WHERE kind = 'ACCEPTED'",
    ),
    (
        "I8 the life line knows every offer",
        "DELETE FROM routing_event WHERE kind = 'OFFERED'",
    ),
    (
        "H8 an ended conversation has its chat log",
        "DELETE FROM cases_chatlog",
    ),
    (
        "E1 an agent has exactly one open status period, of the present status",
        "DELETE FROM agents_statusperiod",
    ),
]


@pytest.fixture
def desk():
    """A conversation in each state but HELD, a text on its way, and a campaign that is done."""
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue], limit=5)
    for number in range(5):
        inbound_text(channel, f"+1415555000{number}")
    assert route_waiting(queue_ids=[channel.queue_id], now=clock.now()) == 5
    for interaction in Interaction.objects.order_by("id")[:3]:
        offer = interaction.offers.get()
        accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    active, ended, parked = Interaction.objects.filter(state=InteractionState.ACTIVE).order_by("id")
    until = clock.now() + timedelta(hours=1)
    park(interaction_id=parked.pk, agent_id=agent.pk, until=until, now=clock.now())
    send_text(
        interaction_id=active.pk,
        agent_id=agent.pk,
        body="hello",
        client_id=CLIENT_ID,
        now=clock.now(),
    )
    end_interaction(interaction_id=ended.pk, agent_id=agent.pk, now=clock.now())
    inbound_text(channel, "+14155550009")
    campaign = started_campaign("+14155550021", "+14155550022", channel=channel, body="campaign")
    for _ in range(2):
        text_next(campaign_id=campaign.pk, now=clock.now() + timedelta(seconds=1))


def broken() -> set[str]:
    with connection.cursor() as cursor:
        return {name for name, _ in broken_invariants(cursor)}


def test_a_desk_in_order_breaks_nothing(desk):
    assert broken() == set()


@pytest.mark.parametrize(("expected", "damage"), DAMAGE, ids=[name for name, _ in DAMAGE])
def test_damage_is_found(desk, expected, damage):
    with connection.cursor() as cursor:
        cursor.execute(damage.replace("long_ago()", "now() - interval '1 hour'"))
    assert expected in broken()
