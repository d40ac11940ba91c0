"""N4, K2: notes at the desk, whom an @ offers, and the mentions in the top bar."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Mention, Note
from cases.services.notes import add_note
from routing.enums import InteractionState
from routing.models import Interaction, Message
from smsdesk.lib import clock
from tests.console.conftest import signed_in
from tests.factories import AgentFactory, CustomerFactory, active_interaction
from tests.factories.agents import UserFactory

pytestmark = pytest.mark.django_db

NUMBER = "+14155550123"


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address=NUMBER)


@pytest.fixture
def lea(channel):
    return AgentFactory(user=UserFactory(username="lea"), name="Lea Okafor")


@pytest.fixture
def case():
    now = clock.now()
    customer = CustomerFactory(name="Dana Whitfield")
    return Case.objects.create(
        customer=customer, subject="Windscreen", opened_at=now, updated_at=now
    )


def add(desk, talk, body):
    return desk.post(f"/desk/conversations/{talk.pk}/notes", {"body": body})


def frame(desk) -> str:
    return desk.get("/desk/frame").json()["html"]


def test_N4_a_note_appears_in_the_thread_and_no_text_is_made(desk, talk, lea):
    answer = add(desk, talk, "Ask <b>@lea</b>,\r\nor @nobody, @LEA")

    note = Note.objects.get()
    assert note.body == "Ask <b>@lea</b>,\nor @nobody, @LEA"
    assert f'id="note-{note.pk}"' in answer.text
    assert "Ask &lt;b&gt;@lea&lt;/b&gt;" in answer.text
    assert '<b class="mention" title="Lea Okafor">@LEA</b>' in answer.text
    assert json.loads(answer["HX-Trigger"]) == {"desk:noted": {"strangers": ["nobody"]}}
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("", 422, "There is nothing to add yet"),
        (" \r\n ", 409, "Write the note first"),
        ("a\x00b", 422, "a character in this that cannot be kept"),
        ("x" * 4001, 409, "at most 4000"),
    ],
)
def test_N4_a_note_that_cannot_be_kept_is_answered_beside_its_box(
    desk, talk, body, status, sentence
):
    answer = add(desk, talk, body)

    assert (answer.status_code, answer["HX-Retarget"]) == (status, "#note-alert")
    assert sentence in answer.text
    assert not Note.objects.exists()


def test_N4_the_note_box_is_another_box_than_the_composer(desk, talk):
    html = desk.get(f"/desk/conversations/{talk.pk}/").text
    composer = html[html.index('id="composer"') :]
    box = html[html.index('id="note-form"') : html.index('id="composer"')]

    assert f'hx-post="/desk/conversations/{talk.pk}/notes"' in box
    assert "the customer never sees it" in box
    assert "hidden>" in box
    assert f'data-draft="internal-note-{talk.pk}"' in box
    assert "/notes" not in composer
    assert 'data-mode="note-form"' in html


def test_N4_there_is_no_note_box_in_wrap_up_and_after_it(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")

    assert 'id="note-form"' not in desk.get(f"/desk/conversations/{talk.pk}/").text


def test_N4_the_frame_counts_the_mentions_and_the_list_tells_them(agent, desk, talk, lea, case):
    add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea one", now=clock.now())
    add_note(case_id=case.pk, agent_id=agent.pk, body="@lea <two>", now=clock.now())
    colleague = signed_in(lea)

    assert "Mentions: 2 unseen" in frame(colleague)
    assert "Mentions:" not in frame(desk)
    html = colleague.get("/desk/mentions").text
    assert html.index("&lt;two&gt;") < html.index(" one")
    assert "Robin Castillo" in html
    assert f"case #{case.number}, Dana Whitfield" in html
    assert "+1 415-555-0123" in html


def test_N4_opening_a_mention_goes_to_the_conversation_where_it_is_ones_own(agent, desk, talk, lea):
    add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea", now=clock.now())
    Interaction.objects.filter(pk=talk.pk).update(agent=lea)
    mention = Mention.objects.get()

    answer = signed_in(lea).post(f"/desk/mentions/{mention.pk}/open")

    assert json.loads(answer["HX-Location"]) == {
        "path": f"/desk/conversations/{talk.pk}/",
        "target": "#work",
        "swap": "outerHTML",
    }
    mention.refresh_from_db()
    assert mention.seen_at is not None
    assert "Mentions:" not in frame(signed_in(lea))


def test_N4_opening_a_mention_goes_to_the_case_where_the_conversation_is_a_colleagues(
    agent, talk, lea, case
):
    added = add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea", now=clock.now())
    Note.objects.filter(pk=added.note.pk).update(case=case)

    answer = signed_in(lea).post(f"/desk/mentions/{Mention.objects.get().pk}/open")

    assert json.loads(answer["HX-Location"])["path"] == f"/desk/cases/{case.pk}/"


def test_N4_a_mention_without_a_page_is_read_in_the_list_and_marked_as_seen(agent, talk, lea):
    add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea call me", now=clock.now())
    colleague = signed_in(lea)
    before = colleague.get("/desk/mentions").text

    answer = colleague.post(f"/desk/mentions/{Mention.objects.get().pk}/open")

    assert " call me" in before
    assert ">Seen<" in before
    assert "You have opened all of them." in answer.text
    assert "HX-Location" not in answer


def test_N4_a_mention_of_a_colleague_is_not_found_and_stays_unseen(agent, desk, talk, lea):
    add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea", now=clock.now())

    answer = desk.post(f"/desk/mentions/{Mention.objects.get().pk}/open")

    assert answer.status_code == 404
    assert Mention.objects.get().seen_at is None


@pytest.mark.parametrize("many", [1, 10])
def test_N4_the_list_of_mentions_costs_the_same_however_long(agent, talk, lea, case, many):
    for _ in range(many):
        add_note(interaction_id=talk.pk, agent_id=agent.pk, body="@lea", now=clock.now())
        add_note(case_id=case.pk, agent_id=agent.pk, body="@lea", now=clock.now())
    colleague = signed_in(lea)

    with CaptureQueriesContext(connection) as queries:
        colleague.get("/desk/mentions")

    # session, agent; mentions, whom their notes name, and the names of the conversations
    assert len(queries) == 6, [query["sql"] for query in queries]


def test_K2_any_agent_notes_on_any_case_and_its_page_shows_the_notes(agent, talk, lea, case):
    added = add_note(interaction_id=talk.pk, agent_id=agent.pk, body="first", now=clock.now())
    Note.objects.filter(pk=added.note.pk).update(case=case)

    answer = signed_in(lea).post(f"/desk/cases/{case.pk}/notes", {"body": "second, @robin"})

    assert answer.text.index("first") < answer.text.index("second")
    assert "Lea Okafor" in answer.text
    assert f'hx-post="/desk/cases/{case.pk}/notes"' in answer.text
    assert json.loads(answer["HX-Trigger"]) == {"desk:noted": {"strangers": ["robin"]}}
    assert signed_in(lea).post("/desk/cases/999999/notes", {"body": "x"}).status_code == 404
    page = signed_in(lea).get(f"/desk/cases/{case.pk}/").text
    assert page.index("first") < page.index("second")


def test_N4_colleagues_are_offered_by_what_is_typed_behind_the_at(agent, desk, lea):
    AgentFactory(user=UserFactory(username="left", is_active=False), name="Lee Gone")

    answer = desk.get("/desk/colleagues", {"words": "le"})

    assert answer.text.count('role="option"') == 1
    assert 'data-username="lea"' in answer.text
    assert "Lea Okafor" in answer.text
    assert desk.get("/desk/colleagues", {"words": "zz"}).text.strip() == ""
    assert desk.get("/desk/colleagues", {"words": "\x00"}).status_code == 204


def test_N4_notes_stay_with_a_conversation_that_is_handed_on(agent, desk, talk, lea):
    add(desk, talk, "She prefers to be called Ms. W.")
    Interaction.objects.filter(pk=talk.pk).update(agent=lea)

    html = signed_in(lea).get(f"/desk/conversations/{talk.pk}/").text

    assert "She prefers to be called Ms. W." in html
    assert desk.get(f"/desk/conversations/{talk.pk}/").status_code == 404
    assert add(desk, talk, "too late").status_code == 404
    assert Note.objects.count() == 1


def test_N4_the_notes_of_past_conversations_are_in_their_threads(agent, channel, desk, talk):
    add(desk, talk, "Twice promised")
    Interaction.objects.filter(pk=talk.pk).update(
        state=InteractionState.CLOSED, closed_at=clock.now()
    )
    again = active_interaction(agent, channel=channel, customer_address=NUMBER)

    assert "Twice promised" in desk.get(f"/desk/conversations/{again.pk}/past/{talk.pk}").text
