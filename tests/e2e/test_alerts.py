"""F, J4-J6, N12, N13 in a real browser: what calls an agent, when it turns, and when it stops."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent import set_status, sign_in, tiles
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
FIRST, SECOND, THIRD = "+14155550401", "+14155550402", "+14155550403"
OFFER = "● SMS Chat Request"


@pytest.fixture(scope="module")
def desk(desk):
    desk.sql("UPDATE routing_queue SET first_response_seconds = NULL, next_response_seconds = NULL")
    return desk


def accept(page: Page, desk: Desk, sender: str) -> None:
    desk.inbound(sender, "hello")
    offer = page.get_by_role("alertdialog").filter(has_text=sender)
    offer.get_by_role("button", name="Accept").click()
    expect(page.locator(".talk-meta").filter(has_text=sender)).to_be_visible()


def expect_animation(page: Page, sender: str, name: str) -> None:
    tile = tiles(page).filter(has_text=sender[-4:])
    expect(tile).to_have_css("animation-name", name)


def another_device(open_page, desk: Desk, page: Page) -> Page:
    other = open_page(storage_state=page.context.storage_state())
    other.goto(f"{desk.base_url}/desk/")
    return other


def test_F4_F6_N13_a_tile_turns_by_itself_and_blinks_until_it_is_opened(
    desk, page, open_page, change
):
    sign_in(page, desk, "robin")
    set_status(page, "Available")
    accept(page, desk, FIRST)
    page.get_by_role("textbox", name="Message").fill("Good morning.")
    page.keyboard.press("Enter")
    accept(page, desk, SECOND)
    other = another_device(open_page, desk, page)
    change("routing_queue", next_response_seconds=8)
    tile = tiles(page).filter(has_text=FIRST[-4:])

    desk.inbound(FIRST, "are you there?")
    expect(tile).to_have_accessible_name(re.compile(", 1 unread message$"))
    expect(page.locator("#news")).to_contain_text(", 1 unread.")
    page.context.set_offline(True)  # nobody tells it
    expect_animation(page, FIRST, "none")
    expect(tile).to_have_accessible_name(re.compile(", past SLA, 1 unread message$"))
    expect(page).to_have_title(re.compile(r"^\(2, 1 late\) "))
    expect_animation(page, FIRST, "late")
    page.emulate_media(reduced_motion="reduce")
    expect_animation(page, FIRST, "none")
    assert tile.evaluate("tile => getComputedStyle(tile).boxShadow").endswith("2px inset")
    page.emulate_media(reduced_motion="no-preference")
    page.context.set_offline(False)
    expect(tiles(other).filter(has_text=FIRST[-4:])).to_have_class(re.compile("late"))

    messages = page.get_by_role("link", name="Messages: 2 conversations need an answer, 1 past SLA")
    messages.click()

    expect(page.locator(".talk-meta").filter(has_text=FIRST)).to_be_visible()
    for device in (page, other):
        expect(tiles(device).filter(has_text=FIRST[-4:])).to_have_accessible_name(
            re.compile(", past SLA, 1 unanswered message$")
        )
        expect_animation(device, FIRST, "none")


def test_C1_N12_offers_stack_call_until_they_are_gone_and_keys_take_the_first(desk, page):
    sign_in(page, desk, "jonas")
    set_status(page, "Available")
    offers = page.get_by_role("alertdialog")

    desk.inbound(FIRST.replace("04", "05"), "first of two")
    expect(offers).to_have_count(1)
    desk.inbound(SECOND.replace("04", "05"), "second of two")
    expect(offers).to_have_count(2)
    expect(page).to_have_title(OFFER)
    expect(page).not_to_have_title(OFFER)
    expect(page.get_by_role("alert").filter(has_text="SMS Chat Request from")).to_be_attached()

    page.keyboard.press("Alt+a")
    expect(page.get_by_role("log", name="Messages")).to_contain_text("first of two")
    expect(offers).to_have_count(1)
    page.keyboard.press("Alt+r")
    expect(offers).to_have_count(0)
    expect(page).to_have_title(re.compile(r"^\(1\) .* smsdesk$"))
    expect(page.locator("#say")).to_have_text("")
    expect(page.locator("#status-name")).to_have_text("On Break")

    # Nobody is to be offered what was rejected.
    desk.sql("UPDATE routing_interaction SET state = 'CLOSED' WHERE state = 'QUEUED'")
    page.keyboard.press("Alt+v")
    expect(page.locator("#status-name")).to_have_text("Available")


def test_C7_offers_leave_the_tabs_of_the_pane_and_the_composer_free(desk, page, change):
    change("routing_queue", acceptance_seconds=600)
    sign_in(page, desk, "maya")
    set_status(page, "Available")
    accept(page, desk, "+14155550701")
    for sender in ("+14155550702", "+14155550703", "+14155550704"):
        desk.inbound(sender, "Nobody is hurt, but the trunk does not close any more. " * 6)
    expect(page.get_by_role("alertdialog")).to_have_count(3)

    # Whatever lies under a card is not clicked by Playwright.
    for name in ("Case", "History", "Customer"):
        page.get_by_role("tab", name=name).click()
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
    whole, behind, _ = (card.bounding_box() for card in page.get_by_role("alertdialog").all())
    assert behind["height"] < whole["height"] / 2

    page.set_viewport_size({"width": 820, "height": 1180})
    page.get_by_role("button", name="Details").click()
    page.get_by_role("button", name="Chat", exact=True).click()
    page.get_by_role("button", name="Park").click()
    expect(page.locator("#sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()

    page.set_viewport_size({"width": 390, "height": 844})
    message = page.get_by_role("textbox", name="Message")
    message.click()
    message.fill("One moment. " * 20)
    page.get_by_role("button", name="FAQ").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Send").click()
    expect(message).to_have_value("")
    for left in (2, 1, 0):
        page.get_by_role("alertdialog").first.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("alertdialog")).to_have_count(left)


def test_N12_a_hidden_tab_rings_until_the_offer_is_gone(
    desk, page, browser_context, open_page, change
):
    browser_context.grant_permissions(["notifications"])
    # A browser without a window hides no tab; what it is asked to show and play is noted.
    page.add_init_script(
        """
        Object.defineProperty(document, "hidden", { get: () => true });
        window.asked = { tones: 0, shown: [], closed: 0 };
        const oscillator = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () {
          asked.tones += 1;
          return oscillator.call(this);
        };
        window.Notification = class extends Notification {
          constructor(title, options) {
            super(title, options);
            asked.shown.push([title, options.body]);
          }
          close() { asked.closed += 1; super.close(); }
        };
        """
    )
    sign_in(page, desk, "robin")
    set_status(page, "Available")

    def asked():
        return page.evaluate("() => asked")

    desk.inbound("+14155550601", "I hit a deer")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    expect(page).to_have_title(OFFER)
    desk.wait_until(lambda: asked()["tones"] >= 6, 15, what="three rings")  # two tones each
    assert asked()["shown"] == [["SMS Chat Request", "I hit a deer"]]
    assert asked()["closed"] == 0

    other = another_device(open_page, desk, page)
    set_status(other, "Lunch")
    other.context.close()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    tones = asked()["tones"]
    page.wait_for_timeout(4000)
    assert asked() == {"tones": tones, "shown": asked()["shown"], "closed": 1}
    assert page.title() != OFFER
    desk.sql("UPDATE routing_interaction SET state = 'CLOSED' WHERE state = 'QUEUED'")

    change("agents_agent", alert_sound=False, alert_desktop=False)
    set_status(page, "Available")
    desk.inbound("+14155550602", "quietly")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    expect(page).to_have_title(OFFER)
    assert asked()["tones"] == tones
    assert len(asked()["shown"]) == 1
    page.keyboard.press("Alt+a")
    expect(page.get_by_role("log", name="Messages")).to_contain_text("quietly")


def test_N12_each_alert_is_tried_and_the_choice_is_kept(
    desk, page, browser_context: BrowserContext
):
    browser_context.grant_permissions(["notifications"])
    sign_in(page, desk, "lea")

    def open_alerts() -> None:
        page.locator(".me summary").click()
        page.get_by_role("button", name="Alerts").click()

    open_alerts()
    dialog = page.get_by_role("dialog", name="Alerts")
    for name, said in (
        ("Test sound", "You should hear two tones"),
        ("Test desktop notification", "A notification was sent"),
        ("Test flashing title", "The title of this tab flashes"),
    ):
        dialog.get_by_role("button", name=name).click()
        expect(dialog.locator("#alerts-said")).to_contain_text(said)
    expect(page).to_have_title(OFFER)
    expect(page).to_have_title("smsdesk")
    dialog.get_by_role("checkbox", name="Sound").uncheck()
    expect(dialog.locator("#alerts-said")).to_have_text("Kept.")
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator(".me summary")).to_be_focused()

    page.reload()
    open_alerts()

    expect(dialog.get_by_role("checkbox", name="Sound")).not_to_be_checked()
    expect(dialog.get_by_role("checkbox", name="Flashing title")).to_be_checked()


def test_J4_J5_one_of_two_devices_is_told_what_was_missed(desk, page, open_page):
    sign_in(page, desk, "maya")
    set_status(page, "Available")
    accept(page, desk, THIRD)
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out anyway").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    desk.inbound(THIRD, "are you there?")
    desk.inbound(THIRD, "hello?")
    told = "While you were away: 2 new texts in 1 conversation."

    first, second = open_page(), open_page()
    sign_in(first, desk, "maya")
    expect(first.get_by_text(told)).to_be_visible()
    sign_in(second, desk, "maya")
    tiles(second).filter(has_text=THIRD[-4:]).click()
    expect(second.get_by_role("log", name="Messages")).to_contain_text("hello?")
    expect(second.get_by_text(told)).to_be_hidden()

    first.reload()
    expect(first.get_by_text(told)).to_be_visible()
    first.get_by_role("button", name="Dismiss").click()
    first.reload()
    expect(first.get_by_role("button", name="Change status")).to_be_visible()
    expect(first.get_by_text(told)).to_be_hidden()
