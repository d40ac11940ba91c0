"""H2-H5: wrapping up, more time for it, its countdown, and what is kept until then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.services.status import set_status
from routing.enums import EventKind, InteractionState
from routing.services.interactions import (
    AlreadyEnded,
    DispositionRequired,
    NoMoreTime,
    NotYours,
    close_if_wrap_up_is_over,
    extend_wrap_up,
    keep_wrap_up_draft,
)
from smsdesk.lib import clock
from smsdesk.lib.states import StaleState
from tests.factories import AgentFactory, ChannelFactory, active_interaction, inbound_text
from tests.routing.steps import close, end, fresh, life_line, offer_to, route

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
