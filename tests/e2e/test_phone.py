"""J1, N13: the desk in one hand, 390 px wide: nothing sideways, too small or hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.support import scenes
from tests.support.agent import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PHONE: ViewportSize = {"width": 390, "height": 844}
WITH_KEYBOARD: ViewportSize = {"width": 390, "height": 430}
LEAST = 24  # WCAG 2.5.8
THUMB = 42  # what is pressed all day

# What can be pressed, is seen, and is smaller than asked for. Links within a line are exempt.
TOO_SMALL = """([least, selector]) => [...document.querySelectorAll(selector)]
  .filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return element.checkVisibility() && !element.closest(".visually-hidden, .skip")
      && width > 1 && (width < least || height < least);
  })
  .map((element) => element.outerHTML.slice(0, 120))"""
PRESSED = "button, select, input:not([type=hidden]), textarea, summary, [role=option]"
ALL_DAY = ".tile, .send, .talk-head .end, .more-actions, [data-view], #add-button, .accept, .reject"


@pytest.fixture(scope="module")
def scene(desk):
    scene = scenes.six_states(desk, "robin")
    scene.leaves()
    return scene


@pytest.fixture
def phone(open_page, desk, scene):
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    sign_in(page, desk, "robin")
    return page


def look(page: Page) -> None:
    scenes.settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(TOO_SMALL, [LEAST, PRESSED]) == []
    assert page.evaluate(TOO_SMALL, [THUMB, ALL_DAY]) == []


def opens(page: Page, desk, scene, state: str) -> None:
    page.goto(f"{desk.base_url}/desk/conversations/{scene.conversation(scenes.SIX[state][0])}/")
    expect(page.locator(".talk-head h1")).to_be_visible()


def test_J1_the_desk_and_each_state_fit(phone, desk, scene):
    look(phone)
    for state in scenes.SIX:
        opens(phone, desk, scene, state)
        look(phone)
        phone.get_by_role("button", name="Details").click()
        look(phone)


def test_J1_in_the_strip_customers_without_a_name_are_told_apart(phone, desk, scene):
    tile = phone.locator(f"#tile-{scene.conversation(scenes.SIX['late'][0])}")
    named = phone.locator(f"#tile-{scene.conversation(scenes.SIX['failed'][0])}")

    expect(tile.locator(".last-digits")).to_be_visible()
    expect(tile.locator(".last-digits")).to_have_text("…0142")
    expect(tile.locator(".tile-name")).to_be_hidden()
    expect(named.locator(".tile-name")).to_be_visible()


def test_J1_menus_and_dialogs_fit(phone, desk, scene):
    opens(phone, desk, scene, "unread")
    phone.get_by_role("button", name="Change status").tap()
    look(phone)
    phone.keyboard.press("Escape")
    phone.locator(".me summary").tap()
    look(phone)
    phone.get_by_role("button", name="Keyboard").tap()
    look(phone)
    phone.get_by_role("dialog", name="Keyboard").get_by_role("button", name="Close").tap()
    phone.get_by_role("button", name="Add interaction").tap()
    phone.get_by_role("menuitem", name="SMS").tap()
    expect(phone.get_by_role("dialog", name="New SMS")).to_be_visible()
    look(phone)


def test_J1_what_has_no_room_in_the_head_is_behind_one_button(phone, desk, scene):
    opens(phone, desk, scene, "unread")
    expect(phone.get_by_role("button", name="Park")).to_be_hidden()
    phone.get_by_role("button", name="More actions").tap()
    look(phone)
    phone.get_by_role("button", name="Park").tap()
    expect(phone.get_by_role("heading", name="Park until")).to_be_visible()
    expect(phone.get_by_role("button", name="Hand over")).to_be_hidden()
    look(phone)


def test_J1_above_the_on_screen_keyboard_one_reads_writes_and_sends(phone, desk, scene):
    opens(phone, desk, scene, "unread")
    phone.set_viewport_size(WITH_KEYBOARD)
    phone.get_by_role("textbox", name="Message").tap()
    scenes.settle(phone)

    for what in (
        phone.get_by_role("textbox", name="Message"),
        phone.get_by_role("button", name="Send"),
    ):
        expect(what).to_be_in_viewport(ratio=1)
    assert phone.locator("#thread").bounding_box()["height"] >= 80


def test_J1_a_new_text_is_sent_from_above_the_keyboard(phone, desk, scene):
    phone.set_viewport_size(WITH_KEYBOARD)
    phone.get_by_role("button", name="Add interaction").tap()
    phone.get_by_role("menuitem", name="SMS").tap()
    dialog = phone.get_by_role("dialog", name="New SMS")
    dialog.get_by_label("Text", exact=True).tap()

    dialog.get_by_role("button", name="Send").scroll_into_view_if_needed()
    expect(dialog.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
