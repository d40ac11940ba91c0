"""The main job, end to end: daphne, worker and beat in their own processes, and a real browser.

1. Dana, a customer on file, texts the claims number from the handset.
2. Robin sees the offer, accepts, and Dana's record pops.
3. Robin answers; the handset shows the answer, and the desk shows it delivered.
4. Somebody new texts meanwhile; Robin takes both at once and saves a new case.
5. Robin ends with Dana, must choose a disposition, and wraps up.
6. The chat log is on Dana's case, and the next agent sees it.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.agent import set_status, sign_in, tiles
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

DANA = "+14155550101"
NEWCOMER = "+14155550103"


def text_from(handset: Page, desk: Desk, phone: str, words: str) -> None:
    handset.goto(f"{desk.base_url}/handset/?phone={phone.replace('+', '%2B')}")
    handset.get_by_label("Text message").fill(words)
    handset.get_by_role("button", name="Send text").click()
    expect(handset.get_by_role("log", name="Messages")).to_contain_text(words)


def test_the_main_job_from_first_text_to_wrapped_up_case(desk, open_page):
    robin, handset = open_page(), open_page()
    sign_in(robin, desk, "robin")
    set_status(robin, "Available")

    text_from(handset, desk, DANA, "Is my claim paid yet?")
    offer = robin.get_by_role("alertdialog", name="SMS Chat Request")
    expect(offer).to_contain_text(f"SMS{DANA}")
    expect(offer).to_contain_text("Is my claim paid yet?")
    offer.get_by_role("button", name="Accept").click()

    expect(tiles(robin)).to_have_count(1)
    expect(tiles(robin).first).to_have_accessible_name(re.compile("^Dana Whitfield"))
    expect(robin.get_by_role("log", name="Messages")).to_contain_text("Is my claim paid yet?")
    expect(robin.get_by_role("tabpanel", name="Customer")).to_contain_text("2210 Alder Street")

    robin.get_by_role("textbox", name="Message").fill("Yes, on Monday 🎉 – shall I text you?")
    robin.keyboard.press("Enter")
    expect(handset.get_by_role("log", name="Messages")).to_contain_text("Yes, on Monday 🎉")
    answer = robin.locator(".bubble.agent").last
    expect(answer).to_contain_text("delivered")

    text_from(handset, desk, NEWCOMER, "I hit a deer")
    offer = robin.get_by_role("alertdialog", name="SMS Chat Request")
    expect(offer).to_contain_text("no match")
    offer.get_by_role("button", name="Accept").click()
    expect(tiles(robin)).to_have_count(2)
    expect(tiles(robin).first).to_have_accessible_name(re.compile("^Dana Whitfield"))
    new_case = robin.get_by_role("tabpanel", name="Customer")
    expect(new_case.get_by_label("Phone")).to_have_value(re.compile("415.555.0103"))
    new_case.get_by_label("Name").fill("Ines Fawn")
    new_case.get_by_label("Subject").fill("Collision with a deer")
    new_case.get_by_role("button", name="Save").click()
    expect(tiles(robin).nth(1)).to_have_accessible_name(re.compile("^Ines Fawn"))

    tiles(robin).first.click()
    expect(robin.get_by_role("heading", name="Dana Whitfield", level=1)).to_be_visible()
    robin.get_by_role("button", name="End", exact=True).click()
    robin.get_by_role("button", name="Wrap up").click()
    expect(robin.get_by_role("alert").filter(has_text="disposition")).to_be_visible()
    robin.get_by_label("Disposition").select_option("Claim status given")
    robin.get_by_role("button", name="Wrap up").click()
    expect(tiles(robin)).to_have_count(1)

    log = desk.sql(
        """SELECT log.*, customer.name FROM cases_chatlog log
           JOIN cases_case ON cases_case.id = log.case_id
           JOIN cases_customer customer ON customer.id = cases_case.customer_id
           ORDER BY log.id DESC LIMIT 1"""
    )[0]
    assert log["name"] == "Dana Whitfield"
    assert log["disposition"] == "Claim status given"
    assert "Customer: Is my claim paid yet?" in log["transcript"]
    assert "Robin Castillo: Yes, on Monday 🎉" in log["transcript"]

    text_from(handset, desk, DANA, "One more thing")
    robin.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    expect(robin.get_by_role("button", name="End", exact=True)).to_be_visible()
    robin.get_by_role("tab", name="History").click()
    expect(robin.get_by_role("tabpanel", name="History")).to_contain_text("Claim status given")


def test_J2_J3_two_browsers_of_one_agent_show_the_same(desk, open_page):
    first, second = open_page(), open_page()
    sign_in(first, desk, "jonas")
    sign_in(second, desk, "jonas")
    set_status(first, "Available")
    expect(second.locator("#status-name")).to_have_text("Available")

    desk.inbound("+14155550777", "which one of you?")
    expect(second.get_by_role("alertdialog")).to_be_visible()
    first.get_by_role("alertdialog").get_by_role("button", name="Accept").click()

    expect(second.get_by_role("alertdialog")).to_have_count(0)
    tiles(second).first.click()
    first.get_by_role("textbox", name="Message").fill("Both of us.")
    first.get_by_role("button", name="Send").click()
    expect(second.get_by_role("log", name="Messages")).to_contain_text("Both of us.")

    desk.inbound("+14155550777", "Then both of you, hurry!")
    for device in (first, second):
        expect(device.get_by_role("log", name="Messages")).to_contain_text("hurry!")
        expect(tiles(device)).to_have_accessible_name(re.compile(", 1 unread message$"))


def test_J_a_desk_that_was_offline_shows_everything_when_it_is_back(desk, open_page):
    lea = open_page()
    sign_in(lea, desk, "lea")
    set_status(lea, "Available")
    desk.inbound("+14155550888", "before the tunnel", to="+14155550188")
    lea.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    lea.get_by_role("textbox", name="Message").fill("half a sen")

    lea.context.set_offline(True)
    desk.inbound("+14155550888", "inside the tunnel", to="+14155550188")
    bar = lea.get_by_text("Connection lost, reconnecting… Nothing is lost.")
    expect(bar).to_be_visible()
    lea.context.set_offline(False)

    expect(bar).to_have_count(0)
    expect(lea.get_by_role("log", name="Messages")).to_contain_text("inside the tunnel")
    expect(lea.get_by_role("textbox", name="Message")).to_have_value("half a sen")
    set_status(lea, "On Break")


def test_C4_an_agent_without_the_permission_cannot_reject(desk, open_page):
    maya = open_page()
    sign_in(maya, desk, "maya")
    set_status(maya, "Available")

    desk.inbound("+14155550999", "take me")

    reject = maya.get_by_role("alertdialog").get_by_role("button", name="Reject")
    expect(reject).to_be_disabled()
    expect(reject).to_have_accessible_description(re.compile("permission"))


def test_S7_a_text_is_shown_as_text(desk, open_page):
    jonas = open_page()
    sign_in(jonas, desk, "jonas")
    set_status(jonas, "Available")
    evil = "<img src=x onerror=document.title='owned'> {{7*7}} javascript:alert(1)"

    desk.inbound("+14155550666", evil)
    offer = jonas.get_by_role("alertdialog").filter(has_text="+14155550666")
    offer.get_by_role("button", name="Accept").click()

    log = jonas.get_by_role("log", name="Messages")
    expect(log).to_contain_text(evil)
    assert log.locator("img").count() == 0
    assert "owned" not in jonas.title()
