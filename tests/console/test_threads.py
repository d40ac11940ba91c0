"""F9, F10, H13, N2, N4: the thread, page by page, and what its lines look like."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.services.notes import add_note
from routing.enums import Author, EventKind, InteractionState, MessageState
from routing.models import Interaction, Message
from routing.services.lifeline import record
from smsdesk.console.threads import MOST_NEW, PAGE, newest_lines, older_lines
from smsdesk.lib import clock
from tests.console.conftest import signed_in
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db

NUMBER = "+14155550123"
LINE = re.compile(r'<div id="((?:message|note|event)-\d+)"')


@pytest.fixture
def talk(agent, channel) -> Interaction:
    talk = active_interaction(agent, channel=channel, customer_address=NUMBER)
    talk.events.all().delete()
    return talk


@pytest.fixture
def start(talk):
    return talk.initiated_at


def texts(interaction, many, **fields):
    """``many`` texts, a second apart."""
    fields = {"author": Author.CUSTOMER, "state": MessageState.RECEIVED} | fields
    return Message.objects.bulk_create(
        Message(
            interaction=interaction,
            channel_id=interaction.channel_id,
            body=f"text {number}",
            created_at=interaction.initiated_at + timedelta(seconds=number),
            **fields,
        )
        for number in range(many)
    )


def past(channel, agent=None, *, messages=0, **fields):
    fields = {"customer_address": NUMBER, "state": InteractionState.CLOSED} | fields
    old = InteractionFactory(channel=channel, agent=agent, **fields)
    texts(old, messages)
    return old


def note(agent, talk, body, at=None):
    return add_note(
        interaction_id=talk.pk, agent_id=agent.pk, body=body, now=at or clock.now()
    ).note


def befall(talk, kind, agent, *, at=None, **detail):
    record(talk.pk, kind, at=at or clock.now(), agent_id=agent and agent.pk, **detail)


def at(talk, part="") -> str:
    return f"/desk/conversations/{talk.pk}/{part}"


def names(rows) -> list[str]:
    return [f"message-{row.pk}" for row in rows]


def lines_in(answer) -> list[str]:
    assert answer.status_code == 200
    return LINE.findall(answer.text)


def test_F9_the_thread_ends_with_the_newest_page_and_says_that_there_is_more(desk, talk):
    messages = texts(talk, PAGE + 1)

    answer = desk.get(at(talk))

    assert lines_in(answer) == names(messages[1:])
    assert f'hx-get="{at(talk, "older")}?line=message-{messages[1].pk}"' in answer.text


def test_F9_older_pages_lead_to_the_first_line_and_miss_none(desk, talk):
    messages = texts(talk, 3 * PAGE)
    seen = lines_in(desk.get(at(talk)))
    while True:
        answer = desk.get(at(talk, "older"), {"line": seen[0]})
        seen = lines_in(answer) + seen
        if "Earlier in this conversation" not in answer.text:
            break

    assert seen == names(messages)


def test_F9_texts_of_the_same_moment_are_on_one_page_each(desk, talk, start):
    messages = [MessageFactory(interaction=talk, created_at=start) for _ in range(PAGE + 3)]

    newest = lines_in(desk.get(at(talk)))
    older = lines_in(desk.get(at(talk, "older"), {"line": newest[0]}))

    assert older + newest == names(messages)


def test_F9_notes_and_events_stand_at_their_time_and_are_on_one_page_each(agent, desk, talk, start):
    for second in range(PAGE):
        moment = start + timedelta(seconds=second)
        befall(talk, EventKind.PARKED, agent, at=moment)
        MessageFactory(interaction=talk, created_at=moment)
        note(agent, talk, "a note", moment)

    seen = lines_in(desk.get(at(talk)))
    for _ in range(2):
        seen = lines_in(desk.get(at(talk, "older"), {"line": seen[0]})) + seen

    assert len(seen) == len(set(seen)) == 3 * PAGE
    assert [line.partition("-")[0] for line in seen] == ["event", "message", "note"] * PAGE


def test_F9_a_refresh_brings_everything_from_the_named_line_on(desk, talk):
    messages = texts(talk, PAGE + 20)
    Interaction.objects.filter(pk=talk.pk).update(revision=7)

    answer = desk.get(at(talk, "thread"), {"line": f"message-{messages[5].pk}"})

    assert lines_in(answer) == names(messages[5:])
    assert 'data-revision="7"' in answer.text
    assert "Earlier in this conversation" not in answer.text
    assert "<details" not in answer.text
    assert lines_in(desk.get(at(talk, "thread"))) == names(messages[-PAGE:])


def test_F9_a_desk_that_was_away_for_long_begins_anew_and_can_go_back(desk, talk):
    messages = texts(talk, MOST_NEW + 10)

    answer = desk.get(at(talk, "thread"), {"line": f"message-{messages[0].pk}"})

    assert lines_in(answer) == names(messages[-MOST_NEW:])
    assert f'hx-get="{at(talk, "older")}?line=message-{messages[10].pk}"' in answer.text


def test_F9_ten_thousand_texts_cost_what_fifty_do(agent, channel, desk, talk):
    old = past(channel, agent, messages=10_000)
    messages = texts(talk, 10_000)
    middle = f"message-{messages[5_000].pk}"
    browser = Client()
    browser.force_login(agent.user)
    asked = {
        "": (browser.get, {}),
        "thread": (desk.get, {"line": f"message-{messages[-PAGE].pk}"}),
        "older": (desk.get, {"line": middle}),
        f"past/{old.pk}": (desk.get, {}),
    }

    with CaptureQueriesContext(connection) as queries:
        answers = {part: get(at(talk, part), query) for part, (get, query) in asked.items()}

    assert {part: len(lines_in(answer)) for part, answer in answers.items()} == dict.fromkeys(
        asked, PAGE
    )
    assert {
        part: len(answer.content) < 60_000 for part, answer in answers.items()
    } == dict.fromkeys(asked, True)
    assert lines_in(answers["older"])[-1] == f"message-{messages[4_999].pk}"
    assert '<span class="visually-hidden">Messages:</span> 10000</span>' in answers[""].text
    assert all("OFFSET" not in query["sql"] for query in queries)


@pytest.mark.parametrize("many", [1, 10])
@pytest.mark.parametrize(
    ("part", "query", "cost"),
    [
        # session, agent, the conversation; events, messages, notes, whom these name
        ("thread", False, 3 + 4 + 1),  # and the last texts
        ("thread", True, 3 + 1 + 4 + 1),  # and where the line stands
        ("older", True, 3 + 1 + 4),
        ("past", False, 3 + 1 + 4),  # and the past conversation
    ],
)
def test_a_page_of_lines_costs_the_same_however_much_it_shows(
    agent, desk, talk, channel, *, part, query, cost, many
):
    old = past(channel, agent, messages=many)
    texts(talk, many)
    for conversation in (old, talk):
        befall(conversation, EventKind.PARKED, agent)
        for _ in range(many):
            note(agent, conversation, "a note")
    MessageFactory(interaction=talk, created_at=clock.now() + timedelta(hours=1))
    shown = lines_in(desk.get(at(talk)))
    place = shown[-1] if part == "older" else shown[0]
    address = at(talk, f"past/{old.pk}" if part == "past" else part)

    with CaptureQueriesContext(connection) as queries:
        desk.get(address, {"line": place} if query else {})

    assert len(queries) == cost, [query["sql"] for query in queries]


def test_F9_H13_other_conversations_are_folded_above_and_told_by_their_headers(
    agent, channel, desk
):
    past(
        channel,
        agent,
        messages=3,
        disposition="Claim filed",
        note="Waits for <the> shop",
    )
    past(ChannelFactory(name="Acme Policies"), AgentFactory(name="ليلى"))
    open_elsewhere = active_interaction(
        AgentFactory(), channel=ChannelFactory(), customer_address=NUMBER
    )
    talk = active_interaction(agent, channel=channel, customer_address=NUMBER)
    MessageFactory(interaction=talk, body="I am back")

    html = desk.get(at(talk)).text
    first, second, third = re.findall(r"<details id.*?</details>", html, re.DOTALL)

    assert "Robin Castillo" in first
    assert "Claim filed" in first
    assert "Waits for &lt;the&gt; shop" in first
    assert "Messages:</span> 3</span>" in first
    assert "text 0" not in html
    assert "<bdi>ليلى</bdi>" in second
    assert "<bdi>Acme Policies</bdi>" in second
    assert f'id="past-{open_elsewhere.pk}"' in third
    assert "with an agent" in third
    assert "I am back" in html[html.index(third) :]


def test_F9_a_past_conversation_is_read_from_its_start_page_by_page(agent, channel, desk, talk):
    old = past(channel, agent)
    messages = texts(old, PAGE + 5, author=Author.AGENT, agent=agent, state=MessageState.FAILED)

    first = desk.get(at(talk, f"past/{old.pk}"))
    second = desk.get(at(talk, f"past/{old.pk}"), {"line": f"message-{messages[PAGE - 1].pk}"})

    assert lines_in(first) == names(messages[:PAGE])
    assert f"{at(talk, f'past/{old.pk}')}?line=message-{messages[PAGE - 1].pk}" in first.text
    assert lines_in(second) == names(messages[PAGE:])
    assert "More of this conversation" not in second.text
    assert "Retry" not in first.text


def test_F9_J7_all_earlier_conversations_are_there_ten_at_a_time(agent, channel, desk):
    old = [past(channel, agent) for _ in range(21)]
    talk = active_interaction(agent, channel=channel, customer_address=NUMBER)
    address = at(talk, "earlier")

    first = desk.get(at(talk)).text
    second = desk.get(address, {"before": old[11].pk}).text
    last = desk.get(address, {"before": old[1].pk}).text

    assert [html.count('class="past"') for html in (first, second, last)] == [10, 10, 1]
    assert f"{address}?before={old[11].pk}" in first
    assert f"{address}?before={old[1].pk}" in second
    assert "Earlier conversations" not in last


NOWHERE = [
    "",
    "x",
    "message-",
    "message-0",
    "message-999999999999999999",
    "message-99999999999999999999999",
    "message--1",
    "message-1\n",
    "case-1",
    "message-\x00",
    "message-\u0661",
]


@pytest.mark.parametrize("line", NOWHERE)
def test_a_line_of_nonsense_is_not_found(agent, channel, desk, talk, line):
    old = past(channel, agent)
    answers = [
        desk.get(at(talk, part), {"line": line})
        for part in ("older", *([] if line == "" else ["thread", f"past/{old.pk}"]))
    ]
    answers.append(desk.get(at(talk, "earlier"), {"before": line or "x"}))

    assert {answer.status_code for answer in answers} == {404}


def test_S3_lines_and_past_conversations_of_others_are_not_found(agent, channel, desk, talk):
    foreign = active_interaction(AgentFactory(), channel=channel, customer_address="+14155550999")
    line = names(texts(foreign, 1))[0]
    own_past = past(channel, agent, messages=1)
    own_past_line = lines_in(desk.get(at(talk, f"past/{own_past.pk}")))[0]
    thief = signed_in(AgentFactory())

    answers = [
        desk.get(at(talk, "older"), {"line": line}),
        desk.get(at(talk, "thread"), {"line": line}),
        desk.get(at(talk, "older"), {"line": own_past_line}),
        desk.get(at(talk, f"past/{foreign.pk}")),
        desk.get(at(talk, f"past/{talk.pk}")),
        desk.get(at(talk, f"past/{own_past.pk}"), {"line": line}),
        desk.get(at(talk, f"past/{10**30}")),
        desk.get(at(foreign, "older"), {"line": line}),
        desk.get(at(foreign, f"past/{own_past.pk}")),
        thief.get(at(talk, f"past/{own_past.pk}")),
        thief.get(at(talk, "older"), {"line": own_past_line}),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


def test_F10_the_age_of_each_message_counts_from_the_start_and_hovering_says_when(
    desk, talk, start
):
    MessageFactory(interaction=talk, created_at=start + timedelta(seconds=41))
    MessageFactory(interaction=talk, created_at=start + timedelta(seconds=3723))

    html = desk.get(at(talk)).text

    assert ">0:41</time>" in html
    assert ">1:02:03</time>" in html
    moment = start + timedelta(seconds=41)
    assert f'datetime="{moment.isoformat()}"' in html
    assert f'title="{moment.day} {moment:%b %Y, %H:%M:%S} UTC"' in html


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (MessageState.QUEUED, "queued"),
        (MessageState.SENDING, "sending"),
        (MessageState.SENT, "sent"),
        (MessageState.DELIVERED, "delivered"),
        (MessageState.FAILED, "failed: The phone is off."),
        (MessageState.UNKNOWN, "may have been sent: The phone is off."),
    ],
)
def test_N2_each_step_of_the_ladder_has_a_mark_and_words(agent, desk, talk, state, words):
    MessageFactory(
        interaction=talk, author=Author.AGENT, agent=agent, state=state, failure="The phone is off."
    )

    ladder = re.search(r'<span class="ladder">.*?</span>', desk.get(at(talk)).text, re.DOTALL)

    assert ladder
    assert "<svg" in ladder.group()
    assert re.sub(r"<.*?>", "", ladder.group(), flags=re.DOTALL).split() == words.split()


def test_automatic_texts_notes_and_what_befell_say_what_they_are(agent, desk, talk):
    MessageFactory(interaction=talk, author=Author.AUTOMATIC, state=MessageState.DELIVERED)
    MessageFactory(interaction=talk, author=Author.AGENT, agent=agent, state=MessageState.SENT)
    maya = AgentFactory(name="Maya Lindqvist")
    MessageFactory(interaction=talk, author=Author.AGENT, agent=maya, state=MessageState.SENT)
    note(agent, talk, "Be gentle")

    html = desk.get(at(talk)).text

    assert '<p class="bubble-who"><bdi>Maya Lindqvist</bdi></p>' in html
    assert '<p class="bubble-who"><bdi>Automatic reply</bdi></p>' in html.replace("\n", "")
    assert '<p class="bubble-who visually-hidden"><bdi>Robin Castillo</bdi></p>' in html
    assert "Note from <bdi>Robin Castillo</bdi> · only colleagues see it" in html
    assert 'role="note"' in html


def words_of(desk, talk) -> str:
    html = desk.get(at(talk)).text
    event = re.search(r'<div id="event-.*?</div>', html, re.DOTALL)
    assert event
    return " ".join(re.sub(r"<.*?>", "", event.group(), flags=re.DOTALL).split())


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        (EventKind.STARTED, {}, "Robin Castillo began this conversation"),
        (
            EventKind.TRANSFERRED,
            {"to": "Policy help", "note": "She <shouts>"},
            "Robin Castillo transferred this conversation to Policy help",
        ),
        (
            EventKind.REQUEUED,
            {"to": "Claims"},
            "Robin Castillo gave this conversation back to the queue Claims",
        ),
        (EventKind.PARKED, {}, "Robin Castillo parked this conversation"),
        (EventKind.PARKED, {"until": "whenever"}, "Robin Castillo parked this conversation"),
        (
            EventKind.PARKED,
            {"until": "2026-11-24T15:30:00+00:00"},
            "Robin Castillo parked this conversation until 24 Nov 2026, 15:30",
        ),
        (EventKind.RESUMED, {"by": "agent"}, "Robin Castillo resumed this conversation"),
        (EventKind.RESUMED, {"by": "text"}, "The customer’s text resumed this conversation"),
        (
            EventKind.RESUMED,
            {"by": "time"},
            "The time came that this conversation was parked until",
        ),
    ],
)
def test_N4_what_befell_is_a_quiet_line_in_words(desk, talk, kind, detail, words):
    befall(talk, kind, talk.agent, at=talk.initiated_at + timedelta(seconds=5), **detail)

    said = words_of(desk, talk)

    assert said.startswith(f"{words} · 0:05")
    assert said.endswith("She &lt;shouts&gt;" if "note" in detail else "0:05")


def test_the_rest_of_the_life_line_is_not_in_the_thread(agent, desk, talk):
    for kind in (EventKind.RECEIVED, EventKind.OFFERED, EventKind.ANSWERED, EventKind.ENDED):
        befall(talk, kind, agent)

    assert lines_in(desk.get(at(talk))) == []


def test_right_to_left_texts_and_names_do_not_turn_what_is_around_them(agent, desk, talk):
    type(agent).objects.update(name="ليلى حسن")
    family = "👨‍👩‍👧‍👦🏳️‍🌈👍🏽"
    for body in ("مرحبا claim 88 من فضلك", family, "\u202eevil", "é" * 1500):
        MessageFactory(interaction=talk, body=body)
    befall(talk, EventKind.PARKED, agent)

    html = desk.get(at(talk)).text

    assert html.count('<p class="bubble-text" dir="auto">') == 4
    assert family in html
    assert "é" * 1500 in html
    assert "<bdi>ليلى حسن</bdi> parked this conversation" in html


@given(st.data())
@settings(max_examples=30)
def test_F9_whatever_the_times_and_pages_every_line_is_shown_once_and_in_order(data):
    """Any mixture of kinds and moments, split at any line."""
    agent = AgentFactory()
    talk = active_interaction(agent)
    for kind, second in data.draw(
        st.lists(
            st.tuples(st.sampled_from(["message", "note", "event"]), st.integers(0, 3)),
            min_size=1,
            max_size=8,
        )
    ):
        moment = talk.initiated_at + timedelta(seconds=second)
        if kind == "message":
            MessageFactory(interaction=talk, created_at=moment)
        elif kind == "note":
            note(agent, talk, "a note", moment)
        else:
            befall(talk, EventKind.PARKED, agent, at=moment)
    talk.refresh_from_db()
    everything = [line.id for line in newest_lines(talk, may_retry=False).lines]
    place = data.draw(st.sampled_from(everything))

    before = older_lines(talk, before=place, may_retry=False)
    since = newest_lines(talk, may_retry=False, since=place)

    assert [line.id for line in (*before.lines, *since.lines)] == everything
    assert since.lines[0].id == place
    assert [line.at for line in before.lines] == sorted(line.at for line in before.lines)
