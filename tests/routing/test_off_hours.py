"""B7, B3, N10: off hours a text is held, answered once with the hours, and kept for opening."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from routing.enums import Author, EventKind, InteractionState, MessageState
from routing.models import Interaction
from routing.services.interactions import look_again_at_held, release_if_open
from tests.factories import AgentFactory, ChannelFactory, ScheduleFactory, inbound_text
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONDAY_9 = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def channel():
    return ChannelFactory(
        schedule=ScheduleFactory(), off_hours_reply="We are open {hours}. Write to us then."
    )


@pytest.fixture
def held(channel) -> Interaction:
    inbound_text(channel, CUSTOMER, "anybody there?", now=SUNDAY)
    return Interaction.objects.get()


def test_B7_a_text_off_hours_is_held_until_the_next_opening(held):
    assert (held.state, held.held_until) == (InteractionState.HELD, MONDAY_9)
    assert held.queued_at == SUNDAY


def test_B7_a_text_in_the_open_hours_is_queued_and_not_answered(channel):
    inbound_text(channel, CUSTOMER, now=MONDAY_9)

    interaction = Interaction.objects.get()
    assert interaction.state == InteractionState.QUEUED
    assert [message.author for message in interaction.messages.all()] == [Author.CUSTOMER]


def test_B7_one_automatic_reply_says_the_hours_and_is_labelled(held):
    thread = held.messages.order_by("created_at", "pk")

    assert [(message.author, message.body) for message in thread] == [
        (Author.CUSTOMER, "anybody there?"),
        (Author.AUTOMATIC, "We are open Mon–Fri 09:00–17:00 (UTC). Write to us then."),
    ]
    reply = thread[1]
    assert (reply.state, reply.agent, reply.due_at) == (MessageState.QUEUED, None, SUNDAY)


def test_B7_the_reply_does_not_count_as_an_answer(held):
    held.refresh_from_db()

    assert held.unanswered == 1


def test_B7_the_next_text_while_held_gets_no_second_reply(held, channel):
    inbound_text(channel, CUSTOMER, "hello?", now=SUNDAY + timedelta(minutes=5))

    assert Interaction.objects.get() == held
    assert held.messages.filter(author=Author.AUTOMATIC).count() == 1
    assert held.messages.count() == 3


def test_B7_a_channel_without_a_reply_answers_nothing():
    channel = ChannelFactory(schedule=ScheduleFactory())

    inbound_text(channel, CUSTOMER, now=SUNDAY)

    interaction = Interaction.objects.get()
    assert interaction.state == InteractionState.HELD
    assert interaction.messages.count() == 1


def test_F12_nothing_but_the_off_hours_reply_is_sent_by_itself(channel):
    inbound_text(channel, CUSTOMER, now=MONDAY_9)

    assert Interaction.objects.get().messages.exclude(author=Author.CUSTOMER).count() == 0


def test_B7_a_held_text_is_offered_to_nobody(held, channel):
    AgentFactory(queues=[channel.queue])

    assert route(channel.queue, now=SUNDAY) == 0


def test_B7_opening_releases_the_text_at_the_place_it_had(held, channel):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550199", now=MONDAY_9)  # of this morning

    assert release_if_open(interaction_id=held.pk, now=MONDAY_9) is True
    route(channel.queue, now=MONDAY_9)

    held.refresh_from_db()
    assert held.held_until is None
    first, second = agent.offers.order_by("pk")
    assert (first.interaction, second.interaction.customer_address) == (held, "+14155550199")
    assert life_line(held) == [
        EventKind.RECEIVED,
        EventKind.HELD,
        EventKind.AUTO_REPLIED,
        EventKind.QUEUED,
        EventKind.OFFERED,
    ]


def test_B7_nothing_is_released_before_its_time(held):
    early = MONDAY_9 - timedelta(seconds=1)

    assert release_if_open(interaction_id=held.pk, now=early) is False

    held.refresh_from_db()
    assert held.state == InteractionState.HELD


def test_B7_a_text_is_released_once(held):
    release_if_open(interaction_id=held.pk, now=MONDAY_9)

    assert release_if_open(interaction_id=held.pk, now=MONDAY_9) is False
    assert life_line(held)[-1] == EventKind.QUEUED


def test_N10_hours_that_were_changed_meanwhile_hold_the_text_on(held, channel):
    channel.schedule.holidays.create(date=MONDAY_9.date())

    assert release_if_open(interaction_id=held.pk, now=MONDAY_9) is False

    held.refresh_from_db()
    assert (held.state, held.held_until) == (
        InteractionState.HELD,
        MONDAY_9 + timedelta(days=1),
    )


def test_N10_a_schedule_taken_away_releases_what_it_held(held, channel):
    channel.schedule = None
    channel.save(update_fields=["schedule"])

    assert release_if_open(interaction_id=held.pk, now=MONDAY_9) is True


def test_N10_a_schedule_that_never_opens_is_looked_at_again_after_a_day(channel):
    channel.schedule.spans.all().delete()

    inbound_text(channel, CUSTOMER, now=SUNDAY)

    held = Interaction.objects.get()
    assert held.held_until == SUNDAY + timedelta(days=1)
    assert release_if_open(interaction_id=held.pk, now=SUNDAY + timedelta(days=1)) is False


def test_B7_a_held_text_is_with_an_agent_like_any_other_after_opening(held, channel):
    agent = AgentFactory(queues=[channel.queue])
    release_if_open(interaction_id=held.pk, now=MONDAY_9)

    route(channel.queue, now=MONDAY_9)

    assert offer_to(agent).interaction == held


def test_N10_hours_that_were_changed_are_asked_anew_at_once(held, channel):
    channel.schedule.spans.create(weekday=SUNDAY.weekday(), opens=time(0), closes=time(0))

    look_again_at_held(schedule_id=channel.schedule_id)
    held.refresh_from_db()

    assert release_if_open(interaction_id=held.pk, now=max(SUNDAY, held.held_until)) is True


def test_N10_another_schedules_texts_are_left_alone(held, channel):
    look_again_at_held(schedule_id=channel.schedule_id + 1)
    look_again_at_held(channel_id=channel.pk + 1)

    assert type(held).objects.get().held_until == held.held_until
