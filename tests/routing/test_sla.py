"""F4 F6: the clock of a customer who waits starts with a text and stops with an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents.models import Agent
from routing.enums import AutoReply, InteractionState
from routing.models import Interaction
from routing.services.interactions import end_if_inactive, end_interaction, release_if_open
from routing.services.offers import accept_offer
from routing.services.outbound import queue_automatic_reply, send_text
from routing.services.sla import note_opened
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import new_id, offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST, NEXT = timedelta(seconds=60), timedelta(seconds=120)


@pytest.fixture
def channel():
    return ChannelFactory(queue=QueueFactory(first_response_seconds=60, next_response_seconds=120))


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue])


@pytest.fixture
def active(channel, agent):
    """Accepted and answered: nobody waits."""
    return active_interaction(agent, channel=channel, customer_address=CUSTOMER)


def due_of(interaction: Interaction | None = None):
    return (
        Interaction.objects.get(pk=interaction.pk) if interaction else Interaction.objects.get()
    ).response_due_at


def test_F4_the_first_text_is_due_after_the_first_response_target(channel):
    inbound_text(channel, CUSTOMER, now=NOON)

    assert due_of() == NOON + FIRST


def test_F4_a_later_text_is_due_after_the_next_response_target(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)

    assert due_of(active) == NOON + NEXT


def test_F4_another_text_meanwhile_gives_no_more_time(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    inbound_text(channel, CUSTOMER, "hello?", now=NOON + timedelta(seconds=30))

    assert due_of(active) == NOON + NEXT


def test_F4_a_text_that_waits_in_the_queue_keeps_its_time_through_acceptance(channel, agent):
    inbound_text(channel, CUSTOMER, now=clock.now())
    due = due_of()
    route(channel.queue)
    accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())

    assert due_of() == due is not None


def test_F4_a_queue_without_targets_has_no_clock():
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, CUSTOMER, now=NOON)
    other = active_interaction(agent, channel=channel, customer_address="+14155550124")
    inbound_text(channel, "+14155550124", now=NOON)

    assert due_of(Interaction.objects.get(customer_address=CUSTOMER)) is None
    assert due_of(other) is None


def test_F4_a_changed_target_does_not_move_a_running_clock(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    type(channel.queue).objects.update(next_response_seconds=5)
    inbound_text(channel, CUSTOMER, "hello?", now=NOON + timedelta(seconds=30))

    assert due_of(active) == NOON + NEXT


def test_F4_an_answer_stops_the_clock_and_the_next_text_starts_it_anew(channel, agent, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    send_text(
        interaction_id=active.pk,
        agent_id=agent.pk,
        body="hi",
        client_id=new_id(),
        now=NOON + timedelta(seconds=10),
    )
    assert due_of(active) is None

    later = NOON + timedelta(minutes=5)
    inbound_text(channel, CUSTOMER, "thanks", now=later)
    assert due_of(active) == later + NEXT


def test_F4_an_automatic_text_is_no_answer(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    queue_automatic_reply(
        interaction=Interaction.objects.select_related("channel").get(pk=active.pk),
        body="One moment.",
        reason=AutoReply.RULE,
        now=NOON,
    )

    assert due_of(active) == NOON + NEXT


@pytest.mark.parametrize("by", ["the agent", "the timer"])
def test_F4_the_end_stops_the_clock(channel, agent, active, by):
    inbound_text(channel, CUSTOMER, now=NOON)
    active.refresh_from_db()
    if by == "the agent":
        end_interaction(interaction_id=active.pk, agent_id=agent.pk, now=NOON)
    else:
        end_if_inactive(interaction_id=active.pk, now=active.inactivity_due_at)

    active.refresh_from_db()
    assert active.state == InteractionState.WRAP_UP
    assert active.response_due_at is None


def test_F4_the_time_of_a_text_held_off_hours_begins_when_it_is_let_in(channel):
    channel.schedule = ScheduleFactory()
    channel.save()
    sunday, monday_9 = NOON - timedelta(days=1), NOON.replace(hour=9)
    inbound_text(channel, CUSTOMER, now=sunday)
    inbound_text(channel, CUSTOMER, "hello?", now=sunday + timedelta(hours=1))
    assert due_of() is None

    release_if_open(interaction_id=Interaction.objects.get().pk, now=monday_9)

    assert due_of() == monday_9 + FIRST


def opened(interaction: Interaction, at: datetime) -> datetime | None:
    assert interaction.agent_id is not None
    note_opened(interaction_id=interaction.pk, agent_id=interaction.agent_id, now=at)
    return Interaction.objects.get(pk=interaction.pk).opened_at


def version_of(agent: Agent) -> int:
    return Agent.objects.get(pk=agent.pk).desk_version


def test_F6_opening_is_noted_once_before_the_time_and_once_after_it(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    due = NOON + NEXT
    early, late = due - timedelta(seconds=30), due + timedelta(seconds=30)

    assert opened(active, early) == early
    assert opened(active, early + timedelta(seconds=5)) == early
    assert opened(active, late) == late
    assert opened(active, late + timedelta(seconds=5)) == late


def test_F6_desks_are_shown_what_was_opened_past_its_time_only(channel, agent, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    before = version_of(agent)

    opened(active, NOON + timedelta(seconds=1))
    assert version_of(agent) == before

    opened(active, NOON + NEXT)
    assert version_of(agent) == before + 1


def test_F6_the_next_text_has_not_been_opened_yet(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)
    opened(active, NOON + NEXT)

    inbound_text(channel, CUSTOMER, "hello?", now=NOON + timedelta(minutes=5))

    active.refresh_from_db()
    assert active.opened_at is None


def test_F6_a_conversation_in_which_nobody_waits_is_not_noted(active):
    assert opened(active, NOON) is None


def test_F6_another_agent_opens_nothing(channel, active):
    inbound_text(channel, CUSTOMER, now=NOON)

    note_opened(interaction_id=active.pk, agent_id=AgentFactory().pk, now=NOON)

    active.refresh_from_db()
    assert active.opened_at is None


def test_F6_what_one_agent_opened_the_next_one_has_not(channel, agent):
    inbound_text(channel, CUSTOMER)
    Interaction.objects.update(opened_at=NOON)
    route(channel.queue)

    accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())

    assert Interaction.objects.get().opened_at is None


class TestOpeningHoursOnly:
    """N10: the clock may pause while the channel is closed."""

    FRIDAY_EVENING = datetime(2026, 3, 6, 16, 59, 30, tzinfo=UTC)

    @pytest.fixture
    def channel(self):
        queue = QueueFactory(
            first_response_seconds=60, next_response_seconds=120, targets_in_hours=True
        )
        return ChannelFactory(queue=queue, schedule=ScheduleFactory())

    def test_N10_the_time_towards_the_target_stands_still_while_closed(self, channel):
        inbound_text(channel, CUSTOMER, now=self.FRIDAY_EVENING)

        assert due_of() == datetime(2026, 3, 9, 9, 0, 30, tzinfo=UTC)

    def test_N10_a_later_text_of_a_closed_day_is_due_after_the_opening(self, channel):
        active_interaction(
            AgentFactory(queues=[channel.queue]), channel=channel, customer_address=CUSTOMER
        )

        inbound_text(channel, CUSTOMER, now=datetime(2026, 3, 7, 12, tzinfo=UTC))

        assert due_of() == datetime(2026, 3, 9, 9, 2, tzinfo=UTC)

    def test_N10_without_the_switch_the_clock_runs_on(self, channel):
        channel.queue.targets_in_hours = False
        channel.queue.save()

        inbound_text(channel, CUSTOMER, now=self.FRIDAY_EVENING)

        assert due_of() == self.FRIDAY_EVENING + FIRST

    def test_N10_a_channel_that_is_always_open_never_pauses_it(self, channel):
        channel.schedule = None
        channel.save()

        inbound_text(channel, CUSTOMER, now=self.FRIDAY_EVENING)

        assert due_of() == self.FRIDAY_EVENING + FIRST
