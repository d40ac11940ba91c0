"""S3: an agent sees and does only what is theirs, and nobody else gets in."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from routing.enums import InteractionState, MessageState, OfferState
from routing.models import Message, Offer
from tests.console.conftest import offer_text, signed_in
from tests.factories import AgentFactory, ChannelFactory, MessageFactory, active_interaction
from tests.factories.agents import UserFactory

pytestmark = pytest.mark.django_db

PAGES = ["/desk/", "/desk/frame"]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(path):
    answer = Client().get(path)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


def test_a_fragment_for_a_stranger_sends_the_whole_page_to_sign_in():
    answer = Client(headers={"HX-Request": "true"}).post("/desk/status", {"status": "Available"})

    assert answer["HX-Redirect"] == "/sign-in/"


def test_polling_as_a_stranger_is_told_so_in_a_status():
    assert Client().post("/desk/frame", headers={"Accept": "application/json"}).status_code == 401


def test_a_supervisor_who_is_no_agent_goes_to_the_admin():
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.get("/desk/")["Location"] == "/admin/"


def test_a_user_who_is_neither_reads_what_is_missing():
    client = Client()
    client.force_login(UserFactory(username="ann"))

    answer = client.get("/desk/")

    assert answer.status_code == 403
    assert "You have no desk yet" in answer.text
    assert "ann" in answer.text


def test_an_agent_signs_in_with_username_and_password():
    agent = AgentFactory()

    answer = Client().post(
        "/sign-in/", {"username": agent.user.username, "password": "secret"}, follow=True
    )

    assert answer.redirect_chain == [("/desk/", 302)]


def test_a_wrong_password_is_answered_with_a_sentence():
    answer = Client().post("/sign-in/", {"username": "nobody", "password": "wrong"})

    assert "do not go together" in answer.text
    assert 'value="nobody"' in answer.text


def test_signing_out_is_a_post():
    desk = signed_in(AgentFactory())

    assert desk.get("/sign-out/").status_code == 405
    assert desk.post("/sign-out/")["HX-Redirect"] == "/sign-in/"
    assert desk.get("/desk/")["HX-Redirect"] == "/sign-in/"


def test_posts_need_the_csrf_token(agent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent.user)

    assert client.post("/desk/status", {"status": "On Break"}).status_code == 403


def test_S3_another_agents_ids_are_not_found_and_nothing_changes(channel, agent, desk):
    foreign = active_interaction(AgentFactory(), channel=ChannelFactory())
    failed = MessageFactory(interaction=foreign, author="AGENT", state=MessageState.FAILED)
    offer = offer_text(channel)
    thief = signed_in(AgentFactory())
    conversation = f"/desk/conversations/{foreign.pk}"

    answers = [
        desk.get(f"{conversation}/"),
        desk.get(f"{conversation}/thread"),
        desk.get(f"{conversation}/earlier", {"before": 10**6}),
        desk.get(f"{conversation}/pane"),
        desk.post(f"{conversation}/messages", {"body": "hi", "client_id": uuid.uuid4()}),
        desk.post(f"{conversation}/end"),
        desk.post(f"{conversation}/wrap-up"),
        desk.post(f"{conversation}/wrap-up/draft", {"note": "mine"}),
        desk.post(f"{conversation}/case", {"name": "A", "subject": "B"}),
        desk.post(f"{conversation}/customer", {"customer": 1}),
        desk.post(f"/desk/messages/{failed.pk}/retry", {"client_id": uuid.uuid4()}),
        thief.post(f"/desk/offers/{offer.pk}/accept"),
        thief.post(f"/desk/offers/{offer.pk}/reject"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 13
    foreign.refresh_from_db()
    assert foreign.state == InteractionState.ACTIVE
    assert foreign.note == ""
    assert list(Message.objects.filter(interaction=foreign)) == [failed]
    assert Offer.objects.get().state == OfferState.PENDING


@pytest.mark.parametrize("status", ["Avail\x00able", "", "No such"])
def test_a_status_of_nonsense_is_answered_with_a_sentence(agent, desk, status):
    answer = desk.post("/desk/status", {"status": status})

    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#alert"
    before = agent.status_id
    agent.refresh_from_db()
    assert agent.status_id == before


NONSENSE = ['"\\000"', '"a\\000bcdefghij"', "..%00/etc", "A" * 32, "x" * 5000, "é" * 12, ""]


@pytest.mark.parametrize("cookie", NONSENSE)
def test_a_session_cookie_of_nonsense_is_no_session(cookie):
    client = Client(headers={"Cookie": f"sessionid={cookie}"})

    assert client.get("/desk/")["Location"].startswith("/sign-in/")
    assert client.get("/sign-in/").status_code == 200


def test_a_session_that_is_not_known_is_no_session():
    client = Client(headers={"Cookie": f"sessionid={'a' * 32}"})

    assert client.get("/desk/")["Location"].startswith("/sign-in/")


def test_nothing_of_a_desk_is_cached(desk):
    answer = desk.get("/desk/")

    assert "no-store" in answer["Cache-Control"]
    assert "HX-Request" in answer["Vary"]


def test_no_page_holds_an_inline_script_style_or_handler(agent):
    client = Client()
    client.force_login(agent.user)
    interaction = active_interaction(agent)

    page = client.get(f"/desk/conversations/{interaction.pk}/")

    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert " style=" not in page.text
    assert " onclick=" not in page.text
    assert page.text.count("<script") == 4  # the theme, the desk, htmx, and a table in JSON
    assert page.text.count("<script src=") == 3
    assert '<script id="segments" type="application/json">' in page.text
