"""F11-F14 H11 N2 N5: an agent's text, from Send to what its carrier made of it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import responses
from django.conf import settings

from agents.models import Agent
from routing.enums import Author, EventKind, InteractionState, MessageState
from routing.models import Interaction, Message
from routing.services.interactions import end_interaction
from routing.services.outbound import (
    MOST_ATTEMPTS,
    TextRefused,
    deliver_message,
    give_up_sending,
    retry_message,
    send_text,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory, MessageFactory, active_interaction
from tests.routing.steps import life_line, new_id, receive_receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent)


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        yield http


def messages_url(interaction) -> str:
    account = interaction.channel.account
    return f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"


def send(interaction, body="We are open.", *, client_id=None, agent=None, drafted="") -> Message:
    return send_text(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        body=body,
        client_id=client_id or new_id(),
        drafted=drafted,
        now=clock.now(),
    )


def delivered_with(http, message, *, sid="SM1", **answer) -> Message:
    """The message after it was handed to a carrier that answers like this."""
    answer = answer or {"status": 201, "json": {"sid": sid}}
    http.post(messages_url(message.interaction), **answer)
    assert deliver_message(message_id=message.pk, now=max(clock.now(), message.due_at)) is True
    return fresh(message)


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


# Deliver


def test_F11_delivering_hands_the_text_to_its_carrier_once(interaction, http):
    message = delivered_with(http, send(interaction), sid="SM77")

    assert (message.state, message.carrier_message_id, message.attempts) == (
        MessageState.SENT,
        "SM77",
        1,
    )
    assert (message.due_at, message.failure) == (None, "")
    (call,) = http.calls
    account = interaction.channel.account
    assert parse_qs(call.request.body) == {
        "From": [interaction.channel.number],
        "To": [interaction.customer_address],
        "Body": ["We are open."],
        "StatusCallback": [f"http://testserver{account.status_path}?message={message.client_id}"],
    }


def test_fault_8_a_second_doorbell_sends_nothing(interaction, http):
    message = delivered_with(http, send(interaction))

    assert deliver_message(message_id=message.pk, now=clock.now()) is False

    assert len(http.calls) == 1


def test_F11_a_message_is_not_delivered_before_it_is_due(interaction, http):
    message = send(interaction)

    early = message.due_at - timedelta(seconds=1)
    assert deliver_message(message_id=message.pk, now=early) is False

    assert len(http.calls) == 0
    assert fresh(message).state == MessageState.QUEUED


def test_N2_a_refusal_is_final_with_a_sentence(interaction, http):
    message = delivered_with(
        http, send(interaction), status=400, json={"code": 21610, "message": "unsubscribed"}
    )

    assert (message.state, message.error_code, message.due_at) == (
        MessageState.FAILED,
        "21610",
        None,
    )
    assert message.failure == (
        "The customer has opted out by texting STOP. Only the customer can opt in again."
    )


def test_fault_30_a_busy_carrier_is_tried_again_with_growing_pauses(interaction, http):
    message = send(interaction)
    pauses = []

    for _ in range(MOST_ATTEMPTS - 1):
        before = clock.now()
        message = delivered_with(http, message, status=503)
        assert message.state == MessageState.QUEUED
        pauses.append((message.due_at - before).total_seconds())
        Message.objects.filter(pk=message.pk).update(due_at=clock.now())
        message = fresh(message)
    message = delivered_with(http, message, status=503)

    assert (message.state, message.attempts) == (MessageState.FAILED, MOST_ATTEMPTS)
    assert (message.failure, message.error_code) == ("The carrier is busy.", "503")
    for pause, expected in zip(pauses, [2, 4, 8, 16], strict=True):
        assert 0.8 * expected <= pause <= 1.2 * expected + 1


def test_fault_30_the_carriers_own_pause_is_kept(interaction, http):
    before = clock.now()

    message = delivered_with(
        http, send(interaction), status=429, headers={"Retry-After": "120"}, json={"code": 20429}
    )

    assert message.state == MessageState.QUEUED
    assert (message.due_at - before).total_seconds() >= 120


def test_fault_31_a_timeout_that_may_have_sent_is_unknown_and_not_repeated(interaction, http):
    message = delivered_with(http, send(interaction), body=responses.ConnectionError("broken"))

    assert (message.state, message.due_at) == (MessageState.UNKNOWN, None)
    assert message.failure == "The connection broke while sending."
    assert deliver_message(message_id=message.pk, now=clock.now()) is False
    assert len(http.calls) == 1


def test_fault_31_an_unknown_text_is_reconciled_by_its_receipt(interaction, http):
    message = delivered_with(http, send(interaction), status=504)

    receive_receipt(message, "delivered", sid="SM5")

    message = fresh(message)
    assert (message.state, message.carrier_message_id, message.failure) == (
        MessageState.DELIVERED,
        "SM5",
        "",
    )


@pytest.mark.parametrize("word", ["queued", "sending", "accepted"])
def test_fault_31_any_receipt_shows_that_the_carrier_has_an_unknown_text(interaction, http, word):
    message = delivered_with(http, send(interaction), status=504)

    receive_receipt(message, word, sid="SM5")

    assert (fresh(message).state, fresh(message).failure) == (MessageState.SENT, "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", MessageState.SENT),
        ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED),
        ("failed", MessageState.FAILED),
    ],
)
def test_fault_31_a_receipt_stops_the_second_try_of_a_text_that_was_taken(
    interaction, http, word, state
):
    message = delivered_with(http, send(interaction), status=500)
    assert message.state == MessageState.QUEUED

    receive_receipt(message, word, sid="SM5")

    assert (fresh(message).state, fresh(message).due_at) == (state, None)
    assert deliver_message(message_id=message.pk, now=clock.now() + timedelta(hours=1)) is False


def test_fault_33_receipts_before_the_answer_to_the_send_count(interaction, http):
    message = send(interaction)

    def call_back_first(request):
        receive_receipt(message, "sent", sid="SM9")
        receive_receipt(message, "delivered", sid="SM9")
        return 201, {}, '{"sid": "SM9"}'

    http.add_callback(responses.POST, messages_url(interaction), call_back_first)
    deliver_message(message_id=message.pk, now=clock.now())

    assert (fresh(message).state, fresh(message).carrier_message_id) == (
        MessageState.DELIVERED,
        "SM9",
    )


def test_fault_33_receipts_without_a_reference_wait_for_the_answer(interaction, http):
    message = send(interaction)

    def call_back_first(request):
        receive_receipt(message, "delivered", sid="SM9", referenced=False)
        return 201, {}, '{"sid": "SM9"}'

    http.add_callback(responses.POST, messages_url(interaction), call_back_first)
    deliver_message(message_id=message.pk, now=clock.now())

    assert fresh(message).state == MessageState.DELIVERED
    assert [receipt.message for receipt in message.receipts.all()] == [message]


# A process that died


def abandoned(interaction) -> Message:
    message = send(interaction)
    due = clock.now()
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, attempts=1, due_at=due)
    return fresh(message)


def test_fault_8_a_text_whose_sender_died_becomes_unknown(interaction):
    message = abandoned(interaction)

    assert give_up_sending(message_id=message.pk, now=message.due_at) is True

    message = fresh(message)
    assert (message.state, message.due_at) == (MessageState.UNKNOWN, None)
    assert message.failure == ("Sending was interrupted. The text may have reached the customer.")
    assert give_up_sending(message_id=message.pk, now=clock.now()) is False


def test_fault_8_a_text_being_sent_is_given_the_time_it_needs(interaction, http):
    message = send(interaction)
    seen = []

    def look(request):
        seen.append(fresh(message))
        return 201, {}, '{"sid": "SM9"}'

    http.add_callback(responses.POST, messages_url(interaction), look)
    started = clock.now()
    deliver_message(message_id=message.pk, now=started)

    assert seen[0].state == MessageState.SENDING
    assert seen[0].due_at > started + timedelta(seconds=settings.CARRIER_TIMEOUT_SECONDS)
    assert give_up_sending(message_id=message.pk, now=started) is False


def test_fault_8_the_carriers_late_yes_counts_though_the_send_was_given_up(interaction, http):
    message = send(interaction)

    def give_up_meanwhile(request):
        claimed = fresh(message)
        assert give_up_sending(message_id=claimed.pk, now=claimed.due_at) is True
        return 201, {}, '{"sid": "SM9"}'

    http.add_callback(responses.POST, messages_url(interaction), give_up_meanwhile)
    deliver_message(message_id=message.pk, now=clock.now())

    message = fresh(message)
    assert (message.state, message.carrier_message_id, message.failure) == (
        MessageState.SENT,
        "SM9",
        "",
    )


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
