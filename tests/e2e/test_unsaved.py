"""What was typed and not saved: kept while time runs, asked about, and forgotten on signing out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.agent import accept_text, sign_in, tiles
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def kept_of(desk: Desk, sender: str):
    return desk.sql(
        """SELECT state, disposition, note FROM routing_interaction
           WHERE customer_address = %s ORDER BY id DESC LIMIT 1""",
        sender,
    )[0]


def test_H5_zero_closes_with_the_words_of_somebody_who_is_still_typing(desk, page, change):
    change("routing_queue", wrap_up_seconds=15)
    accept_text(page, desk, "robin", "+14155550301")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Claim status given")
    page.get_by_label("Note").focus()
    page.keyboard.type("Promised a call. ")
    closed = page.locator("#closed")
    for _ in range(60):
        if closed.is_visible():
            break
        page.keyboard.type("on and on ", delay=50)

    expect(closed).to_contain_text("The wrap-up time ran out; closed with disposition")
    expect(closed).to_contain_text("Claim status given")
    expect(closed).to_contain_text("note kept: “Promised a call. on and on")
    kept = kept_of(desk, "+14155550301")
    assert (kept["state"], kept["disposition"]) == ("CLOSED", "Claim status given")


def test_H12_a_note_that_the_end_came_over_is_offered_in_the_wrap_up(desk, page, change):
    change("routing_queue", wrap_up_seconds=600)
    sender = "+14155550311"
    accept_text(page, desk, "jonas", sender)
    page.keyboard.press("Alt+i")
    page.keyboard.type("Ask Lea")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("about the van")
    desk.sql(
        """UPDATE routing_interaction SET inactivity_due_at = now() - interval '1 second'
           WHERE customer_address = %s""",
        sender,
    )

    expect(page.get_by_role("button", name="Wrap up")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Note")).to_have_value("Ask Lea about the van")
    desk.wait_until(lambda: kept_of(desk, sender)["note"] == "Ask Lea about the van")


def test_H5_zero_leaves_a_new_case_that_is_being_written_to_be_saved(desk, page, change):
    change("routing_queue", wrap_up_seconds=10)
    conversation = accept_text(page, desk, "maya", "+14155550307")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_label("Disposition")).to_be_focused()
    subject = page.get_by_label("Subject")
    subject.fill("A broken")

    expect(page.locator("#closed")).to_be_visible(timeout=40_000)
    expect(subject).to_be_focused()
    page.keyboard.type(" window")
    page.reload()
    expect(page.locator("#closed")).to_be_visible()
    expect(subject).to_have_value("A broken window")
    page.get_by_label("Name").fill("Ines Fawn")
    page.get_by_role("button", name="Save").click()

    def subject_of_log() -> str:
        return desk.scalar(
            """SELECT subject FROM cases_case
               JOIN cases_chatlog AS log ON log.case_id = cases_case.id
               WHERE log.interaction_id = %s""",
            conversation,
        )

    desk.wait_until(lambda: subject_of_log() == "A broken window")


def test_J2_two_devices_wrap_up_together_and_neither_takes_the_others_words(desk, page, open_page):
    accept_text(page, desk, "lea", "+14155550308")
    page.get_by_role("button", name="End", exact=True).click()
    note = page.get_by_label("Note")
    expect(note).to_be_visible()
    other = open_page(storage_state=page.context.storage_state())
    other.goto(page.url)

    note.fill("Promised a call")
    expect(other.get_by_label("Note")).to_have_value("Promised a call")
    note.press_sequentially(" on Monday")
    other.get_by_label("Disposition").select_option("Claim status given")

    expect(page.get_by_label("Disposition")).to_have_value("Claim status given")
    expect(note).to_have_value("Promised a call on Monday")
    expect(other.get_by_label("Note")).to_have_value("Promised a call on Monday")
    page.get_by_role("button", name="Wrap up").click()
    expect(tiles(other)).to_have_count(0)
    kept = kept_of(desk, "+14155550308")
    assert (kept["disposition"], kept["note"]) == (
        "Claim status given",
        "Promised a call on Monday",
    )


def test_what_was_typed_in_wrap_up_outlives_a_reload_and_another_browser(desk, page, open_page):
    accept_text(page, desk, "jonas", "+14155550302")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Claim status given")
    page.get_by_label("Note").fill("Half a")
    desk.wait_until(lambda: kept_of(desk, "+14155550302")["note"] == "Half a")
    page.get_by_label("Note").fill("Half a note")
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("Half a note")
    desk.wait_until(lambda: kept_of(desk, "+14155550302")["note"] == "Half a note")

    other = open_page(storage_state=page.context.storage_state())
    other.goto(page.url)

    expect(other.get_by_label("Note")).to_have_value("Half a note")
    expect(other.get_by_label("Disposition")).to_have_value("Claim status given")
    page.get_by_role("button", name="Wrap up").click()
    expect(tiles(page).filter(has_text="0302")).to_have_count(0)
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
