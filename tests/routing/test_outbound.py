"""F11-F14 H11 N2 N5: an agent's text at Send, and once more after it failed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from routing.enums import Author, EventKind, InteractionState, MessageState
from routing.models import Interaction, Message
from routing.services.interactions import end_interaction
from routing.services.outbound import TextRefused, retry_message, send_text
from smsdesk.lib import clock
from tests.factories import AgentFactory, MessageFactory, active_interaction
from tests.routing.steps import life_line, new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


def send(interaction, body="We are open.", *, client_id=None, agent=None, drafted="") -> Message:
    return send_text(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        body=body,
        client_id=client_id or new_id(),
        drafted=drafted,
        now=clock.now(),
    )


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def unchanged(interaction) -> None:
    assert interaction.messages.count() == 0
    assert fresh(interaction).revision == interaction.revision
    assert EventKind.ANSWERED not in life_line(interaction)


# Send


def test_F11_a_send_is_one_queued_message(interaction, agent):
    now = clock.now()

    message = send_text(
        interaction_id=interaction.pk,
        agent_id=agent.pk,
        body="We are open.",
        client_id=new_id(),
        now=now,
    )

    assert Message.objects.get() == message
    assert (message.state, message.author, message.agent, message.due_at) == (
        MessageState.QUEUED,
        Author.AGENT,
        agent,
        now,
    )
    assert (message.body, message.created_at, message.parts) == ("We are open.", now, 1)
    assert life_line(interaction)[-1] == EventKind.ANSWERED


def test_F5_an_answer_clears_what_was_unanswered(interaction):
    Interaction.objects.filter(pk=interaction.pk).update(unanswered=3)

    send(interaction)

    assert fresh(interaction).unanswered == 0


def test_H11_an_agents_text_resets_the_inactivity_timer(interaction, agent):
    later = clock.now() + timedelta(hours=1)

    send_text(
        interaction_id=interaction.pk, agent_id=agent.pk, body="x", client_id=new_id(), now=later
    )

    assert fresh(interaction).inactivity_due_at == later + timedelta(hours=2)


def test_J3_a_text_shows_on_every_desk_of_the_agent(interaction, agent):
    before = (fresh(agent).desk_version, fresh(interaction).revision)

    send(interaction)

    after = (fresh(agent).desk_version, fresh(interaction).revision)
    assert (after[0] > before[0], after[1] > before[1]) == (True, True)


def test_fault_32_the_same_send_twice_is_one_message(interaction):
    client_id = new_id()

    first = send(interaction, client_id=client_id)
    again = send(interaction, client_id=client_id)

    assert again == first
    assert Message.objects.count() == 1
    assert life_line(interaction).count(EventKind.ANSWERED) == 1


def test_fault_32_a_send_repeated_after_the_end_still_says_what_it_made(interaction, agent):
    client_id = new_id()
    first = send(interaction, client_id=client_id)
    end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    assert send(interaction, client_id=client_id) == first


def test_fault_32_a_send_of_another_conversation_is_none_of_this(interaction, agent):
    client_id = new_id()
    send(interaction, client_id=client_id)
    other = active_interaction(agent)

    with pytest.raises(TextRefused, match=r"^This text was sent in another conversation\.$"):
        send(other, client_id=client_id)

    assert other.messages.count() == 0


def test_F13_fifteen_hundred_characters_are_sent(interaction):
    assert send(interaction, "x" * 1500).parts == 10


def test_F13_more_than_fifteen_hundred_characters_are_refused(interaction):
    with pytest.raises(TextRefused) as refusal:
        send(interaction, "x" * 1501)

    assert str(refusal.value) == ("The text has 1501 characters; at most 1500 can be sent at once.")
    unchanged(interaction)


@pytest.mark.parametrize("body", ["", "   ", "\n\t"])
def test_F11_nothing_is_no_text(interaction, body):
    with pytest.raises(TextRefused, match=r"^Write something first\.$"):
        send(interaction, body)

    unchanged(interaction)


def test_F11_a_nul_is_left_out(interaction):
    assert send(interaction, "a\x00b").body == "ab"


def test_S3_another_agents_conversation_cannot_be_written_in(interaction):
    with pytest.raises(TextRefused, match=r"^This conversation is not yours\.$"):
        send(interaction, agent=AgentFactory())

    unchanged(interaction)


def test_H2_an_ended_conversation_cannot_be_written_in(interaction, agent):
    end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    with pytest.raises(TextRefused, match=r"^This conversation has ended"):
        send(interaction)

    assert interaction.messages.count() == 0
    assert fresh(interaction).state == InteractionState.WRAP_UP


# Retry


def failed(interaction, state=MessageState.FAILED) -> Message:
    message = send(interaction)
    Message.objects.filter(pk=message.pk).update(state=state, failure="No.", due_at=None)
    return fresh(message)


def retry(message, *, agent=None, client_id=None) -> Message:
    return retry_message(
        message_id=message.pk,
        agent_id=(agent or message.agent).pk,
        client_id=client_id or new_id(),
        now=clock.now(),
    )


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.UNKNOWN])
def test_N2_a_failed_text_is_sent_again_as_a_new_message(interaction, state):
    old = failed(interaction, state)

    again = retry(old)

    assert (again.body, again.retry_of, again.state) == (old.body, old, MessageState.QUEUED)
    assert fresh(old).state == state


def test_fault_32_a_failed_text_is_sent_again_once(interaction):
    old = failed(interaction)

    assert retry(old) == retry(old)

    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "state",
    [MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED],
)
def test_N2_a_text_that_has_not_failed_is_not_sent_again(interaction, state):
    old = failed(interaction, state)

    with pytest.raises(TextRefused, match=r"^This message needs no second try\.$"):
        retry(old)

    assert Message.objects.count() == 1


def test_N2_a_customers_text_is_not_ours_to_send(interaction, agent):
    theirs = MessageFactory(interaction=interaction)

    with pytest.raises(TextRefused, match=r"^This message needs no second try\.$"):
        retry(theirs, agent=agent)


def test_S3_another_agents_text_is_not_sent_again(interaction):
    old = failed(interaction)

    with pytest.raises(TextRefused, match=r"^This message is not yours\.$"):
        retry(old, agent=AgentFactory())

    assert Message.objects.count() == 1


def test_H2_nothing_is_sent_again_after_the_end(interaction, agent):
    old = failed(interaction)
    end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    with pytest.raises(TextRefused, match=r"^This conversation has ended"):
        retry(old)

    assert Message.objects.count() == 1


def test_F12_the_places_of_an_agent_are_not_touched_by_texts(interaction, agent):
    send(interaction)

    assert Agent.objects.get(pk=agent.pk).load == 1
