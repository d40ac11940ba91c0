"""I7: a click sends once, whoever repeats it and however many processes deliver (fault 32)."""

from __future__ import annotations

import uuid

import pytest

from routing.enums import InteractionState, MessageState
from routing.models import Message
from routing.services.delivery import deliver_message, give_up_sending
from routing.services.interactions import end_interaction
from routing.services.outbound import TextRefused, retry_message, send_text
from smsdesk.lib import clock
from tests.factories import AgentFactory, active_interaction
from tests.races.together import call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent():
    return AgentFactory(limit=12)


@pytest.fixture
def interaction(agent, channel):
    return active_interaction(agent, channel=channel)


def send(interaction, client_id: uuid.UUID, body: str = "Good morning"):
    return call(
        send_text,
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        body=body,
        client_id=client_id,
        now=clock.now(),
    )


def test_I7_fault_32_one_click_heard_four_times_at_once_makes_one_row_and_one_text(
    interaction, paper
):
    for _ in range(20):
        results = together(*[send(interaction, uuid.uuid4())] * 4)

        assert errors(results) == []
        assert len({message.pk for message in results}) == 1
        deliver = call(deliver_message, message_id=results[0].pk, now=clock.now())
        assert sorted(together(deliver, deliver, deliver)) == [False, False, True]
    assert Message.objects.filter(interaction=interaction).count() == 20
    assert set(paper.taken.values()) == {1}
    assert len(paper.taken) == 20


def test_I7_fault_32_one_click_in_two_conversations_sends_in_one(agent, channel, interaction):
    other = active_interaction(agent, channel=channel)
    for _ in range(10):
        client_id = uuid.uuid4()

        results = together(send(interaction, client_id), send(other, client_id))

        assert errors(results, TextRefused) == []
        assert sum(isinstance(one, TextRefused) for one in results) == 1
        assert Message.objects.filter(client_id=client_id).count() == 1


def test_I7_a_retry_pressed_twice_makes_one_new_message(agent, interaction):
    for _ in range(10):
        message = send(interaction, uuid.uuid4())()
        Message.objects.filter(pk=message.pk).update(
            state=MessageState.FAILED, due_at=None, failure="Nobody has this number."
        )

        results = together(
            *(
                call(
                    retry_message,
                    message_id=message.pk,
                    agent_id=agent.pk,
                    client_id=uuid.uuid4(),
                    now=clock.now(),
                )
                for _ in range(3)
            )
        )

        assert errors(results) == []
        assert len({again.pk for again in results}) == 1
        assert Message.objects.filter(retry_of=message).count() == 1


def test_I7_giving_a_send_up_races_the_carriers_answer_and_sends_once(interaction, paper):
    for _ in range(20):
        message = send(interaction, uuid.uuid4())()
        deliver_message(message_id=message.pk, now=clock.now())
        Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, due_at=clock.now())
        message.refresh_from_db()

        results = together(
            call(give_up_sending, message_id=message.pk, now=clock.now()),
            call(deliver_message, message_id=message.pk, now=clock.now()),
        )

        assert results == [True, False]
        message.refresh_from_db()
        assert message.state == MessageState.UNKNOWN
    assert set(paper.taken.values()) == {1}


def test_I7_a_reply_races_the_end_and_is_sent_or_refused_never_lost(agent, channel):
    for run in range(30):
        interaction = active_interaction(agent, channel=channel)
        steps = [
            send(interaction, uuid.uuid4(), "last words"),
            call(
                end_interaction, interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now()
            ),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, TextRefused) == []
        interaction.refresh_from_db()
        assert interaction.state == InteractionState.WRAP_UP
        written = Message.objects.filter(interaction=interaction).count()
        assert written == sum(isinstance(one, Message) for one in results)
        if written:
            assert "last words" in interaction.chat_log.transcript
        finish(agent, interaction)
