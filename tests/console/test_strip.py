"""F E4 J6 N13: the strip's six states, by look and by words, and the count of who waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from cases.models import Customer
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction
from smsdesk.lib import clock
from tests.console.conftest import html_of, signed_in, state_of
from tests.factories import (
    AgentFactory,
    ConsentEntryFactory,
    CustomerFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_F1_the_oldest_accepted_is_on_top(agent):
    now = clock.now()
    late = active_interaction(agent, accepted_at=now)
    early = active_interaction(agent, accepted_at=now - timedelta(minutes=5))

    assert [tile.interaction.pk for tile in state_of(agent).tiles] == [early.pk, late.pk]


def test_J1_who_has_no_name_is_told_by_the_last_digits_where_there_is_no_room(agent):
    CustomerFactory(name="Ada", phones=["+14155550142"])
    for number in ("+14155550141", "+14155550142"):
        active_interaction(agent, customer_address=number)

    html = html_of(agent)

    assert html.count('class="last-digits"') == 1
    assert '<span class="last-digits">…0141</span>' in html


def test_F3_a_conversation_without_unanswered_texts_waits_for_the_customer(agent):
    CustomerFactory(name="Ada Lovelace", phones=["+14155550123"])
    active_interaction(agent, customer_address="+14155550123")

    assert 'aria-label="Ada Lovelace, waiting for the customer"' in html_of(agent)


def test_F5_unanswered_texts_are_counted_in_the_tile(agent):
    interaction = active_interaction(agent, customer_address="+14155550123", unanswered=2)
    first = MessageFactory(interaction=interaction)
    MessageFactory(interaction=interaction)

    (tile,) = state_of(agent).tiles

    assert (tile.look, tile.words) == ("unread", "2 unread messages")
    assert tile.name == "+1 415-555-0123"
    assert tile.waiting_since == first.created_at


def test_F7_a_failed_text_is_seen_on_the_tile(agent):
    interaction = active_interaction(agent, unanswered=1)
    MessageFactory(interaction=interaction, author=Author.AGENT, state=MessageState.FAILED)

    (tile,) = state_of(agent).tiles

    assert tile.look == "failed"
    assert tile.words == "delivery failed or uncertain, 1 unread message"


def test_F8_wrap_up_counts_down_on_the_tile(agent):
    interaction = active_interaction(agent)
    due = clock.now() + timedelta(seconds=60)
    Interaction.objects.filter(pk=interaction.pk).update(
        state=InteractionState.WRAP_UP, wrap_up_due_at=due
    )

    html = html_of(agent)

    assert "in wrap-up" in html
    assert f'data-due="{due.isoformat()}"' in html


@pytest.fixture
def unread(agent):
    """Two texts wait, past their target by a minute, and nobody has looked at them."""
    interaction = active_interaction(
        agent,
        customer_address="+14155550123",
        unanswered=2,
        response_due_at=clock.now() - timedelta(minutes=1),
    )
    MessageFactory.create_batch(2, interaction=interaction)
    return interaction


def test_F6_past_its_target_an_unread_conversation_is_late_until_it_is_opened(agent, unread):
    due = unread.response_due_at

    (before,) = state_of(agent, due - SECOND).tiles
    (after,) = state_of(agent, due).tiles

    assert (before.look, before.late, before.words) == ("unread", False, "2 unread messages")
    assert (after.look, after.late, after.opened) == ("unread", True, False)
    assert after.words == "past SLA, 2 unread messages"


def test_F4_opened_and_not_answered_it_is_past_its_target_and_steady(agent, unread):
    desk = signed_in(agent)

    assert desk.post(f"/desk/conversations/{unread.pk}/seen").status_code == 204

    (tile,) = state_of(agent).tiles
    assert (tile.look, tile.late, tile.opened) == ("unread", True, True)
    assert tile.words == "past SLA, 2 unanswered messages"


def test_F6_opened_before_its_target_it_calls_again_after_it(agent, unread):
    Interaction.objects.update(opened_at=unread.response_due_at - SECOND)

    (tile,) = state_of(agent).tiles

    assert (tile.late, tile.opened) == (True, False)


def test_F6_the_browser_knows_when_and_what_to_say_without_hearing_of_it(agent):
    due = clock.now() + timedelta(minutes=1)
    active_interaction(agent, customer_address="+14155550123", unanswered=1, response_due_at=due)

    html = html_of(agent)

    assert 'aria-label="+1 415-555-0123, 1 unread message"' in html
    assert f'data-late-at="{due.isoformat()}"' in html
    assert 'data-when-late="past SLA, 1 unread message"' in html
    assert 'data-when-opened="past SLA, 1 unanswered message"' in html


def test_F6_without_a_target_nothing_becomes_late(agent):
    active_interaction(agent, unanswered=1)

    (tile,) = state_of(agent, clock.now() + timedelta(days=1)).tiles

    assert (tile.due_at, tile.late) == (None, False)


def test_F6_F7_a_failed_text_and_a_late_customer_are_both_said(agent, unread):
    MessageFactory(interaction=unread, author=Author.AGENT, state=MessageState.FAILED)

    (tile,) = state_of(agent).tiles

    assert (tile.look, tile.late) == ("failed", True)
    assert tile.words == "delivery failed or uncertain, past SLA, 2 unread messages"


@pytest.mark.parametrize("method", ["get", "post"])
def test_S3_a_colleagues_conversation_cannot_be_opened(agent, unread, method):
    stranger = signed_in(AgentFactory())

    answer = getattr(stranger, method)(f"/desk/conversations/{unread.pk}/seen")

    assert answer.status_code == (405 if method == "get" else 404)
    unread.refresh_from_db()
    assert unread.opened_at is None


def test_F5_F6_the_texts_of_a_customer_are_what_is_counted(channel, agent):
    channel.queue.next_response_seconds = 60
    channel.queue.save()
    interaction = active_interaction(agent, channel=channel, customer_address="+14155550123")
    for _ in range(3):
        inbound_text(channel, "+14155550123")

    (tile,) = state_of(agent).tiles

    assert tile.words == "3 unread messages"
    assert tile.due_at is not None
    assert tile.interaction.pk == interaction.pk


def test_J6_the_messages_icon_counts_who_needs_an_answer_and_leads_to_the_most_urgent(
    agent, unread
):
    now = clock.now()
    later = active_interaction(agent, unanswered=1, response_due_at=now + timedelta(minutes=1))
    untimed = active_interaction(agent, unanswered=1)
    active_interaction(agent)

    desk = state_of(agent)

    assert desk.messages_words == "Messages: 3 conversations need an answer, 1 past SLA"
    assert desk.messages_url == f"/desk/conversations/{unread.pk}/"
    for answered, next_one in ((unread, later), (later, untimed)):
        Interaction.objects.filter(pk=answered.pk).update(unanswered=0, response_due_at=None)
        assert state_of(agent).messages_url == f"/desk/conversations/{next_one.pk}/"


def test_J6_with_nobody_waiting_the_messages_icon_leads_to_the_desk(agent):
    active_interaction(agent)

    desk = state_of(agent)

    assert desk.messages_words == "Messages: nobody waits for an answer"
    assert desk.messages_url == "/desk/"


def test_E4_N13_the_six_states_stand_side_by_side_in_words_of_their_own(agent):
    Agent.objects.filter(pk=agent.pk).update(limit=12)
    now = clock.now()
    past = now - timedelta(minutes=1)
    active_interaction(agent)
    active_interaction(agent, unanswered=2, response_due_at=now + timedelta(minutes=1))
    active_interaction(agent, unanswered=2, response_due_at=past)
    active_interaction(agent, unanswered=2, response_due_at=past, opened_at=now)
    failed = active_interaction(agent)
    MessageFactory(interaction=failed, author=Author.AGENT, state=MessageState.FAILED)
    ended = active_interaction(agent)
    Interaction.objects.filter(pk=ended.pk).update(
        state=InteractionState.WRAP_UP, wrap_up_due_at=now + timedelta(minutes=1)
    )

    assert [tile.words for tile in state_of(agent).tiles] == [
        "waiting for the customer",
        "2 unread messages",
        "past SLA, 2 unread messages",
        "past SLA, 2 unanswered messages",
        "delivery failed or uncertain",
        "in wrap-up",
    ]


def test_a_long_name_is_short_where_the_composer_speaks_of_it(desk, agent, channel):
    number = "+14155550199"
    talk = active_interaction(agent, channel=channel, customer_address=number)
    for name, shown in [
        ("Maximiliane-Charlotte Freifrau von Oberdorff", "Maximiliane-Charlotte"),
        ("X" * 120, "X" * 23 + "…"),
    ]:
        Customer.objects.all().delete()
        CustomerFactory(name=name, phones=[number])

        page = desk.get(f"/desk/conversations/{talk.pk}/").text

        assert f'placeholder="Write to {shown}"' in page
        assert f'data-addressed="{shown}"' in html_of(agent)


def test_N1_a_tile_says_that_its_customer_opted_out(agent, channel):
    number = "+14155550123"
    active_interaction(agent, channel=channel, customer_address=number, unanswered=1)
    ConsentEntryFactory(channel=channel, address=number)

    (tile,) = state_of(agent).tiles

    assert tile.words.endswith(", opted out")
    assert f'aria-label="{tile.name}, {tile.words}"' in html_of(agent)
    assert html_of(agent).count("<title>Opted out</title>") == 1
