"""F, H, N2: the open conversation, from reading to wrapped up."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from cases.models import ChatLog
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction, Message
from routing.services.interactions import close_if_wrap_up_is_over
from smsdesk.lib import clock
from tests.console.conftest import html_of, read
from tests.factories import (
    DispositionFactory,
    MessageFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "{{7*7}} {% debug %}",
    "javascript:alert(1)",
    "http://x/'onmouseover='alert(1)",
    'https://x/"><script>alert(1)</script>',
    "\u202egnp.exe",
    "line\u2028separator\u2029here",
]


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address="+14155550123")


def send(desk, talk, body, client_id=None):
    return desk.post(
        f"/desk/conversations/{talk.pk}/messages",
        {"body": body, "client_id": client_id or uuid.uuid4()},
    )


def test_F2_opening_a_tile_gives_the_work_alone_and_a_visit_the_whole_page(agent, desk, talk):
    fragment = desk.get(f"/desk/conversations/{talk.pk}/")
    browser = Client()
    browser.force_login(agent.user)
    page = browser.get(f"/desk/conversations/{talk.pk}/")

    assert fragment.text.lstrip().startswith('<main id="work"')
    assert page.text.lstrip().startswith("<!DOCTYPE html>")
    assert 'aria-label="Conversations"' in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_S7_a_hostile_text_stays_text_everywhere(agent, desk, talk, text):
    MessageFactory(interaction=talk, body=text)

    html = desk.get(f"/desk/conversations/{talk.pk}/").text

    assert "<img" not in html
    assert "<script" not in html
    assert "<svg/onload" not in html
    assert 'href="javascript' not in html
    assert "'onmouseover='" not in html


def test_F11_send_is_one_text_and_the_thread_shows_it_queued(desk, talk):
    answer = send(desk, talk, "Hello\r\nAda")

    message = Message.objects.get()
    assert message.body == "Hello\nAda"
    assert message.state == MessageState.QUEUED
    assert f'id="message-{message.pk}"' in answer.text
    assert "queued" in answer.text


def test_a_form_sent_twice_sends_once(desk, talk):
    click = uuid.uuid4()

    assert send(desk, talk, "Hello", click).status_code == 200
    assert send(desk, talk, "Hello", click).status_code == 200

    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("", 422, "There is nothing to send yet"),
        (" \n ", 422, "There is nothing to send yet"),
        ("x" * 1501, 409, "at most 1500"),
    ],
)
def test_F13_what_cannot_be_sent_is_refused_with_a_sentence(desk, talk, body, status, sentence):
    answer = send(desk, talk, body)

    assert answer.status_code == status
    assert sentence in answer.text
    assert answer["HX-Retarget"] == "#composer-alert"
    assert not Message.objects.exists()


def test_F13_1500_characters_go(desk, talk):
    assert send(desk, talk, "€" * 1500).status_code == 200


def test_N2_a_failed_text_shows_its_reason_and_a_retry_that_sends_once(desk, talk):
    failed = MessageFactory(
        interaction=talk,
        author=Author.AGENT,
        state=MessageState.FAILED,
        failure="The phone is switched off.",
    )
    url = f"/desk/conversations/{talk.pk}/thread"
    html = desk.get(url).text
    assert "failed: The phone is switched off." in html
    assert f'hx-post="/desk/messages/{failed.pk}/retry"' in html
    assert "hx-confirm" not in html
    click = uuid.uuid5(failed.client_id, "retry")
    assert str(click) in html

    for _ in range(2):
        answer = desk.post(f"/desk/messages/{failed.pk}/retry", {"client_id": click})
        assert answer.status_code == 200

    assert Message.objects.filter(retry_of=failed).count() == 1
    assert f"/desk/messages/{failed.pk}/retry" not in desk.get(url).text
    assert "sent again" in desk.get(url).text


def test_N2_an_unknown_text_asks_before_it_is_sent_again(desk, talk):
    MessageFactory(interaction=talk, author=Author.AGENT, state=MessageState.UNKNOWN)

    html = desk.get(f"/desk/conversations/{talk.pk}/thread").text

    assert "may have been sent" in html
    assert 'hx-confirm="This text may already have reached the customer.' in html


def test_a_text_that_needs_no_retry_is_refused_one(desk, talk):
    sent = MessageFactory(interaction=talk, author=Author.AGENT, state=MessageState.DELIVERED)

    answer = desk.post(f"/desk/messages/{sent.pk}/retry", {"client_id": uuid.uuid4()})

    assert answer.status_code == 409
    assert "no second try" in answer.text


def test_H2_end_starts_the_wrap_up_and_shows_its_countdown(desk, talk):

    answer = desk.post(f"/desk/conversations/{talk.pk}/end")

    talk.refresh_from_db()
    assert talk.state == InteractionState.WRAP_UP
    assert f'data-due="{talk.wrap_up_due_at.isoformat()}"' in answer.text
    assert "<option>Claim filed</option>" in answer.text
    assert 'id="message"' not in answer.text


def test_end_pressed_twice_shows_the_wrap_up_again(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")

    answer = desk.post(f"/desk/conversations/{talk.pk}/end")

    assert answer.status_code == 200
    assert 'id="wrap-up"' in answer.text


def test_H3_a_required_disposition_is_asked_for(desk, talk):
    type(talk.queue).objects.update(disposition_required=True)
    desk.post(f"/desk/conversations/{talk.pk}/end")

    answer = desk.post(f"/desk/conversations/{talk.pk}/wrap-up", {"note": "typed"})

    assert answer.status_code == 422
    assert "Choose a disposition first" in answer.text
    assert answer["HX-Retarget"] == "#composer-alert"
    talk.refresh_from_db()
    assert talk.state == InteractionState.WRAP_UP


@pytest.mark.parametrize("disposition", ["Not in the list", "Claim filed\nforged", "Retired"])
@pytest.mark.parametrize("address", ["wrap-up", "wrap-up/draft"])
def test_H3_a_disposition_the_queue_does_not_offer_is_refused(desk, talk, address, disposition):
    DispositionFactory(name="Retired", active=False)
    desk.post(f"/desk/conversations/{talk.pk}/end")

    answer = desk.post(f"/desk/conversations/{talk.pk}/{address}", {"disposition": disposition})

    assert answer.status_code == 422
    assert "This queue has no such disposition" in answer.text
    talk.refresh_from_db()
    assert (talk.state, talk.disposition) == (InteractionState.WRAP_UP, "")


def test_H4_wrap_up_closes_and_goes_on_to_the_desk(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")

    answer = desk.post(
        f"/desk/conversations/{talk.pk}/wrap-up", {"disposition": "Claim filed", "note": "All well"}
    )

    talk.refresh_from_db()
    assert (talk.state, talk.disposition, talk.note) == ("CLOSED", "Claim filed", "All well")
    assert answer["HX-Push-Url"] == "/desk/"
    assert "No conversations" in answer.text


def keep_draft(desk, talk, **typed):
    return desk.post(f"/desk/conversations/{talk.pk}/wrap-up/draft", typed)


def run_out_of_time(talk):
    """Let zero close a conversation that is in wrap-up, as the sweeper does."""
    over = clock.now() - timedelta(seconds=talk.queue.wrap_up_seconds + 1)
    Interaction.objects.filter(pk=talk.pk).update(ended_at=over, wrap_up_due_at=clock.now())
    assert close_if_wrap_up_is_over(interaction_id=talk.pk, now=clock.now())
    talk.refresh_from_db()


def test_H5_zero_closes_with_what_was_being_typed_and_says_so(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")

    assert keep_draft(desk, talk, disposition="", note="Promised a").status_code == 204
    assert keep_draft(desk, talk, disposition="Claim filed", note="Promised <b>").status_code == 204
    form = desk.get(f"/desk/conversations/{talk.pk}/").text
    run_out_of_time(talk)
    html = desk.get(f"/desk/conversations/{talk.pk}/").text

    assert "<option selected>Claim filed</option>" in form
    assert 'value="Promised &lt;b&gt;"' in form
    assert (talk.state, talk.disposition, talk.note) == ("CLOSED", "Claim filed", "Promised <b>")
    assert (
        "The wrap-up time ran out; closed with disposition <b>Claim filed</b>, "
        'note kept: “<span dir="auto">Promised &lt;b&gt;</span>”.'
    ) in html


def test_H5_what_was_on_its_way_at_zero_is_kept_with_the_conversation_and_its_log(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    keep_draft(desk, talk, disposition="Claim filed", note="Promised")
    run_out_of_time(talk)

    answer = keep_draft(desk, talk, note="Promised a call")

    assert 'note kept: “<span dir="auto">Promised a call</span>”' in answer.text
    talk.refresh_from_db()
    assert (talk.state, talk.disposition, talk.note) == (
        "CLOSED",
        "Claim filed",
        "Promised a call",
    )
    assert ChatLog.objects.get(interaction=talk).note == "Promised a call"


def test_H4_what_comes_after_a_click_on_wrap_up_changes_nothing_and_says_so(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    desk.post(f"/desk/conversations/{talk.pk}/wrap-up", {"note": "done"})

    answer = keep_draft(desk, talk, note="from an old tab")

    assert answer.status_code == 409
    assert "This conversation is closed already; nothing was changed." in answer.text
    talk.refresh_from_db()
    assert talk.note == "done"


def test_J2_the_agents_devices_hear_of_the_wrap_up_and_change_only_what_they_typed(
    desk, agent, talk
):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    before = read(agent).desk_version
    keep_draft(desk, talk, note="Promised a call")

    answer = keep_draft(desk, talk, disposition="Claim filed")

    assert read(agent).desk_version == before + 2
    assert answer.status_code == 204
    words = desk.get(f"/desk/conversations/{talk.pk}/wrap-up/draft").json()
    assert (words["disposition"], words["note"]) == ("Claim filed", "Promised a call")
    assert f'data-kept="{words["kept"]}"' in html_of(agent)


def test_H5_zero_without_a_word_says_that_nothing_was_kept(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    run_out_of_time(talk)

    html = desk.get(f"/desk/conversations/{talk.pk}/").text

    assert "The wrap-up time ran out; closed without a disposition and without a note." in html


def test_a_click_in_time_is_not_called_running_out(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    desk.post(f"/desk/conversations/{talk.pk}/wrap-up", {"note": "done"})

    html = desk.get(f"/desk/conversations/{talk.pk}/").text

    assert "This conversation is closed." in html
    assert "ran out" not in html


@pytest.mark.parametrize(
    ("typed", "status"),
    [({"note": "early"}, 409), ({"note": "a\x00b"}, 422), ({"note": "x" * 4001}, 422)],
)
def test_a_draft_that_cannot_be_kept_is_answered_with_a_sentence(desk, talk, typed, status):
    answer = keep_draft(desk, talk, **typed)

    assert answer.status_code == status
    assert answer["HX-Retarget"] == ("#alert" if status == 409 else "#composer-alert")
    talk.refresh_from_db()
    assert talk.note == ""


def test_wrapping_up_before_the_end_is_refused(desk, talk):
    answer = desk.post(f"/desk/conversations/{talk.pk}/wrap-up", {})

    assert answer.status_code == 409
    assert "End the conversation before" in answer.text


def test_a_closed_conversation_can_be_read_but_not_written_in(desk, talk):
    Interaction.objects.filter(pk=talk.pk).update(
        state=InteractionState.CLOSED, closed_at=clock.now()
    )

    html = desk.get(f"/desk/conversations/{talk.pk}/").text

    assert "This conversation is closed" in html
    assert 'id="message"' not in html
    assert send(desk, talk, "too late").status_code == 409


@pytest.mark.parametrize("client_id", ["", "not one"])
def test_a_send_without_its_id_is_refused_with_a_sentence_for_an_agent(desk, talk, client_id):
    answer = desk.post(
        f"/desk/conversations/{talk.pk}/messages", {"body": "hi", "client_id": client_id}
    )

    assert answer.status_code == 422
    assert "Reload it; what you typed is kept." in answer.text
