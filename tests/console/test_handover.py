"""N4 C2: handing over from the desk, and the card of what comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from routing.enums import Author, InteractionState
from routing.models import AgentSkill, Offer
from smsdesk.lib import clock
from tests.console.conftest import at, html_of, park, signed_in, words
from tests.factories import (
    AgentFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    SkillFactory,
    inbound_text,
)

pytestmark = pytest.mark.django_db


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
