"""C, D, E: the offers and the status as each frame shows them."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from agents.enums import StatusReason
from agents.models import Agent
from agents.selectors.agents import agent_of_user
from cases.models import Case
from routing.enums import InteractionState
from routing.models import Interaction
from smsdesk.console.frames import desk_frame
from smsdesk.lib import clock
from tests.console.conftest import html_of, offer_text
from tests.factories import AgentFactory, CustomerFactory, MessageFactory, active_interaction

pytestmark = pytest.mark.django_db


def test_a_frame_is_the_desks_version_and_its_whole_state(agent, desk):
    Agent.objects.filter(pk=agent.pk).update(desk_version=7)

    frame = json.loads(desk.get("/desk/frame").content)

    assert frame["version"] == 7
    assert set(frame) == {"type", "version", "now", "html"}
    for part in (
        "status",
        "capacity",
        "waiting",
        "mentions",
        "notice",
        "strip",
        "offers",
        "blank-words",
    ):
        assert f'id="{part}"' in frame["html"]


def test_N7_polling_without_a_socket_is_a_heartbeat(agent, desk):
    Agent.objects.filter(pk=agent.pk).update(present=False, presence_due_at=None)

    desk.get("/desk/frame")
    agent.refresh_from_db()
    assert not agent.present

    desk.post("/desk/frame")
    agent.refresh_from_db()
    assert agent.present


@pytest.mark.parametrize("conversations", [1, 10])
def test_a_frame_costs_six_queries_however_full_the_desk(channel, agent, conversations):
    Agent.objects.filter(pk=agent.pk).update(limit=12)
    for number in range(conversations):
        interaction = active_interaction(
            agent, channel=channel, customer_address=f"+1415555{1000 + number}"
        )
        MessageFactory(interaction=interaction)
        CustomerFactory(phones=[interaction.customer_address])
    for number in range(1, 3 if conversations > 1 else 2):
        CustomerFactory(phones=[f"+1646555{number:04}"])
        offer_text(channel, f"+1646555{number:04}")
    reader = agent_of_user(agent.user_id)
    now = clock.now()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        desk_frame(reader, now)

    # conversations, offers, the rules of sending, menu, last cases, and in one what waits, mentions
    # and whether there is a channel to text first over
    assert len(queries) == 6, [query["sql"] for query in queries]


def test_a_frame_makes_no_sql_anew(channel, agent, monkeypatch):
    active_interaction(agent, channel=channel)
    offer_text(channel, "+16465550199")
    reader = agent_of_user(agent.user_id)
    desk_frame(reader, clock.now())
    made = []
    make = SQLCompiler.as_sql

    def as_sql(self, *args, **kwargs):
        made.append(self.query.model.__name__)
        return make(self, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "as_sql", as_sql)
    desk_frame(reader, clock.now())

    assert made == []


def test_C2_C5_C6_an_offer_shows_what_it_is_before_it_is_accepted(channel, agent):
    CustomerFactory(name="Ada Lovelace", phones=["+14155550123"])
    offer_text(channel, body="My <b>car</b> broke down")

    html = html_of(agent)

    assert 'role="alertdialog"' in html
    assert "SMS Chat Request" in html
    assert "SMS+14155550123" in html
    assert "1 match: Ada Lovelace" in html
    assert "My &lt;b&gt;car&lt;/b&gt; broke down" in html
    assert channel.queue.name in html


@pytest.mark.parametrize(
    ("customers", "words"),
    [(0, "no match: a new customer"), (2, "2 matches: choose after accepting")],
)
def test_C8_an_offer_counts_the_matching_records(channel, agent, customers, words):
    for _ in range(customers):
        CustomerFactory(phones=["+14155550123"])
    offer_text(channel)

    assert words in html_of(agent)


def test_C4_reject_is_disabled_with_the_reason_without_permission(channel, agent, desk):
    Agent.objects.filter(pk=agent.pk).update(may_reject=False)
    offer = offer_text(channel)

    html = html_of(agent)
    answer = desk.post(f"/desk/offers/{offer.pk}/reject")

    assert f'disabled aria-describedby="no-reject-{offer.pk}"' in html
    assert "Rejecting needs a permission" in html
    assert answer.status_code == 403
    assert "permission to reject" in answer.text
    assert answer["HX-Retarget"] == "#alert"


def test_C1_accepting_opens_the_conversation(channel, agent, desk):
    offer = offer_text(channel)

    answer = desk.post(f"/desk/offers/{offer.pk}/accept")

    interaction = Interaction.objects.get()
    assert interaction.state == InteractionState.ACTIVE
    assert interaction.agent == agent
    assert answer["HX-Push-Url"] == f"/desk/conversations/{interaction.pk}/"
    assert 'id="message"' in answer.text


def test_accepting_twice_opens_the_same_conversation_again(channel, desk):
    offer = offer_text(channel)

    first = desk.post(f"/desk/offers/{offer.pk}/accept")
    second = desk.post(f"/desk/offers/{offer.pk}/accept")

    assert first["HX-Push-Url"] == second["HX-Push-Url"]


def test_an_offer_that_is_gone_is_answered_with_where_it_went(channel, agent, desk):
    offer = offer_text(channel)
    desk.post(f"/desk/offers/{offer.pk}/reject")

    answer = desk.post(f"/desk/offers/{offer.pk}/accept")

    assert answer.status_code == 409
    assert "it went on to a colleague" in answer.text


def test_C3_rejecting_shows_why_and_how_to_come_back(channel, agent, desk):
    offer = offer_text(channel)

    assert desk.post(f"/desk/offers/{offer.pk}/reject").status_code == 204

    html = html_of(agent)
    assert "because you rejected an offer" in html
    assert "Back to Available" in html
    assert 'role="alertdialog"' not in html


def test_a_break_of_ones_own_choice_is_not_explained(agent):
    Agent.objects.filter(pk=agent.pk).update(status_reason=StatusReason.LAPSED)

    assert "Back to Available" not in html_of(agent)  # Available


def test_E1_the_menu_sets_the_status(agent, desk):
    assert desk.post("/desk/status", {"status": "On Break"}).status_code == 204
    agent.refresh_from_db()
    assert agent.status.name == "On Break"
    assert agent.status_reason == StatusReason.CHOSEN

    answer = desk.post("/desk/status", {"status": "Gone Fishing"})
    assert answer.status_code == 422
    assert "no status called" in answer.text


def test_D10_stop_new_keeps_the_status(agent, desk):
    desk.post("/desk/stop-new", {"stop": "on"})
    desk.post("/desk/stop-new", {"stop": "on"})

    agent.refresh_from_db()
    assert agent.stop_new
    assert agent.status.name == "Available"
    assert 'aria-checked="true"' in html_of(agent)

    desk.post("/desk/stop-new", {"stop": "off"})
    agent.refresh_from_db()
    assert not agent.stop_new


def test_D1_the_load_and_the_waiting_texts_are_counted(channel, agent, desk):
    active_interaction(agent, channel=channel)
    desk.post("/desk/stop-new", {"stop": "on"})
    with pytest.raises(Exception, match="does not exist"):
        offer_text(channel)

    html = html_of(agent)

    assert "1/6" in html
    assert "<b>1</b> waiting" in html


def test_an_empty_desk_says_what_to_do(agent, desk):
    assert "The next text in your queues comes to you" in html_of(agent)

    desk.post("/desk/status", {"status": "On Break"})
    assert "You are On Break: set Available to receive texts." in html_of(agent)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (StatusReason.CHOSEN, "because you chose it."),
        (StatusReason.WRAPPED_UP, "because you finished wrapping up."),
        (StatusReason.SUPERVISOR, "because a supervisor set it."),
        (StatusReason.LAPSED, "because an offer lapsed before you took it."),
    ],
)
def test_E2_E3_the_menu_says_why_the_status_is_what_it_is(agent, reason, words):
    Agent.objects.filter(pk=agent.pk).update(status_reason=reason)

    html = html_of(agent)

    assert 'aria-describedby="status-name status-why"' in html
    assert words in html


def test_C2_the_last_case_of_the_one_who_matches_is_previewed(channel, agent):
    customer = CustomerFactory(name="Ada Lovelace", phones=["+14155550123"])
    now = clock.now()
    for subject, days in (("Hail damage", 2), ("Broken <window>", 1), ("Lost keys", 3)):
        case = Case.objects.create(
            customer=customer, subject=subject, opened_at=now, updated_at=now - timedelta(days=days)
        )
        if days == 1:
            last = case
    offer_text(channel)

    html = html_of(agent)

    assert f"#{last.number}</a>" in html.partition("Last case")[2]
    assert "Broken &lt;window&gt;" in html
    assert '<span class="tag open">open</span>' in html
    assert "Hail damage" not in html


@pytest.mark.parametrize("customers", [0, 2])
def test_C2_no_case_is_previewed_of_nobody_or_of_several(channel, agent, customers):
    now = clock.now()
    for _ in range(customers):
        Case.objects.create(
            customer=CustomerFactory(phones=["+14155550123"]),
            subject="Hail damage",
            opened_at=now,
            updated_at=now,
        )
    offer_text(channel)

    assert "Last case" not in html_of(agent)


@pytest.mark.parametrize(("customers", "badge"), [(0, []), (1, ["1"]), (3, ["3"])])
def test_C8_the_avatar_of_an_accepted_conversation_counts_the_matching_records(
    channel, desk, customers, badge
):
    for _ in range(customers):
        CustomerFactory(phones=["+14155550123"])
    offer = offer_text(channel)

    answer = desk.post(f"/desk/offers/{offer.pk}/accept")

    assert re.findall(r'class="badge[^>]*>.*?(\d+)</span>', answer.text) == badge


def test_N12_the_alerts_are_kept_and_follow_on_every_desk(agent, desk):
    assert 'data-alert-sound="on"' in html_of(agent)

    answer = desk.post("/desk/alerts", {"desktop": "on", "title": "on"})

    assert answer.status_code == 204
    html = html_of(agent)
    assert 'data-alert-sound="off"' in html
    assert 'data-alert-desktop="on"' in html
    assert 'data-alert-title="on"' in html
    page = desk.get("/desk/", headers={"HX-Request": ""}).text
    assert 'name="sound">' in page
    assert 'name="title" checked>' in page


def test_J4_a_desk_that_polls_is_told_once_what_was_missed(channel, agent, desk):
    interaction = active_interaction(agent, channel=channel)
    since = clock.now() - timedelta(minutes=5)
    MessageFactory(interaction=interaction, created_at=since - timedelta(seconds=1))
    MessageFactory(interaction=interaction)
    MessageFactory(interaction=interaction)
    MessageFactory(interaction=active_interaction(agent, channel=channel))
    MessageFactory(interaction=active_interaction(AgentFactory(), channel=channel))
    Agent.objects.filter(pk=agent.pk).update(present=False, absent_since=since)

    first, second = (json.loads(desk.post("/desk/frame").content) for _ in range(2))

    assert first["missed"] == "While you were away: 3 new texts in 2 conversations."
    assert "missed" not in second


def test_J4_nothing_is_said_where_nothing_came(agent, desk):
    Agent.objects.filter(pk=agent.pk).update(present=False, absent_since=clock.now())

    assert "missed" not in json.loads(desk.post("/desk/frame").content)
