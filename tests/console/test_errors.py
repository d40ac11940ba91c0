"""Pages that say what went wrong: they lead back to the desk and blame nobody."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.test import Client

from smsdesk.console.views import desk as desk_views

BACK = '<a class="button primary big" href="/desk/">Back to the desk</a>'


@pytest.fixture
def browser(agent) -> Client:
    """An agent's browser that asks for whole pages, and means its CSRF tokens."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(agent.user)
    return client


def test_an_address_that_leads_nowhere_leads_back_to_the_desk(browser):
    for address in (
        "/no/such/page",
        "/desk/conversations/4711/",
        "/desk/conversations/9" + "9" * 30 + "/",
    ):
        answer = browser.get(address)

        assert answer.status_code == 404
        assert "Nothing was lost" in answer.text
        assert BACK in answer.text


def test_what_is_not_allowed_is_said_kindly(browser, monkeypatch):
    def refuse(*_args):
        raise PermissionDenied

    monkeypatch.setattr(desk_views, "desk_state", refuse)

    answer = browser.get("/desk/")

    assert answer.status_code == 403
    assert "You may not do this" in answer.text
    assert BACK in answer.text


def test_a_failure_of_ours_is_said_plainly(browser, monkeypatch):
    def fail(*_args):
        raise RuntimeError("broken")

    monkeypatch.setattr(desk_views, "desk_state", fail)

    answer = browser.get("/desk/")

    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert BACK in answer.text
    assert "broken" not in answer.text


def test_the_page_of_a_failure_needs_no_database_no_context_and_no_list_of_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "smsdesk.lib.assets.Assets"},
    }

    html = render_to_string("500.html")  # without the database: pytest refuses it here

    assert 'href="/static/css/desk/tokens.css"' in html
    assert BACK in html


def test_a_form_of_an_old_page_is_refused_with_a_way_on(browser):
    answer = browser.post("/desk/status", {"status": "Available"})

    assert answer.status_code == 403
    assert "That page was out of date" in answer.text
    assert BACK in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_an_old_sign_in_page_leads_an_agent_who_is_signed_in_to_the_desk(browser):
    answer = browser.post("/sign-in/", {"username": "any", "password": "any"})

    assert answer.status_code == 302
    assert answer["Location"] == "/desk/"


@pytest.mark.django_db
def test_an_old_sign_in_page_of_a_stranger_signs_nobody_in(agent):
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/sign-in/", {"username": agent.user.username, "password": "secret"})

    assert answer.status_code == 403
    assert "That page was out of date" in answer.text
    assert "sessionid" not in client.cookies


@pytest.mark.django_db
def test_signing_out_once_more_leads_to_sign_in():
    answer = Client(enforce_csrf_checks=True).post("/sign-out/")

    assert answer["Location"] == "/sign-in/"
