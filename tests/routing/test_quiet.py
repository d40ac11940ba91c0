"""N17: what nobody asked for waits for the customer's morning, and an answer does not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from routing.enums import MessageState
from routing.models import Channel, Interaction, Message
from routing.selectors.quiet import awake_from
from routing.services.delivery import deliver_message
from routing.services.initiate import start_conversation
from routing.services.outbound import TextRefused, retry_message, send_text, take_back
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    CustomerFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import new_id

pytestmark = pytest.mark.django_db
CALIFORNIA, NEW_YORK, SHORT_CODE = "+14155550123", "+12125550123", "24453"
NIGHT = datetime(2026, 6, 2, 5, tzinfo=UTC)  # ten in the evening in California, one in New York
MORNING = datetime(2026, 6, 2, 15, tzinfo=UTC)  # eight in California
DAY = datetime(2026, 6, 1, 20, tzinfo=UTC)


@pytest.fixture
def channel():
    return ChannelFactory(
        number="+14155550199", quiet_from=time(21), quiet_until=time(8), inactivity_minutes=120
    )


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue])


def begin(agent, channel, *, now=NIGHT, number=CALIFORNIA) -> Message:
    return start_conversation(
        channel_id=channel.pk,
        agent_id=agent.pk,
        number=number,
        body="Your claim is paid.",
        client_id=new_id(),
        now=now,
    )


def reply(interaction, *, now=NIGHT) -> Message:
    return send_text(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        body="We are on it.",
        client_id=new_id(),
        now=now,
    )


def test_N17_a_text_an_agent_begins_with_waits_for_eight_their_time(agent, channel):
    message = begin(agent, channel)

    assert (message.state, message.due_at) == (MessageState.QUEUED, MORNING)
    assert deliver_message(message_id=message.pk, now=NIGHT) is False


def test_N17_by_day_it_goes_at_once(agent, channel):
    assert begin(agent, channel, now=DAY).due_at == DAY


def test_N17_a_channel_without_quiet_hours_texts_at_night(agent, channel):
    Channel.objects.update(quiet_from=None, quiet_until=None)

    assert begin(agent, channel).due_at == NIGHT


def test_N17_nobody_who_waits_for_the_morning_loses_the_conversation(agent, channel):
    message = begin(agent, channel)

    interaction = Interaction.objects.get(pk=message.interaction_id)
    assert interaction.inactivity_due_at == MORNING + timedelta(minutes=120)


def test_N17_an_answer_goes_at_any_time(agent, channel):
    talk = active_interaction(agent, channel=channel, customer_address=CALIFORNIA)

    assert reply(talk).due_at == NIGHT


def test_N17_what_an_agent_began_is_a_conversation_as_soon_as_the_customer_answers(agent, channel):
    talk = begin(agent, channel, now=DAY).interaction
    assert reply(talk).due_at == MORNING

    inbound_text(channel, CALIFORNIA, "Thank you! Who is this?")

    assert reply(talk).due_at == NIGHT


def test_N17_a_text_sent_again_waits_as_well(agent, channel):
    old = begin(agent, channel, now=DAY)
    Message.objects.filter(pk=old.pk).update(state=MessageState.FAILED, due_at=None)

    again = retry_message(message_id=old.pk, agent_id=agent.pk, client_id=new_id(), now=NIGHT)

    assert again.due_at == MORNING


def test_N17_whose_night_begins_while_the_text_waits_gets_it_in_the_morning(agent, channel):
    message = begin(agent, channel, now=DAY)

    assert deliver_message(message_id=message.pk, now=NIGHT) is False

    message.refresh_from_db()
    assert (message.state, message.due_at, message.attempts) == (MessageState.QUEUED, MORNING, 0)


@pytest.mark.parametrize(
    ("number", "postal", "until"),
    [
        (CALIFORNIA, "", MORNING),
        (NEW_YORK, "", datetime(2026, 6, 2, 12, tzinfo=UTC)),
        # Moved west with the number: both must be awake.
        (NEW_YORK, "1 Main St, Phoenix, AZ 85001", MORNING),
        # A number that may be anywhere is where its owner lives.
        ("+18005550123", "1 Main St, Denver, CO 80202", datetime(2026, 6, 2, 14, tzinfo=UTC)),
        # Of a short code nothing is known but whom it is texted from.
        (SHORT_CODE, "", MORNING),
        ("+4915112345678", "", datetime(2026, 6, 2, 6, tzinfo=UTC)),
    ],
)
def test_N17_the_number_and_the_address_tell_where_it_is_night(channel, number, postal, until):
    if postal:
        CustomerFactory(address=postal, phones=[number])

    assert awake_from(channel=channel, addresses=[number], now=NIGHT) == {number: until}


def test_N17_a_text_that_waits_is_taken_back(agent, channel):
    message = begin(agent, channel)

    take_back(message_id=message.pk, agent_id=agent.pk)

    message.refresh_from_db()
    assert (message.state, message.due_at) == (MessageState.FAILED, None)
    assert message.failure == "You took it back before it was sent."


def test_N17_only_its_author_takes_a_text_back_and_only_in_time(agent, channel):
    message = begin(agent, channel)
    with pytest.raises(TextRefused, match="not yours"):
        take_back(message_id=message.pk, agent_id=AgentFactory().pk)
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING)

    with pytest.raises(TextRefused, match="too late"):
        take_back(message_id=message.pk, agent_id=agent.pk)


@pytest.mark.parametrize(
    ("begins", "ends"), [(time(21), None), (None, time(8)), (time(8), time(8))]
)
def test_N17_quiet_hours_begin_and_end_at_two_times(channel, begins, ends):
    channel.quiet_from, channel.quiet_until = begins, ends

    with pytest.raises(ValidationError, match="at two different times, or leave both empty"):
        channel.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        channel.save()


def test_N17_a_new_channel_keeps_the_hours_of_the_law():
    assert (Channel().quiet_from, Channel().quiet_until) == (time(21), time(8))
