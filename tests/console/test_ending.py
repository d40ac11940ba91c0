"""H2 H6 H9 N4 N8: more time, the chat log, handing over, parking, and "Why me?"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from routing.enums import Author, EventKind, InteractionState
from routing.models import AgentSkill, Interaction, Offer, Queue
from routing.services.interactions import close_if_wrap_up_is_over
from smsdesk.lib import clock
from tests.console.conftest import html_of, offer_text, signed_in
from tests.factories import (
    AgentFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address="+14155550123")


@pytest.fixture
def wrapping_up(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    talk.refresh_from_db()
    return talk


def at(talk, path=""):
    return f"/desk/conversations/{talk.pk}/{path}"


def words(answer) -> str:
    return " ".join(answer.text.split())


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


# Hand over


def test_N4_the_dialog_lists_queues_with_what_waits_and_who_is_free(desk, agent, talk, channel):
    AgentFactory(name="Lea Berg", queues=[channel.queue])
    skill = SkillFactory()
    fraud = QueueFactory(name="Fraud <b>", skill=skill)
    InteractionFactory(queue=fraud)
    unskilled = AgentFactory(name="Jonas Weber", queues=[fraud])
    maya = AgentFactory(name="Maya Lindqvist", queues=[fraud], skills={skill: 3})
    QueueFactory(name="Nobody's")

    html = words(desk.get(at(talk, "hand-over")))

    rows = html.split('<label class="goal">')[1:]
    assert "its own queue" in rows[0]
    assert "nobody waits · Lea Berg can take it now" in rows[0]
    assert "Fraud &lt;b&gt;" in rows[1]
    assert "1 waiting, oldest" in rows[1]
    assert "Maya Lindqvist can take it now" in rows[1]
    assert "Jonas" not in rows[1]
    assert "nobody is free there now" in rows[2]
    assert agent.name not in html

    AgentSkill.objects.create(agent=unskilled, skill=skill, level=1)
    Agent.objects.filter(pk=maya.pk).update(limit=1, load=1)
    html = words(desk.get(at(talk, "hand-over")))
    assert "oldest <span data-since=" in html
    assert "Jonas Weber can take it now" in html


def test_N4_the_dialog_lists_colleagues_and_says_why_some_cannot_be_chosen(desk, talk):
    lea = AgentFactory(name="Lea Berg")
    AgentFactory(name="Ada Away", status="On Break")
    AgentFactory(name="Ben Full", limit=1, load=1)
    barred = AgentFactory(name="Cy Barred")
    barred.user.is_active = False
    barred.user.save()

    html = words(desk.get(at(talk, "hand-over")))

    colleagues = html[html.index("Colleagues") :].split('<label class="goal">')[1:]
    assert [name for row in colleagues for name in ("Lea", "Ada", "Ben", "Cy") if name in row] == [
        "Lea",
        "Ada",
        "Ben",
    ]
    assert f'value="agent:{lea.pk}"' in colleagues[0]
    assert "disabled" not in colleagues[0]
    assert "0/6" in colleagues[0]
    assert "disabled" in colleagues[1]
    assert "is On Break" in colleagues[1]
    assert "disabled" in colleagues[2]
    assert "has 1 of 1 conversations" in colleagues[2]


@pytest.mark.parametrize("many", [1, 10])
def test_N4_the_dialog_costs_eight_queries_however_many_work_here(desk, talk, channel, many):
    for _ in range(many):
        AgentFactory(queues=[channel.queue, QueueFactory()])

    with CaptureQueriesContext(connection) as queries:
        desk.get(at(talk, "hand-over"))

    # session, agent, the conversation, colleagues, what waits, members, skills, queues
    assert len(queries) == 8, [query["sql"] for query in queries]


def test_N4_without_the_permission_only_its_own_queue_is_there_and_why(desk, agent, talk):
    lea = AgentFactory(name="Lea Berg")
    fraud = QueueFactory(name="Fraud")
    Agent.objects.filter(pk=agent.pk).update(may_transfer=False)

    html = words(desk.get(at(talk, "hand-over")))
    refused = [
        desk.post(at(talk, "transfer"), {"to": to})
        for to in (f"agent:{lea.pk}", f"queue:{fraud.pk}")
    ]

    assert "needs a permission you do not have; ask your supervisor." in html
    assert "Lea Berg" not in html
    assert "Fraud" not in html
    for answer in refused:
        assert answer.status_code == 403
        assert answer["HX-Retarget"] == "#sheet-alert"
        assert "You do not have permission to hand conversations over." in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE
    assert desk.post(at(talk, "transfer"), {"to": f"queue:{talk.queue_id}"}).status_code == 200


def test_N4_handed_to_a_queue_the_desk_goes_on_and_says_so(desk, talk):
    fraud = QueueFactory(name="Fraud")

    answer = desk.post(at(talk, "transfer"), {"to": f"queue:{fraud.pk}", "note": "Looks odd"})

    talk.refresh_from_db()
    assert (talk.state, talk.queue, talk.handover_note) == ("QUEUED", fraud, "Looks odd")
    assert answer["HX-Push-Url"] == "/desk/"
    assert "Handed over." in answer["HX-Trigger"]
    assert desk.get(at(talk)).status_code == 404


def test_N4_the_card_and_the_conversation_say_who_handed_it_over_and_the_note(desk, talk):
    lea = AgentFactory(name="Lea Berg")
    desk.post(at(talk, "transfer"), {"to": f"agent:{lea.pk}", "note": "Careful: <angry>"})
    offer = Offer.objects.get(agent=lea)
    hers = signed_in(lea)
    handed = 'Handed over by <b dir="auto">Robin Castillo</b>'

    card = " ".join(hers.get("/desk/frame").json()["html"].split())
    assert handed in card
    assert "Careful: &lt;angry&gt;" in card

    work = words(hers.post(f"/desk/offers/{offer.pk}/accept"))
    assert handed in work
    assert "Careful: &lt;angry&gt;" in work
    hers.post(at(talk, "messages"), {"body": "Hi", "client_id": str(talk.channel.account.key)})
    assert handed in words(hers.get(at(talk)))


def test_C2_the_card_of_a_conversation_that_comes_back_shows_what_is_unanswered(
    desk, agent, talk, channel
):
    MessageFactory(interaction=talk, body="The very first")
    MessageFactory(interaction=talk, body="We are on it", author=Author.AGENT, agent=agent)
    for body in ("Where is it?", "Hello?"):
        inbound_text(channel, talk.customer_address, body)
    lea = AgentFactory(name="Lea Berg")
    desk.post(at(talk, "transfer"), {"to": f"agent:{lea.pk}"})

    card = html_of(lea)

    assert "The very first" not in card
    assert "We are on it" not in card
    assert card.index("Where is it?") < card.index("Hello?")


def test_C2_the_card_of_a_parked_conversation_shows_the_text_that_woke_it(
    desk, agent, talk, channel
):
    MessageFactory(interaction=talk, body="The very first")
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())
    inbound_text(channel, talk.customer_address, "I found it")

    card = html_of(agent)

    assert "I found it" in card
    assert "The very first" not in card


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("", "Choose a queue or a colleague first."),
        ("queue:", "Choose a queue or a colleague of the list."),
        ("agent:1e9", "Choose a queue or a colleague of the list."),
        ("queue:\x00", "a character in this that cannot be kept"),
        (f"queue:{'9' * 19}", "Choose a queue or a colleague of the list."),
        (f"queue:{'9' * 18}", "There is no such queue any more."),
        ("agent:987654321", "There is no such colleague any more."),
    ],
)
def test_N4_nowhere_is_refused_with_a_sentence(desk, agent, talk, to, sentence):
    answer = desk.post(at(talk, "transfer"), {"to": to})

    assert answer.status_code in {409, 422}
    assert answer["HX-Retarget"] == "#sheet-alert"
    assert sentence in answer.text
    talk.refresh_from_db()
    assert (talk.state, talk.agent) == (InteractionState.ACTIVE, agent)


def test_N4_a_note_that_is_too_long_is_refused(desk, talk):
    answer = desk.post(at(talk, "transfer"), {"to": f"queue:{talk.queue_id}", "note": "x" * 1001})

    assert answer.status_code == 422
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE


# Park


def park(desk, talk, until):
    return desk.post(at(talk, "park"), {"until": until})


def test_N4_parked_it_moves_to_the_folded_list_with_its_time(desk, agent, talk):
    until = clock.now() + timedelta(hours=1)

    answer = park(desk, talk, until.isoformat())

    assert answer["HX-Push-Url"] == "/desk/"
    talk.refresh_from_db()
    assert talk.parked_until == until
    page = words(desk.get(at(talk)))
    frame = " ".join(desk.get("/desk/frame").json()["html"].split())
    parked = frame[frame.index('<details id="parked"') : frame.index("</details>")]
    assert "Parked (1)" in parked
    assert f'<time datetime="{until.isoformat()}" data-day>' in parked
    assert f'id="tile-{talk.pk}"' in parked
    assert frame.count(f'id="tile-{talk.pk}"') == 1
    assert "Parked until" in page
    assert 'id="message"' not in page


def test_N4_a_parked_conversation_is_resumed_where_it_stood(desk, talk):
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())

    answer = desk.post(at(talk, "resume"))

    assert 'id="message"' in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE


def test_N4_resuming_without_a_place_is_refused_with_a_sentence(desk, agent, talk):
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())
    Agent.objects.filter(pk=agent.pk).update(limit=1, load=1)

    answer = desk.post(at(talk, "resume"))

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#composer-alert"
    assert "You have 1 of 1 conversations." in answer.text


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "Choose until when."),
        ("soon", "This is no time."),
        ("2026-13-45T99:99", "This is no time."),
        ("0001-01-01T00:00:00+14:00", "This time is over already."),
        ("9999-12-31T23:59:59-14:00", "Choose a time within the next 30 days."),
        ("a\x00b", "This is no time."),
    ],
)
def test_N4_a_time_that_is_no_good_is_refused_with_a_sentence(desk, talk, until, sentence):
    answer = park(desk, talk, until)

    assert answer.status_code in {409, 422}
    assert answer["HX-Retarget"] == "#sheet-alert"
    assert sentence in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE


# Why me?


def test_N8_why_me_tells_the_receipt_in_words(desk, agent, channel):
    AgentFactory(name="Lea Berg", queues=[channel.queue], status="On Break")
    offer = offer_text(channel)

    before = words(desk.get(f"/desk/offers/{offer.pk}/why"))
    desk.post(f"/desk/offers/{offer.pk}/accept")
    after = words(desk.get(at(offer.interaction, "why")))

    assert before in after
    assert 'id="sheet-title"' in after
    assert "<b>You</b> — the only one who can take it now: idle for" in before
    assert "1 of 2 in the queue could take it then." in before
    assert "Lea Berg" in before
    assert "is On Break" in before


def test_N8_after_a_hand_over_each_reads_their_own_receipt(desk, agent, channel):
    offer = offer_text(channel)
    desk.post(f"/desk/offers/{offer.pk}/accept")
    lea = AgentFactory(name="Lea Berg")
    desk.post(at(offer.interaction, "transfer"), {"to": f"agent:{lea.pk}"})
    hers = signed_in(lea)
    second = Offer.objects.get(agent=lea)
    hers.post(f"/desk/offers/{second.pk}/accept")

    assert "handed over directly by Robin Castillo" in words(hers.get(at(offer.interaction, "why")))
    assert hers.get(f"/desk/offers/{offer.pk}/why").status_code == 404
    assert desk.get(at(offer.interaction, "why")).status_code == 404
    assert desk.get(f"/desk/offers/{offer.pk}/why").status_code == 200


def test_N8_a_conversation_that_was_offered_to_nobody_says_so(desk, agent, channel):
    begun = active_interaction(agent, channel=channel, agent_initiated=True)
    taken = active_interaction(agent, channel=channel)

    assert "You began this conversation" in desk.get(at(begun, "why")).text
    assert "You took this conversation by texting the customer" in desk.get(at(taken, "why")).text


# Signing out


def test_E1_signing_out_with_open_conversations_asks_first(desk, agent, channel):
    for _ in range(3):
        active_interaction(agent, channel=channel)
    ended = active_interaction(agent, channel=channel)
    desk.post(at(ended, "end"))

    fragment = desk.post("/sign-out/")
    browser = Client()
    browser.force_login(agent.user)
    page = browser.post("/sign-out/")

    for answer in (fragment, page):
        assert answer.status_code == 200
        assert "You have 3 open conversations" in answer.text
        assert "1 is in wrap-up: the countdown closes it" in words(answer)
        assert "Hand back and sign out" in answer.text
        assert "Sign out anyway" in answer.text
    assert not fragment.text.lstrip().startswith("<!DOCTYPE")
    assert page.text.lstrip().startswith("<!DOCTYPE html>")
    assert desk.get("/desk/").status_code == 200  # nobody was signed out
    agent.refresh_from_db()
    assert agent.present


def test_E1_handed_back_they_wait_in_their_queues_and_do_not_come_back(desk, agent, channel):
    talks = [active_interaction(agent, channel=channel) for _ in range(2)]
    kept = active_interaction(agent, channel=channel)
    desk.post(at(kept, "end"))

    answer = desk.post("/sign-out/", {"choice": "hand-back"})

    assert answer["HX-Redirect"] == "/sign-in/"
    for talk in talks:
        talk.refresh_from_db()
        assert (talk.state, talk.queue) == (InteractionState.QUEUED, channel.queue)
        assert talk.events.get(kind=EventKind.REQUEUED).detail["note"] == (
            "Handed back on signing out."
        )
    kept.refresh_from_db()
    assert kept.state == InteractionState.WRAP_UP
    agent.refresh_from_db()
    assert (agent.present, agent.load) == (False, 1)
    assert desk.get("/desk/")["HX-Redirect"].startswith("/sign-in/")


def test_E1_N4_handed_over_to_a_colleague_each_is_offered_to_them_and_nobody_else(
    desk, agent, channel
):
    talks = [active_interaction(agent, channel=channel) for _ in range(2)]
    lea = AgentFactory(name="Lea Berg")
    sheet = words(desk.post("/sign-out/"))
    assert "Lea Berg (0/6)" in sheet

    answer = desk.post("/sign-out/", {"choice": "hand-over", "colleague": lea.pk})

    assert answer["HX-Redirect"] == "/sign-in/"
    assert {offer.interaction for offer in Offer.objects.filter(agent=lea)} == set(talks)
    agent.refresh_from_db()
    assert (agent.present, agent.load) == (False, 0)


def test_E1_N4_who_cannot_take_all_is_said_before_and_refused_after(desk, agent, channel):
    talks = [active_interaction(agent, channel=channel) for _ in range(2)]
    ben = AgentFactory(name="Ben Small", limit=1)
    sheet = words(desk.post("/sign-out/"))
    assert "disabled>Ben Small has room for 1</option>" in sheet

    answer = desk.post("/sign-out/", {"choice": "hand-over", "colleague": ben.pk})

    assert answer.status_code == 200
    assert "Ben Small has 1 of 1 conversations and cannot take it now." in words(answer)
    assert "You have 1 open conversation<" in answer.text
    states = Interaction.objects.filter(pk__in=[talk.pk for talk in talks])
    assert {one.state for one in states} == {InteractionState.ACTIVE, InteractionState.OFFERED}
    assert desk.get("/desk/").status_code == 200  # still signed in


@pytest.mark.parametrize("colleague", ["", "x", "0", "9" * 30])
def test_E1_N4_without_a_colleague_nothing_happens_and_it_is_said(desk, talk, colleague):
    answer = desk.post("/sign-out/", {"choice": "hand-over", "colleague": colleague})

    assert "Choose a colleague first; you are still signed in." in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE


def test_E1_N4_without_the_permission_no_colleague_is_offered_and_why(desk, agent, talk):
    lea = AgentFactory(name="Lea Berg")
    Agent.objects.filter(pk=agent.pk).update(may_transfer=False)

    answer = desk.post("/sign-out/", {"choice": "hand-over", "colleague": lea.pk})

    assert "You do not have permission to hand conversations over." in answer.text
    assert "Handing over to a colleague needs a permission" in words(answer)
    assert "Lea Berg" not in answer.text


def test_E1_signed_out_anyway_they_stay_the_agents_and_go_on(agent, channel):
    talk = active_interaction(agent, channel=channel)
    browser = Client()
    browser.force_login(agent.user)

    answer = browser.post("/sign-out/", {"choice": "anyway"})

    assert answer["Location"] == "/sign-in/"
    talk.refresh_from_db()
    assert (talk.state, talk.agent) == (InteractionState.ACTIVE, agent)


def test_E1_with_nothing_open_or_only_parked_nobody_is_asked(desk, agent, talk):
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())

    assert desk.post("/sign-out/")["HX-Redirect"] == "/sign-in/"


@pytest.mark.parametrize("choice", ["", "\x00", "x" * 9000])
def test_E1_a_choice_of_nonsense_is_asked_again(desk, talk, choice):
    assert "You have 1 open conversation<" in desk.post("/sign-out/", {"choice": choice}).text
