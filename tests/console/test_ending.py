"""H2 H5 H6 H9: more time for the wrap-up, and the chat log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.models import Interaction, Queue
from routing.services.interactions import close_if_wrap_up_is_over
from smsdesk.lib import clock
from tests.console.conftest import at, words
from tests.factories import (
    MessageFactory,
)

pytestmark = pytest.mark.django_db


def change_queue(talk, **fields):
    Queue.objects.filter(pk=talk.queue_id).update(**fields)


# More time


def test_H2_more_time_is_offered_where_the_queue_gives_it_and_moves_the_countdown(
    desk, wrapping_up
):
    assert "More time" not in desk.get(at(wrapping_up)).text
    change_queue(wrapping_up, wrap_up_extension_seconds=45)
    assert "More time" in desk.get(at(wrapping_up)).text

    answer = desk.post(at(wrapping_up, "more-time"))

    due = wrapping_up.wrap_up_due_at + timedelta(seconds=45)
    assert f'data-due="{due.isoformat()}"' in answer.text
    assert "More time" not in answer.text
    assert answer.text.lstrip().startswith('<div id="wrap-up-head"')  # the fields are not touched


def test_H2_more_time_is_refused_with_a_sentence(desk, talk):
    early = desk.post(at(talk, "more-time"))
    desk.post(at(talk, "end"))
    never = desk.post(at(talk, "more-time"))
    desk.post(at(talk, "wrap-up"))
    late = desk.post(at(talk, "more-time"))

    assert [answer.status_code for answer in (early, never, late)] == [409, 409, 409]
    assert "End the conversation before you wrap it up." in early.text
    assert "This queue gives no more time for wrapping up." in never.text
    assert "This conversation is closed already." in late.text
    assert {answer["HX-Retarget"] for answer in (early, never, late)} == {"#composer-alert"}


def test_H5_an_extended_wrap_up_that_ran_out_says_so(desk, wrapping_up):
    change_queue(wrapping_up, wrap_up_extension_seconds=45)
    desk.post(at(wrapping_up, "more-time"))
    seconds = timedelta(seconds=60 + 45)
    Interaction.objects.update(ended_at=clock.now() - seconds, wrap_up_due_at=clock.now())
    close_if_wrap_up_is_over(interaction_id=wrapping_up.pk, now=clock.now())

    assert "The wrap-up time ran out" in desk.get(at(wrapping_up)).text


# The chat log


def wrap_up(desk, talk):
    return desk.post(at(talk, "wrap-up"), {"disposition": "Claim filed", "note": "Sent <b>"})


def test_H6_the_chat_log_pops_in_front_of_the_other_tabs(desk, wrapping_up):
    change_queue(wrapping_up, chat_log_pops=True)
    MessageFactory(interaction=wrapping_up, body="It <b>hailed</b>")

    answer = wrap_up(desk, wrapping_up)

    html = words(answer)
    assert "HX-Push-Url" not in answer
    assert 'id="tab-log" aria-controls="panel-log" aria-selected="true"' in html
    assert html.count('aria-selected="true"') == 1
    panel = html[html.index('id="panel-log"') : html.index('id="panel-customer"')]
    for part in ("Initiated", "Accepted", "Terminated", "by the agent", "Claim filed"):
        assert part in panel
    assert "Customer: It &lt;b&gt;hailed&lt;/b&gt;" in panel
    assert "Sent &lt;b&gt;" in panel
    assert "Back to the desk" in html


def test_H6_it_pops_for_a_wrap_up_that_zero_closed_while_it_was_open(desk, wrapping_up):
    change_queue(wrapping_up, chat_log_pops=True)
    close_if_wrap_up_is_over(interaction_id=wrapping_up.pk, now=wrapping_up.wrap_up_due_at)

    html = words(desk.get(at(wrapping_up)))

    assert 'id="tab-log" aria-controls="panel-log" aria-selected="true"' in html


def test_H6_without_the_setting_wrapping_up_leads_to_the_desk_and_the_log_can_be_looked_up(
    desk, wrapping_up
):
    answer = wrap_up(desk, wrapping_up)

    assert answer["HX-Push-Url"] == "/desk/"
    html = words(desk.get(at(wrapping_up)))
    assert 'id="tab-log" aria-controls="panel-log" aria-selected="false"' in html
    assert html.count('aria-selected="true"') == 1


def test_H6_no_chat_log_before_the_conversation_is_closed(desk, talk):
    assert 'id="tab-log"' not in desk.get(at(talk)).text
    desk.post(at(talk, "end"))
    assert 'id="tab-log"' not in desk.get(at(talk)).text


def test_H9_a_log_without_transcript_says_so(desk, wrapping_up):
    change_queue(wrapping_up, chat_log_pops=True, transcripts_saved=False)
    MessageFactory(interaction=wrapping_up, body="My card is 4111")

    html = words(wrap_up(desk, wrapping_up))

    panel = html[html.index('id="panel-log"') : html.index('id="panel-customer"')]
    assert "Transcripts are not saved in this queue." in panel
    assert "4111" not in panel
    assert "4111" in html  # in the thread
