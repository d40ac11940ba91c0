"""C, D, E, F: the strip, the offers and the status as each frame shows them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.enums import StatusReason
from agents.models import Agent
from agents.selectors.agents import agent_of_user
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction
from smsdesk.console.frames import desk_frame, desk_state
from smsdesk.lib import clock
from tests.console.conftest import offer_text
from tests.factories import CustomerFactory, MessageFactory, active_interaction

pytestmark = pytest.mark.django_db


def read(agent: Agent) -> Agent:
    found = agent_of_user(agent.user_id)
    assert found is not None
    return found


def html_of(agent: Agent) -> str:
    return desk_frame(read(agent), clock.now()).html


def state_of(agent: Agent):
    return desk_state(read(agent), clock.now())


def test_a_frame_is_the_desks_version_and_its_whole_state(agent, desk):
    Agent.objects.filter(pk=agent.pk).update(desk_version=7)

    frame = json.loads(desk.get("/desk/frame").content)

    assert frame["version"] == 7
    assert set(frame) == {"type", "version", "now", "html"}
    for part in ("status", "capacity", "waiting", "notice", "strip", "offers", "blank-words"):
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
    offer_text(channel)
    reader = agent_of_user(agent.user_id)
    now = clock.now()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        desk_frame(reader, now)

    # tiles, offers, names by number, names by link, waiting, menu
    assert len(queries) == 6, [query["sql"] for query in queries]


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


def test_F1_the_oldest_accepted_is_on_top(agent):
    now = clock.now()
    late = active_interaction(agent, accepted_at=now)
    early = active_interaction(agent, accepted_at=now - timedelta(minutes=5))

    assert [tile.interaction.pk for tile in state_of(agent).tiles] == [early.pk, late.pk]


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


def test_an_empty_desk_says_what_to_do(agent, desk):
    assert "The next text in your queues comes to you" in html_of(agent)

    desk.post("/desk/status", {"status": "On Break"})
    assert "You are On Break: set Available to receive texts." in html_of(agent)
