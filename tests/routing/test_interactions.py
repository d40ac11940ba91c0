"""H1-H5 H10-H13 N15: how a conversation ends, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.models import Agent
from agents.services.status import set_status
from cases.models import ChatLog
from routing.enums import EndedBy, EventKind, InteractionState
from routing.models import Interaction
from routing.selectors.strip import tiles_of
from routing.selectors.threads import past_of, thread_of
from routing.services.interactions import (
    AlreadyEnded,
    DispositionRequired,
    NoMoreTime,
    NotYours,
    close_if_wrap_up_is_over,
    end_if_inactive,
    end_interaction,
    extend_wrap_up,
    keep_wrap_up_draft,
    wrap_up,
)
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from smsdesk.lib.states import StaleState
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


@pytest.fixture
def ended(interaction):
    end(interaction)
    return fresh(interaction)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def end(interaction, *, agent=None, now=None) -> None:
    end_interaction(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        now=now or clock.now(),
    )


def close(interaction, disposition="Solved", note="", *, agent=None, now=None) -> None:
    wrap_up(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        disposition=disposition,
        note=note,
        now=now or clock.now(),
    )


# End


def test_H1_the_agent_ends_and_the_wrap_up_timer_starts(interaction, agent):
    now = clock.now()

    end(interaction, now=now)

    interaction = fresh(interaction)
    assert (interaction.state, interaction.ended_at, interaction.ended_by) == (
        InteractionState.WRAP_UP,
        now,
        EndedBy.AGENT,
    )
    assert interaction.wrap_up_due_at == now + timedelta(seconds=60)
    assert interaction.inactivity_due_at is None
    assert fresh(agent).load == 1  # a wrap-up holds its place


def test_H2_the_wrap_up_time_is_the_queues(interaction):
    interaction.queue.wrap_up_seconds = 5
    interaction.queue.save()
    now = clock.now()

    end(interaction, now=now)

    assert fresh(interaction).wrap_up_due_at == now + timedelta(seconds=5)


def test_H1_another_agents_conversation_cannot_be_ended(interaction):
    with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
        end(interaction, agent=AgentFactory())

    assert fresh(interaction).state == InteractionState.ACTIVE
    assert ChatLog.objects.count() == 0


def test_H1_a_conversation_is_ended_once(ended):
    with pytest.raises(AlreadyEnded, match=r"^This conversation has ended already\.$"):
        end(ended)

    assert fresh(ended).ended_at == ended.ended_at
    assert life_line(ended).count(EventKind.ENDED) == 1


# Wrap up


def test_H4_wrapping_up_closes_and_frees_the_place(ended, agent):
    now = clock.now()

    close(ended, "Solved", "Asked for the hours.", now=now)

    closed = fresh(ended)
    assert (closed.state, closed.closed_at, closed.wrap_up_due_at) == (
        InteractionState.CLOSED,
        now,
        None,
    )
    assert (closed.disposition, closed.note) == ("Solved", "Asked for the hours.")
    assert (fresh(agent).load, fresh(agent).idle_since) == (0, now)


def test_H3_a_disposition_is_asked_for_where_the_queue_requires_one(ended, agent):
    ended.queue.disposition_required = True
    ended.queue.save()

    with pytest.raises(DispositionRequired) as refusal:
        close(ended, "")

    assert str(refusal.value) == "Choose a disposition first; this queue asks for one."
    assert fresh(ended).state == InteractionState.WRAP_UP
    assert fresh(agent).load == 1


def test_H3_a_disposition_is_not_asked_for_elsewhere(ended):
    close(ended, "")

    assert fresh(ended).state == InteractionState.CLOSED


def test_H4_a_conversation_is_wrapped_up_after_its_end_only(interaction):
    with pytest.raises(StaleState, match=r"^End the conversation before you wrap it up\.$"):
        close(interaction)

    assert fresh(interaction).state == InteractionState.ACTIVE


def test_H4_a_conversation_is_wrapped_up_once(ended, agent):
    close(ended)

    with pytest.raises(AlreadyEnded, match=r"^This conversation is closed already\.$"):
        close(ended, "Other")

    assert fresh(ended).disposition == "Solved"
    assert fresh(agent).load == 0


def test_H4_another_agent_cannot_wrap_up(ended):
    with pytest.raises(NotYours):
        close(ended, agent=AgentFactory())

    assert fresh(ended).state == InteractionState.WRAP_UP


def test_H4_a_freed_place_takes_the_next_waiting_text():
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue], limit=1)
    old = active_interaction(agent, channel=channel)
    inbound_text(channel, "+14155550123")
    assert route(channel.queue) == 0
    end(old)
    assert route(channel.queue) == 0  # still in wrap-up

    close(old)

    assert route(channel.queue) == 1
    assert offer_to(agent).interaction.customer_address == "+14155550123"


# More time


def more_time(interaction, *, agent=None) -> None:
    agent_id = (agent or interaction.agent).pk
    extend_wrap_up(interaction_id=interaction.pk, agent_id=agent_id, now=clock.now())


@pytest.fixture
def _queue_gives_more_time(ended):
    ended.queue.wrap_up_extension_seconds = 90
    ended.queue.save()


@pytest.mark.usefixtures("_queue_gives_more_time")
def test_H2_a_wrap_up_is_given_more_time_once(ended, agent):
    version = fresh(agent).desk_version

    more_time(ended)

    assert fresh(ended).wrap_up_due_at == ended.wrap_up_due_at + timedelta(seconds=90)
    assert fresh(agent).desk_version > version
    assert ended.events.get(kind=EventKind.EXTENDED).detail == {"seconds": 90}
    with pytest.raises(NoMoreTime) as refusal:
        more_time(ended)
    assert str(refusal.value) == "You were given more time already; it is given once."
    assert fresh(ended).wrap_up_due_at == ended.wrap_up_due_at + timedelta(seconds=90)


@pytest.mark.usefixtures("_queue_gives_more_time")
def test_H2_the_former_zero_does_nothing_to_an_extended_wrap_up(ended):
    more_time(ended)

    assert not close_if_wrap_up_is_over(interaction_id=ended.pk, now=ended.wrap_up_due_at)

    assert fresh(ended).state == InteractionState.WRAP_UP
    assert close_if_wrap_up_is_over(
        interaction_id=ended.pk, now=ended.wrap_up_due_at + timedelta(seconds=90)
    )


def test_H2_a_queue_that_gives_no_more_time_says_so(ended):
    with pytest.raises(NoMoreTime, match=r"^This queue gives no more time for wrapping up\.$"):
        more_time(ended)

    assert fresh(ended).wrap_up_due_at == ended.wrap_up_due_at


@pytest.mark.usefixtures("_queue_gives_more_time")
def test_H2_more_time_is_for_ones_own_wrap_up_only(ended, agent):
    with pytest.raises(NotYours, match=r"^This conversation is not yours\.$"):
        more_time(ended, agent=AgentFactory())
    with pytest.raises(StaleState, match=r"^End the conversation before you wrap it up\.$"):
        more_time(active_interaction(agent))
    close(ended)
    with pytest.raises(AlreadyEnded, match=r"^This conversation is closed already\.$"):
        more_time(ended)

    assert not ended.events.filter(kind=EventKind.EXTENDED).exists()


# The countdown at zero


def test_H5_zero_closes_the_wrap_up_and_makes_available(ended, agent):
    set_status(agent_id=agent.pk, code=ON_BREAK, reason=StatusReason.LAPSED, now=clock.now())

    assert close_if_wrap_up_is_over(interaction_id=ended.pk, now=ended.wrap_up_due_at) is True

    assert fresh(ended).state == InteractionState.CLOSED
    assert (fresh(agent).load, fresh(agent).status.name, fresh(agent).status_reason) == (
        0,
        AVAILABLE,
        StatusReason.WRAPPED_UP,
    )


def test_H5_zero_closes_without_a_disposition_even_where_one_is_required(ended):
    ended.queue.disposition_required = True
    ended.queue.save()

    close_if_wrap_up_is_over(interaction_id=ended.pk, now=ended.wrap_up_due_at)

    assert (fresh(ended).state, fresh(ended).disposition) == (InteractionState.CLOSED, "")


def test_H5_nothing_closes_before_zero(ended, agent):
    early = ended.wrap_up_due_at - timedelta(microseconds=1)

    assert close_if_wrap_up_is_over(interaction_id=ended.pk, now=early) is False

    assert fresh(ended).state == InteractionState.WRAP_UP
    assert fresh(agent).load == 1


def test_H5_zero_that_comes_twice_has_one_effect(ended, agent):
    due = ended.wrap_up_due_at
    close_if_wrap_up_is_over(interaction_id=ended.pk, now=due)

    assert close_if_wrap_up_is_over(interaction_id=ended.pk, now=due) is False

    assert fresh(agent).load == 0
    assert life_line(ended).count(EventKind.CLOSED) == 1


def test_E4_conversations_of_one_agent_are_each_in_a_state_of_their_own(agent):
    first, second, third = (active_interaction(agent) for _ in range(3))
    end(second)
    end(third)
    close(third)

    assert [(one, one.state) for one in tiles_of(agent.pk)] == [
        (first, InteractionState.ACTIVE),
        (second, InteractionState.WRAP_UP),
    ]
    assert fresh(agent).load == 2


# Silence


def test_H12_a_silent_conversation_ends_at_its_time_and_keeps_the_log(interaction, agent):
    MessageFactory(interaction=interaction, body="hello?")
    due = interaction.inactivity_due_at

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is True

    interaction = fresh(interaction)
    assert (interaction.state, interaction.ended_by) == (InteractionState.WRAP_UP, EndedBy.TIMER)
    assert "hello?" in ChatLog.objects.get(interaction=interaction).transcript
    assert fresh(agent).load == 1


def test_H12_a_silent_conversation_is_closed_by_the_countdown(interaction, agent):
    end_if_inactive(interaction_id=interaction.pk, now=interaction.inactivity_due_at)
    due = fresh(interaction).wrap_up_due_at

    close_if_wrap_up_is_over(interaction_id=interaction.pk, now=due)

    assert (fresh(interaction).state, fresh(agent).load) == (InteractionState.CLOSED, 0)


def test_H11_a_text_meanwhile_keeps_the_conversation(interaction):
    due = interaction.inactivity_due_at
    inbound_text(interaction.channel, interaction.customer_address, now=due - timedelta(seconds=1))

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is False

    assert fresh(interaction).state == InteractionState.ACTIVE


def test_H12_the_timer_that_fires_twice_ends_once(interaction):
    due = interaction.inactivity_due_at
    end_if_inactive(interaction_id=interaction.pk, now=due)

    assert end_if_inactive(interaction_id=interaction.pk, now=due) is False

    assert life_line(interaction).count(EventKind.ENDED) == 1


def test_H12_a_channel_without_the_timer_never_ends_by_itself(agent):
    interaction = active_interaction(agent, channel=ChannelFactory(ends_when_inactive=False))

    far = clock.now() + timedelta(days=365)
    assert end_if_inactive(interaction_id=interaction.pk, now=far) is False


# What is kept


def test_H13_the_last_ten_conversations_of_the_number_are_shown_oldest_first(agent):
    channel = ChannelFactory()
    address = "+14155550123"
    past = [
        InteractionFactory(
            channel=channel, customer_address=address, state=InteractionState.CLOSED, agent=agent
        )
        for _ in range(11)
    ]
    InteractionFactory(state=InteractionState.CLOSED)
    present = active_interaction(agent, channel=channel, customer_address=address)

    assert past_of(present) == (past[1:], True)
    assert past_of(present, before=past[1].pk) == (past[:1], False)


def test_F9_other_conversations_come_with_their_counts_in_one_query(
    agent, django_assert_num_queries
):
    channel = ChannelFactory()
    for messages in (0, 1, 12):
        old = InteractionFactory(
            channel=channel, customer_address="+1646", state=InteractionState.CLOSED, agent=agent
        )
        MessageFactory.create_batch(messages, interaction=old)
    present = active_interaction(agent, channel=channel, customer_address="+1646")

    with django_assert_num_queries(1):
        counts = [one.messages_count for one in past_of(present)[0]]

    assert counts == [0, 1, 12]


def test_F9_a_thread_is_in_the_order_of_its_messages(interaction):
    now = clock.now()
    late = MessageFactory(interaction=interaction, created_at=now)
    early = MessageFactory(interaction=interaction, created_at=now - timedelta(minutes=1))
    same = MessageFactory(interaction=interaction, created_at=now)

    assert list(thread_of(interaction.pk)) == [early, late, same]


def test_F1_the_strip_has_the_oldest_accepted_on_top(agent):
    now = clock.now()
    second = active_interaction(agent, accepted_at=now)
    first = active_interaction(agent, accepted_at=now - timedelta(minutes=1))
    active_interaction(AgentFactory())

    assert list(tiles_of(agent.pk)) == [first, second]


def test_N15_the_life_line_tells_the_whole_way_and_ends_at_the_present_state():
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123")
    route(channel.queue)
    pk = accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=clock.now())
    interaction = Interaction.objects.get(pk=pk)
    inbound_text(channel, "+14155550123")
    end(interaction)
    close(interaction)

    assert life_line(interaction) == [
        EventKind.RECEIVED,
        EventKind.QUEUED,
        EventKind.OFFERED,
        EventKind.ACCEPTED,
        EventKind.RECEIVED,
        EventKind.ENDED,
        EventKind.CLOSED,
    ]
    events = interaction.events.order_by("pk")
    assert [event.state for event in events if event.state] == [
        InteractionState.QUEUED,
        InteractionState.OFFERED,
        InteractionState.ACTIVE,
        InteractionState.WRAP_UP,
        InteractionState.CLOSED,
    ]
    assert fresh(interaction).state == InteractionState.CLOSED
    times = [event.at for event in events]
    assert times == sorted(times)


def test_H14_the_transcript_is_saved_with_the_end_or_the_end_is_not(interaction, settings):
    settings.CONVERSATION_LOG_HOOK = "tests.routing.steps.fail"

    with pytest.raises(RuntimeError):
        end(interaction)

    assert fresh(interaction).state == InteractionState.ACTIVE
    assert Agent.objects.get(pk=interaction.agent_id).load == 1


def test_H5_zero_closes_with_what_was_chosen_and_typed_until_then(ended, agent):
    keep_wrap_up_draft(
        interaction_id=ended.pk, agent_id=agent.pk, disposition="Resolved", note="Call bac"
    )

    close_if_wrap_up_is_over(interaction_id=ended.pk, now=ended.wrap_up_due_at)

    closed = fresh(ended)
    assert (closed.state, closed.disposition, closed.note) == (
        InteractionState.CLOSED,
        "Resolved",
        "Call bac",
    )


def test_S3_another_agent_keeps_no_draft(ended):
    with pytest.raises(NotYours):
        keep_wrap_up_draft(
            interaction_id=ended.pk, agent_id=AgentFactory().pk, disposition="", note="mine"
        )

    assert fresh(ended).note == ""


def test_H4_nothing_is_kept_before_the_end_or_after_the_close(interaction, agent):
    with pytest.raises(StaleState, match="End the conversation"):
        keep_wrap_up_draft(
            interaction_id=interaction.pk, agent_id=agent.pk, disposition="", note="too early"
        )

    assert fresh(interaction).note == ""
