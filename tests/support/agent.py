"""An agent at a browser: signs in, says whether they can, takes a text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.support.processes import Desk


def sign_in(page: Page, desk: Desk, username: str) -> None:
    """Sign a browser in, and wait until the desk hears keys."""
    page.goto(f"{desk.base_url}/sign-in/")
    if urlsplit(page.url).path.startswith("/sign-in"):
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(desk.password_of(username))
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Change status")).to_be_visible()
    page.wait_for_load_state("load")


def set_status(page: Page, name: str) -> None:
    page.get_by_role("button", name="Change status").click()
    page.get_by_role("menuitem", name=name).click()
    expect(page.locator("#status-name")).to_have_text(name)


def tiles(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Conversations").get_by_role("button")


def offer_on(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name="SMS Chat Request")


def accept_text(page: Page, desk: Desk, username: str, sender: str, words: str = "hello") -> int:
    """Sign in and take the one text that comes in; return the conversation's id."""
    sign_in(page, desk, username)
    set_status(page, "Available")
    desk.inbound(sender, words)
    offer_on(page).filter(has_text=sender).get_by_role("button", name="Accept").click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text(words)
    return int(page.locator("#work").get_attribute("data-conversation") or 0)
