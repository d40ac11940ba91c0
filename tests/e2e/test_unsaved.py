"""What was typed and not saved: kept while time runs, asked about, and forgotten on signing out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.test_conversation import set_status, sign_in, tiles
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def desk(desk_maker):
    desk = desk_maker()
    yield desk
    desk.end()


@pytest.fixture(autouse=True)
def _everybody_on_break(desk):
    """So that the next test's text is offered to its own agent."""
    yield
    desk.sql(
        """UPDATE agents_agent SET status_id =
           (SELECT id FROM agents_statuscode WHERE name = 'On Break')"""
    )


def accept_text(page: Page, desk: Desk, username: str, sender: str) -> None:
    """Sign in and take the one text that comes in."""
    sign_in(page, desk, username)
    set_status(page, "Available")
    desk.inbound(sender, "hello")
    page.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()


def kept_of(desk: Desk, sender: str):
    return desk.sql(
        """SELECT state, disposition, note FROM routing_interaction
           WHERE customer_address = %s ORDER BY id DESC LIMIT 1""",
        sender,
    )[0]


def test_H5_zero_closes_with_the_words_of_somebody_who_is_still_typing(desk, page):
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 8")
    accept_text(page, desk, "robin", "+14155550301")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Claim status given")
    page.get_by_label("Note").focus()
    page.keyboard.type("Promised a call. " + "on and on " * 12, delay=100)

    closed = page.locator("#closed")
    expect(closed).to_contain_text("The wrap-up time ran out; closed with disposition")
    expect(closed).to_contain_text("Claim status given")
    expect(closed).to_contain_text("note kept: “Promised a call. on and on")
    kept = kept_of(desk, "+14155550301")
    assert (kept["state"], kept["disposition"]) == ("CLOSED", "Claim status given")
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 60")


def test_what_was_typed_in_wrap_up_outlives_a_reload_and_another_browser(desk, page, browser):
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 60")
    accept_text(page, desk, "jonas", "+14155550302")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Claim status given")
    page.get_by_label("Note").fill("Half a")
    desk.wait_until(lambda: kept_of(desk, "+14155550302")["note"] == "Half a")
    page.get_by_label("Note").fill("Half a note")
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("Half a note")
    desk.wait_until(lambda: kept_of(desk, "+14155550302")["note"] == "Half a note")

    other = browser.new_context(storage_state=page.context.storage_state()).new_page()
    other.goto(page.url)

    expect(other.get_by_label("Note")).to_have_value("Half a note")
    expect(other.get_by_label("Disposition")).to_have_value("Claim status given")
    other.context.close()
    page.get_by_role("button", name="Wrap up").click()
    expect(tiles(page)).to_have_count(0)
    assert kept_of(desk, "+14155550302")["note"] == "Half a note"


def test_a_new_case_that_is_not_saved_is_asked_about_before_wrap_up(desk, page):
    accept_text(page, desk, "lea", "+14155550303")
    page.get_by_label("Subject").fill("A broken window")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("A broken window")
    page.get_by_label("Disposition").select_option("Claim status given")

    page.get_by_role("button", name="Wrap up").click()
    question = page.get_by_role(
        "dialog", name="The New case form is not saved. Wrap up without it?"
    )
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    assert kept_of(desk, "+14155550303")["state"] == "WRAP_UP"
    expect(page.get_by_label("Subject")).to_have_value("A broken window")

    page.get_by_role("button", name="Wrap up").click()
    question.get_by_role("button", name="Wrap up").click()
    expect(tiles(page)).to_have_count(0)
    assert kept_of(desk, "+14155550303")["state"] == "CLOSED"
    drafts = "() => Object.keys(sessionStorage).filter((key) => key.startsWith('case-'))"
    desk.wait_until(lambda: page.evaluate(drafts) == [])  # the frame may be quicker than the answer


def test_signing_out_in_one_tab_takes_the_drafts_of_the_others_along(
    desk, page, browser_context: BrowserContext
):
    accept_text(page, desk, "maya", "+14155550304")
    page.get_by_role("textbox", name="Message").fill("My secret is")
    other = browser_context.new_page()
    other.goto(f"{desk.base_url}/desk/")

    other.locator(".me summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.get_by_role("button", name="Sign out anyway").click()

    expect(page).to_have_url(re.compile(r"/sign-in/\?next="), timeout=15_000)
    assert page.evaluate("() => sessionStorage.length") == 0


def test_N21_what_was_typed_outlives_a_session_that_ran_out(desk, page):
    accept_text(page, desk, "jonas", "+14155550305")
    page.get_by_label("Subject").fill("A broken window")
    page.get_by_role("textbox", name="Message").fill("One moment")
    # The hours of a shift later, by the clock of browser and database alike.
    page.evaluate("() => { document.body.dataset.ends = document.body.dataset.now; }")
    desk.sql("UPDATE django_session SET expire_date = now() - interval '1 second'")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next="), timeout=15_000)

    page.get_by_label("Username").fill("jonas")
    page.get_by_label("Password").fill(desk.password_of("jonas"))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("textbox", name="Message")).to_have_value("One moment")
    expect(page.get_by_label("Subject")).to_have_value("A broken window")


def test_an_old_sign_in_page_leads_on_to_the_desk(desk, page, browser_context: BrowserContext):
    old = browser_context.new_page()
    old.goto(f"{desk.base_url}/sign-in/")
    sign_in(page, desk, "robin")

    old.get_by_label("Username").fill("robin")
    old.get_by_label("Password").fill(desk.password_of("robin"))
    old.get_by_role("button", name="Sign in").click()

    expect(old.get_by_role("button", name="Change status")).to_be_visible()


def test_a_message_that_is_not_sent_is_asked_about_before_the_end(desk, page):
    accept_text(page, desk, "robin", "+14155550306")
    page.get_by_role("textbox", name="Message").fill("A long answer")

    page.keyboard.press("Alt+e")
    question = page.get_by_role("dialog", name="What you have written is not sent")
    question.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("A long answer")
    assert kept_of(desk, "+14155550306")["state"] == "ACTIVE"

    page.get_by_role("button", name="End", exact=True).click()
    question.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("button", name="Wrap up")).to_be_visible()
