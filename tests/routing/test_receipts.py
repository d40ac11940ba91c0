"""N2: receipts climb the delivery ladder in whatever order they come, and every one is kept."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.models import Agent
from routing.enums import Author, MessageState, RequestState
from routing.models import Interaction, Message, Receipt
from smsdesk.lib import clock
from tests.factories import AgentFactory, MessageFactory, active_interaction
from tests.routing.steps import receive_receipt

WORDS = ["queued", "sending", "sent", "delivered", "undelivered", "failed"]
# How far along each word is; the end is the furthest of all that came.
RUNGS = [MessageState.SENT, MessageState.FAILED, MessageState.DELIVERED]
RUNG_OF = {
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "delivered": MessageState.DELIVERED,
}


def our_text(interaction: Interaction, state=MessageState.SENT, sid="SM1") -> Message:
    return MessageFactory(
        interaction=interaction,
        author=Author.AGENT,
        agent=interaction.agent,
        state=state,
        carrier_message_id=sid,
    )


@pytest.fixture
def interaction(db):
    return active_interaction(AgentFactory())


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@settings(max_examples=30)
@given(
    st.sampled_from(
        [MessageState.SENDING, MessageState.UNKNOWN, MessageState.SENT, MessageState.QUEUED]
    ),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
)
def test_fault_3_in_any_order_and_number_receipts_end_at_the_furthest_rung(
    interaction, start, words
):
    message = our_text(interaction, start, sid=f"SM{uuid.uuid4().hex}")
    seen = []

    for word in words:
        receive_receipt(message, word)
        seen.append(RUNGS.index(fresh(message).state))

    assert seen == sorted(seen)
    assert RUNGS[seen[-1]] == max((RUNG_OF[word] for word in words), key=RUNGS.index)
    assert Receipt.objects.filter(message=message).count() == len(words)


def test_N2_a_receipt_moves_the_message_and_shows_it_on_the_desk(interaction):
    message = our_text(interaction)
    before = (fresh(interaction).revision, fresh(interaction.agent).desk_version)
    now = clock.now()

    request = receive_receipt(message, "delivered", now=now)

    assert (fresh(message).state, fresh(message).delivered_at) == (MessageState.DELIVERED, now)
    assert (fresh(interaction).revision, fresh(interaction.agent).desk_version) == (
        before[0] + 1,
        before[1] + 1,
    )
    assert (request.state, request.note) == (RequestState.HANDLED, "")


def test_N2_a_receipt_that_moves_nothing_changes_nothing_but_is_kept(interaction):
    message = our_text(interaction, MessageState.DELIVERED)
    revision = fresh(interaction).revision

    request = receive_receipt(message, "sent")

    assert request.note == "The message was further already."
    assert fresh(message).state == MessageState.DELIVERED
    assert fresh(interaction).revision == revision
    receipt = Receipt.objects.get()
    assert (receipt.message, receipt.status, receipt.request) == (message, "sent", request)


def test_N2_a_failure_shows_its_reason(interaction):
    message = our_text(interaction)

    receive_receipt(message, "undelivered", code="30003")

    message = fresh(message)
    assert (message.state, message.error_code) == (MessageState.FAILED, "30003")
    assert message.failure == (
        "The phone could not be reached: it may be off or out of range. Try again later."
    )


def test_N2_a_failure_is_final_unless_a_later_receipt_says_delivered(interaction):
    message = our_text(interaction)
    receive_receipt(message, "failed", code="30008")

    receive_receipt(message, "sent")
    assert fresh(message).state == MessageState.FAILED

    receive_receipt(message, "delivered")
    message = fresh(message)
    assert (message.state, message.error_code, message.failure) == (MessageState.DELIVERED, "", "")


def test_N2_a_receipt_is_matched_by_the_carriers_id_alone(interaction):
    message = our_text(interaction)

    receive_receipt(message, "delivered", referenced=False)

    assert fresh(message).state == MessageState.DELIVERED


def test_N2_a_receipt_for_nothing_of_ours_is_kept_and_said_so(interaction):
    message = our_text(interaction)

    request = receive_receipt(message, "delivered", sid="SM404", referenced=False)

    assert (request.state, request.note) == (
        RequestState.HANDLED,
        "No message of ours has this id (yet).",
    )
    assert Receipt.objects.get().message is None
    assert fresh(message).state == MessageState.SENT


def test_S3_another_accounts_receipt_moves_nothing(interaction):
    message = our_text(interaction)
    stranger = our_text(active_interaction(AgentFactory()), sid="SM2")
    stranger.client_id = message.client_id  # what a forger would name

    receive_receipt(stranger, "delivered", sid="SM1")

    assert fresh(message).state == MessageState.SENT


def test_N2_a_receipt_with_a_reference_that_is_none_is_matched_by_its_id(interaction):
    message = our_text(interaction)
    message.client_id = "no-uuid"

    receive_receipt(message, "delivered")

    assert fresh(message).state == MessageState.DELIVERED


def test_N2_a_customers_own_text_is_not_moved_by_a_receipt(interaction):
    theirs = MessageFactory(interaction=interaction)

    receive_receipt(theirs, "delivered", referenced=False)

    assert fresh(theirs).state == MessageState.RECEIVED


def test_N2_receipts_do_not_touch_places(interaction):
    receive_receipt(our_text(interaction), "failed", code="30003")

    assert Agent.objects.get(pk=interaction.agent_id).load == 1
