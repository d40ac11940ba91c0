"""I1, I2, I4, I6, G12: an agent texts first, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.agent import set_status, sign_in, tiles

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_I2_I4_I6_a_new_text_is_sent_said_and_answered(desk, page):
    sign_in(page, desk, "robin")
    page.get_by_role("button", name="Add interaction").click()
    page.get_by_role("menuitem", name="SMS").click()
    dialog = page.get_by_role("dialog", name="New SMS")
    expect(dialog.get_by_label("To")).to_be_focused()

    page.keyboard.type("(415) 555-0451")
    expect(dialog).to_contain_text("United States · +1 415-555-0451 · no match")
    page.keyboard.press("Tab")
    page.keyboard.type("Your claim is paid.")
    expect(dialog).to_contain_text("19/1500 · GSM-7 · 1 part · $")
    page.keyboard.press("Enter")

    toast = page.get_by_role("status").filter(has_text="Text sent to +1 415-555-0451.")
    expect(toast).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(tiles(page)).to_have_count(1)
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    expect(page.locator(".bubble.agent").last).to_contain_text("delivered")
    expect(page.get_by_label("Phone")).to_have_value("+1 415-555-0451")

    desk.inbound("+14155550451", "Thank you!", to="+14155550199")
    expect(page.get_by_role("log", name="Messages")).to_contain_text("Thank you!")
    expect(page.get_by_role("alertdialog")).to_have_count(0)


def test_I2_G13_I5_from_a_chosen_number_to_the_chat_log_in_a_tab_of_its_own(desk, page, change):
    change("routing_queue", chat_log_pops=True, screen_pop="CUSTOMER")
    sign_in(page, desk, "lea")
    page.get_by_role("button", name="Add interaction").click()
    page.get_by_role("menuitem", name="SMS").click()
    dialog = page.get_by_role("dialog", name="New SMS")
    policies = dialog.get_by_role("option", name=re.compile("555-0188"))
    dialog.get_by_label("From").select_option(policies.get_attribute("value"))
    dialog.get_by_label("To").fill("(415) 555-0101")
    dialog.get_by_label("Text", exact=True).fill("Your policy is renewed.")
    dialog.get_by_role("button", name="Send").click()

    expect(page.locator(".bubble.agent").last).to_contain_text("delivered")
    expect(page.locator(".talk-meta")).to_contain_text("Acme Policies")
    expect(page.get_by_role("tab", name="Customer")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="Dana Whitfield", level=1)).to_be_visible()
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Question answered")
    page.get_by_role("button", name="Wrap up").click()
    expect(page.get_by_role("tab", name="Chat log")).to_have_attribute("aria-selected", "true")
    log = page.get_by_role("tabpanel", name="Chat log")
    expect(log).to_contain_text("Lea Okafor: Your policy is renewed.")
    page.get_by_role("tab", name="Customer").click()
    expect(page.get_by_role("tabpanel", name="Customer")).to_contain_text("Dana Whitfield")


def test_I2_what_was_typed_outlives_a_refusal_an_offer_and_closing(desk, page):
    sign_in(page, desk, "jonas")
    set_status(page, "Available")
    page.keyboard.press("Alt+n")
    dialog = page.get_by_role("dialog", name="New SMS")
    dialog.get_by_label("To").fill("415 555 045")
    dialog.get_by_label("Text", exact=True).fill("half a sen")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("has too few digits")

    desk.inbound("+14155550452", "hello?")
    page.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    expect(dialog).to_be_hidden()
    expect(tiles(page)).to_have_count(1)

    page.keyboard.press("Alt+n")
    expect(dialog.get_by_label("To")).to_have_value("415 555 045")
    expect(dialog.get_by_label("Text", exact=True)).to_have_value("half a sen")


def test_I2_I3_N4_a_canned_reply_and_an_article_go_into_the_first_text(desk, page):
    sign_in(page, desk, "robin")
    page.keyboard.press("Alt+n")
    dialog = page.get_by_role("dialog", name="New SMS")
    dialog.get_by_label("To").fill("415 555 0101")
    expect(dialog).to_contain_text("Dana Whitfield")
    text = dialog.get_by_label("Text", exact=True)
    text.press_sequentially("/gree", delay=20)
    reply = page.get_by_role("listbox", name="Canned replies").get_by_role("option")
    expect(reply).to_have_count(1)
    page.keyboard.press("Enter")
    greeting = "Hello Dana, this is Robin Castillo at Acme Insure. How can I help?"
    expect(text).to_have_value(greeting)

    dialog.get_by_role("button", name="FAQ").click()
    faq = page.get_by_role("dialog", name="Knowledge base")
    faq.get_by_role("combobox").press_sequentially("file a claim", delay=20)
    expect(faq.get_by_role("heading", name="How to file a claim")).to_be_visible()
    faq.get_by_role("button", name="Insert as link").click()

    whole = f"{greeting} {desk.base_url}/a/how-to-file-a-claim"
    expect(text).to_be_focused()
    expect(text).to_have_value(whole)
    expect(dialog).to_contain_text(f"{len(whole)}/1500 · GSM-7 · 1 part")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator(".bubble.agent").last).to_contain_text(whole)


def test_G12_a_text_button_opens_the_dialog_with_its_number(desk, page):
    sign_in(page, desk, "robin")
    page.keyboard.press("Alt+n")
    dialog = page.get_by_role("dialog", name="New SMS")
    dialog.get_by_label("To").fill("+1 415 555 0101")
    dialog.get_by_label("Text", exact=True).fill("Hello Dana")
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Dana Whitfield", level=1)).to_be_visible()

    page.get_by_role("button", name="Text +1 415-555-0101").first.click()

    expect(dialog.get_by_label("To")).to_have_value("+1 415-555-0101")
    expect(dialog).to_contain_text("You are in a conversation with this number")
    expect(dialog.get_by_label("Text", exact=True)).to_be_focused()
    expect(dialog.get_by_label("Text", exact=True)).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Text +1 415-555-0101").first).to_be_focused()


def test_G12_the_command_bar_texts_whom_it_finds_and_any_number(desk, page):
    sign_in(page, desk, "lea")
    dialog = page.get_by_role("dialog", name="New SMS")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find").fill("Dana Whitfield")
    expect(page.get_by_role("option", name="Dana Whitfield").first).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(dialog.get_by_label("To")).to_have_value("+1 415-555-0101")

    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find").fill("415 555 0459")
    page.get_by_role("option", name="Text 415 555 0459").click()
    expect(dialog.get_by_label("To")).to_have_value("415 555 0459")
    expect(dialog).to_contain_text("United States · +1 415-555-0459")
