"""E1 N4: signing out with conversations open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from agents.models import Agent
from routing.enums import EventKind, InteractionState
from routing.models import Interaction, Offer
from smsdesk.lib import clock
from tests.console.conftest import at, park, words
from tests.factories import (
    AgentFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db


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
