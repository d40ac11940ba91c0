"""N13: the whole way without a mouse, and the sheet that lists every key."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.agent import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_N13_from_sign_in_to_wrapped_up_without_a_mouse(desk, page):
    press = page.keyboard.press
    page.goto(f"{desk.base_url}/sign-in/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("robin")
    press("Tab")
    page.keyboard.type(desk.password_of("robin"))
    press("Enter")
    page.wait_for_url("**/desk/", wait_until="load")

    press("Alt+s")
    expect(page.get_by_role("menuitem", name="On Break")).to_be_focused()
    press("a")
    press("Enter")
    expect(page.locator("#status-name")).to_have_text("Available")
    expect(page.get_by_role("button", name="Change status")).to_be_focused()

    desk.inbound("+14155550401", "I hit a deer")
    expect(page.get_by_role("alertdialog", name="SMS Chat Request")).to_be_visible()
    press("Alt+a")
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_be_focused()

    page.keyboard.type("Are you all right?")  # its a, r and ? are letters, not keys
    press("Enter")
    expect(page.locator(".bubble.agent").last).to_contain_text("delivered")
    expect(message).to_have_value("")
    expect(message).to_be_focused()

    press("Alt+p")
    expect(page.get_by_role("tab", name="Customer")).to_be_focused()
    press("ArrowRight")
    expect(page.get_by_role("tab", name="Case")).to_be_focused()
    press("ArrowLeft")
    name = page.get_by_role("tabpanel", name="Customer").get_by_label("Name")
    tab_to(page, name)
    page.keyboard.type("Ines Fawn")
    subject = page.get_by_role("tabpanel", name="Customer").get_by_label("Subject")
    tab_to(page, subject)
    page.keyboard.type("Collision with a deer")
    press("Enter")
    expect(page.get_by_role("heading", name="Ines Fawn", level=1)).to_be_visible()
    expect(page.locator("#pane :focus")).to_have_count(1)

    press("Alt+e")
    disposition = page.get_by_label("Disposition")
    expect(disposition).to_be_focused()
    press("ArrowDown")
    expect(disposition).not_to_have_value("")
    press("Alt+w")
    expect(page.get_by_role("navigation", name="Conversations").locator(".tile")).to_have_count(0)
    desk.wait_until(
        lambda: (
            desk.scalar(
                """SELECT state FROM routing_interaction
               WHERE customer_address = '+14155550401' AND disposition <> ''"""
            )
            == "CLOSED"
        )
    )
    assert page.evaluate("document.activeElement !== document.body")


def tab_to(page: Page, field) -> None:
    """Press Tab until the field has the focus, as a hand would; a dozen times at most."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if field.evaluate("(element) => element === document.activeElement"):
            return
    expect(field).to_be_focused()


def test_N13_the_sheet_lists_every_key_and_gives_the_focus_back(desk, page):
    sign_in(page, desk, "jonas")
    page.get_by_role("button", name="Change status").focus()

    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    for words in ("Accept the first offer", "Text somebody first", "End the conversation"):
        expect(sheet).to_contain_text(words)
    page.keyboard.press("s")  # nothing behind it hears a key
    expect(page.get_by_role("menu", name="Status")).to_be_hidden()
    page.keyboard.press("Escape")

    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Change status")).to_be_focused()


def test_N13_no_key_is_registered_twice(desk, page):
    sign_in(page, desk, "lea")
    names = page.evaluate(
        """async () => {
          const url = document.querySelector('link[href*="/keys."]').href;
          const { keys } = await import(url);
          return keys.filter((one) => !one.within).flatMap((one) => one.names.split(" "));
        }"""
    )

    assert len(names) > 10
    assert [name for name in names if names.count(name) > 1] == []


def test_N13_the_skip_link_leads_to_the_conversation(desk, page):
    sign_in(page, desk, "maya")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("Go to the conversation"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#work")).to_be_focused()
