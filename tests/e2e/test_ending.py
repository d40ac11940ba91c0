"""H2 H6 N4 N8 E1: ending and handing over, in real browsers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.agent import accept_text, offer_on, set_status, sign_in, tiles
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

TOMORROW_NINE = """() => {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  day.setHours(9, 0, 0, 0);
  return day.toISOString();
}"""


def state_of(desk: Desk, sender: str) -> str:
    return desk.scalar("SELECT state FROM routing_interaction WHERE customer_address = %s", sender)


def test_N4_N8_a_colleague_takes_it_with_the_note_and_reads_why(desk, open_page):
    robin, lea = open_page(), open_page()
    accept_text(robin, desk, "robin", "+14155550401")
    sign_in(lea, desk, "lea")
    robin.keyboard.press("Alt+h")
    dialog = robin.get_by_role("dialog", name="Hand over")
    expect(dialog.get_by_role("radio", name=re.compile("^Lea"))).to_be_disabled()
    robin.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    set_status(lea, "Available")
    robin.get_by_role("button", name="Hand over").click()
    dialog.get_by_role("radio", name=re.compile("^Lea")).check()
    dialog.get_by_label("Note").fill("Speaks French only")
    dialog.get_by_role("button", name="Hand over").click()

    expect(dialog).to_be_hidden()
    expect(tiles(robin)).to_have_count(0)
    expect(robin.get_by_role("heading", name="No conversations")).to_be_visible()
    expect(offer_on(lea)).to_contain_text("Handed over by Robin")
    expect(offer_on(lea)).to_contain_text("Speaks French only")
    offer_on(lea).get_by_role("button", name="Accept").click()
    expect(lea.locator(".talk .handed-over")).to_contain_text("Speaks French only")
    lea.get_by_role("button", name="Why me?").click()
    why = lea.get_by_role("dialog", name="Why me?")
    expect(why).to_contain_text("You — handed over directly by Robin")


def test_N4_parked_it_is_put_aside_and_a_text_wakes_it(desk, page):
    accept_text(page, desk, "jonas", "+14155550402")
    page.get_by_role("textbox", name="Message").fill("Half a")
    page.keyboard.press("Alt+z")
    page.get_by_role("dialog", name="Park until").get_by_role("button", name="1 hour").click()

    expect(tiles(page)).to_have_count(0)
    parked = page.locator("#parked")
    expect(parked.locator("summary")).to_have_text("Parked (1)")
    parked.locator("summary").click()
    parked.get_by_role("button").click()
    expect(page.locator("#parked-foot")).to_contain_text("Parked until")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()

    desk.inbound("+14155550402", "I found it")
    expect(offer_on(page)).to_be_visible()
    expect(page.get_by_role("heading", name="No conversations")).to_be_visible()
    offer_on(page).get_by_role("button", name="Accept").click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("I found it")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a")

    page.get_by_role("button", name="Park").click()
    dialog = page.get_by_role("dialog", name="Park until")
    dialog.get_by_label("Another time").fill("2020-01-01T09:00")
    dialog.get_by_role("button", name="Park", exact=True).click()
    expect(dialog.locator("#sheet-alert")).to_contain_text("This time is over already")
    before = page.evaluate(TOMORROW_NINE)
    dialog.get_by_role("button", name="Tomorrow 9:00").click()
    expect(dialog).to_be_hidden()
    after = page.evaluate(TOMORROW_NINE)
    until = desk.scalar(
        """SELECT to_char(parked_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
           FROM routing_interaction WHERE customer_address = %s""",
        "+14155550402",
    )
    assert until in {before, after}  # midnight may have passed
    page.locator("#parked").get_by_role("button").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()


def test_H2_H6_more_time_once_and_the_chat_log_pops_with_one_key_back(desk, page, change):
    change("routing_queue", wrap_up_extension_seconds=300, chat_log_pops=True)
    accept_text(page, desk, "maya", "+14155550403")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Note").fill("Still typing")
    page.get_by_role("button", name="More time").click()

    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^[56]:\d\d$"))
    expect(page.get_by_role("button", name="More time")).to_have_count(0)
    expect(page.get_by_label("Note")).to_have_value("Still typing")
    page.get_by_label("Disposition").select_option("Claim status given")
    page.get_by_role("button", name="Wrap up").click()

    log = page.get_by_role("tabpanel", name="Chat log")
    expect(log).to_contain_text("Terminated")
    expect(log).to_contain_text("Claim status given")
    expect(log).to_contain_text("Customer: hello")
    expect(page.get_by_role("link", name="Back to the desk")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="No conversations")).to_be_visible()


def test_E1_signing_out_with_an_open_conversation_asks_and_hands_it_back(desk, page):
    accept_text(page, desk, "robin", "+14155550404")
    page.get_by_role("textbox", name="Message").fill("My secret is")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog", name="You have 1 open conversation")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".me summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("link", name="Stay").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".me summary")).to_be_focused()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("My secret is")

    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Hand back and sign out").click()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert state_of(desk, "+14155550404") == "QUEUED"
    assert page.evaluate("() => sessionStorage.length") == 0
