"""F11 N2: a queued text on its way to its carrier, and what the carrier made of it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import responses
from django.conf import settings

from routing.enums import MessageState
from routing.models import Channel, Message, Outage
from routing.selectors.due import too_old_to_send, unsent_messages
from routing.services.delivery import (
    MOST_ATTEMPTS,
    deliver_message,
    fail_if_too_old,
    give_up_sending,
)
from routing.services.outbound import retry_message, send_text
from smsdesk.lib import clock
from tests.factories import AgentFactory, active_interaction
from tests.routing.steps import new_id, receive_receipt

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


def send(interaction) -> Message:
    return send_text(
        interaction_id=interaction.pk,
        agent_id=interaction.agent.pk,
        body="We are open.",
        client_id=new_id(),
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
        Outage.objects.all().delete()  # other texts get through
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


def test_N18_a_number_told_to_slow_down_sends_nothing_until_then(interaction, http):
    first, second = send(interaction), send(interaction)
    before = clock.now()
    first = delivered_with(http, first, status=429, headers={"Retry-After": "60"}, json={})

    assert deliver_message(message_id=second.pk, now=clock.now()) is False
    assert unsent_messages(before + timedelta(seconds=55)) == []
    assert unsent_messages(clock.now() + timedelta(seconds=90)) == [second.pk, first.pk]
    assert fresh(second).state == MessageState.QUEUED
    assert Channel.objects.get().free_at >= before + timedelta(seconds=60)


def test_N18_haste_never_fails_a_text(interaction, http):
    message = send(interaction)
    for _ in range(MOST_ATTEMPTS + 2):
        message = delivered_with(http, message, status=429, json={})
        assert message.state == MessageState.QUEUED
        Channel.objects.update(free_at=None)  # the pause is over; by jitter it may be the longer
    assert not Outage.objects.exists()


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


# Too old


def test_N18_a_text_too_old_to_send_fails_with_a_sentence_and_may_be_sent_again(interaction, http):
    message = send(interaction)
    late = message.created_at + timedelta(hours=settings.SEND_WITHIN_HOURS, seconds=1)

    assert deliver_message(message_id=message.pk, now=late) is False

    message = fresh(message)
    assert (message.state, message.due_at, len(http.calls)) == (MessageState.FAILED, None, 0)
    assert message.failure == (
        "It waited for more than 24 hours, and was not sent, for it may be out of date. Send it"
        " again if it still holds."
    )
    again = retry_message(
        message_id=message.pk, agent_id=interaction.agent.pk, client_id=new_id(), now=late
    )
    assert (again.state, again.body) == (MessageState.QUEUED, message.body)
    assert again.due_at == late


def test_N18_the_sweeper_finds_what_is_too_old_and_nothing_younger(interaction):
    old, young = send(interaction), send(interaction)
    since = clock.now() - timedelta(hours=settings.SEND_WITHIN_HOURS, seconds=1)
    Message.objects.filter(pk=old.pk).update(created_at=since)

    assert too_old_to_send(clock.now()) == [old.pk]
    assert fail_if_too_old(message_id=young.pk, now=clock.now()) is False
    assert fresh(young).state == MessageState.QUEUED


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
