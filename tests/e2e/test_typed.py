"""What is typed is never lost and goes out once: two windows, two devices, a quick hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_composer import box, draft_of, lose_posts, texts_to
from tests.support.agent import accept_text, offer_on, tiles

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
CONVERSATION = re.compile(r"/conversations/\d+/$")


@pytest.fixture
def held(page):
    """The page's first send: it is done, and its answer waits until a test lets it go."""
    held = []

    def hold(route):
        held.append((route, route.fetch()))

    page.route("**/messages", hold, times=1)
    return held


def hold_request(page, address) -> list:
    """The page's next request of an address, held before it reaches the desk."""
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route(address, hold, times=1)
    return waiting


def answered(page, held):
    """The send that is held, done by now, and its answer."""
    while not held:
        page.wait_for_timeout(20)  # Playwright hears of it meanwhile
    return held[0]


def let_go(page, held) -> None:
    route, response = answered(page, held)
    route.fulfill(response=response)


def test_N5_what_one_window_sent_is_taken_out_in_the_other_that_typed_on(
    desk, page, browser_context
):
    sender = "+14155550601"
    accept_text(page, desk, "robin", sender)
    box(page).press_sequentially("We open at nine.")
    desk.wait_until(lambda: draft_of(desk, sender) == "We open at nine.")
    other = browser_context.new_page()
    other.goto(page.url)
    expect(box(other)).to_have_value("We open at nine.")
    other.route("**/draft*", lose_posts)
    box(other).press_sequentially(" Bring the card.")

    box(page).press("Enter")

    expect(box(other)).to_have_value("Bring the card.")
    expect(other.get_by_role("alert").filter(has_text="went out from another window")).to_have_text(
        "“We open at nine.” went out from another window of yours, so it was taken out here."
        " What you typed behind it is kept."
    )
    other.unroute("**/draft*")
    box(other).press("Enter")
    expect(other.locator(".bubble.agent")).to_have_count(2)
    assert texts_to(desk, sender) == ["We open at nine.", "Bring the card."]


def test_N5_a_text_that_is_seen_sent_before_its_answer_is_lost_goes_once(desk, page, held):
    sender = "+14155550602"
    accept_text(page, desk, "jonas", sender)
    box(page).fill("It is paid.")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.agent")).to_have_count(1)
    route, _ = answered(page, held)
    route.abort()

    page.keyboard.press("Enter")  # as the desk says
    expect(box(page)).to_have_value("")
    page.keyboard.type("By the way …")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.agent")).to_have_count(2)
    assert texts_to(desk, sender) == ["It is paid.", "By the way …"]


def test_N5_a_text_is_not_there_again_for_who_left_before_its_answer_came(desk, page, held):
    first, second = "+14155550603", "+14155550604"
    accept_text(page, desk, "lea", first, "me first")
    accept_text(page, desk, "lea", second, "me second")
    log = page.get_by_role("log", name="Messages")
    page.keyboard.press("Alt+1")
    expect(log).to_contain_text("me first")
    page.route("**/draft*", lose_posts)
    box(page).press_sequentially("Quick.")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("Quick.")
    page.keyboard.press("Alt+2")
    expect(log).to_contain_text("me second")
    desk.wait_until(lambda: texts_to(desk, first) == ["Quick."])
    let_go(page, held)

    page.keyboard.press("Alt+1")

    expect(log).to_contain_text("me first")
    expect(page.locator(".bubble.agent")).to_have_count(1)
    expect(box(page)).to_have_value("")
    assert texts_to(desk, first) == ["Quick."]


def test_N6_what_two_devices_type_at_once_is_in_both_and_is_not_sent_unread(desk, page, browser):
    sender = "+14155550605"
    accept_text(page, desk, "maya", sender)
    phone = browser.new_context(storage_state=page.context.storage_state()).new_page()
    phone.goto(page.url)
    page.route("**/draft*", lose_posts)
    box(page).press_sequentially("At the desk")
    box(phone).press_sequentially("On the phone")
    desk.wait_until(lambda: draft_of(desk, sender) == "On the phone")
    page.unroute("**/draft*")
    page.keyboard.type(".")

    both = "On the phone\nAt the desk."
    expect(box(page)).to_have_value(both)
    expect(box(phone)).to_have_value(both)
    for window in (page, phone):
        told = window.get_by_role("alert").filter(has_text="on another device, too")
        expect(told).to_be_visible()
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("alert").filter(has_text="Press Send again")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Press Send again")).to_be_visible()
    assert texts_to(desk, sender) == []
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.agent")).to_have_count(1)
    assert texts_to(desk, sender) == [both]
    phone.context.close()


def test_N5_a_text_typed_while_the_one_before_is_on_its_way_goes_behind_it(desk, page, held):
    sender = "+14155550606"
    accept_text(page, desk, "robin", sender)
    box(page).press_sequentially("First.")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type(" Second.")
    page.keyboard.press("Enter")
    page.keyboard.type(" Third")
    desk.wait_until(lambda: texts_to(desk, sender) == ["First."])
    let_go(page, held)

    expect(page.locator(".bubble.agent")).to_have_count(2)
    expect(box(page)).to_have_value("Third")
    assert texts_to(desk, sender) == ["First.", "Second."]


def test_N5_a_hold_holds_what_was_to_go_behind_it_too(desk, page):
    sender = "+14155550607"
    accept_text(page, desk, "jonas", sender)
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route("**/messages", hold, times=1)
    page.route(re.compile(r"/thread(\?|$)"), lambda route: route.abort())
    with page.expect_request("**/messages"):
        box(page).press_sequentially("First.")
        page.keyboard.press("Enter")
    page.keyboard.type(" Second.")
    page.keyboard.press("Enter")
    desk.inbound(sender, "Wait!")
    desk.wait_until(lambda: desk.sql("SELECT 1 FROM routing_message WHERE body = 'Wait!'"))
    waiting[0].continue_()

    expect(page.get_by_role("alert").filter(has_text="wrote while you were typing")).to_be_visible()
    expect(box(page)).to_have_value("First. Second.")
    assert texts_to(desk, sender) == []


def test_N6_what_is_typed_while_a_conversation_is_coming_stands_in_its_composer(desk, page):
    accept_text(page, desk, "lea", "+14155550608", "me first")
    accept_text(page, desk, "lea", "+14155550609", "me second")
    waiting = hold_request(page, CONVERSATION)
    with page.expect_request(CONVERSATION):
        tiles(page).nth(-2).click()
    page.keyboard.type("Hi zoe,x")  # an H hands over, a Z parks
    page.keyboard.press("Backspace")
    waiting[0].continue_()

    expect(page.get_by_role("log", name="Messages")).to_contain_text("me first")
    expect(box(page)).to_have_value("Hi zoe,")
    page.keyboard.type(" hello")
    expect(box(page)).to_have_value("Hi zoe, hello")
    expect(page.locator("#sheet")).to_be_hidden()


def test_N6_what_is_typed_after_accepting_by_key_never_reaches_the_customer_of_before(desk, page):
    accept_text(page, desk, "lea", "+14155550611", "me first")
    desk.inbound("+14155550612", "me second")
    expect(offer_on(page)).to_be_visible()
    box(page).press_sequentially("Dear first")
    waiting = hold_request(page, "**/accept")
    with page.expect_request("**/accept"):
        page.keyboard.press("Alt+a")

    page.keyboard.type("Dear second")
    page.keyboard.press("Enter")
    waiting[0].continue_()

    expect(page.get_by_role("log", name="Messages")).to_contain_text("me second")
    expect(box(page)).to_have_value("Dear second")
    assert texts_to(desk, "+14155550611") == texts_to(desk, "+14155550612") == []
    tiles(page).nth(-2).click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("me first")
    expect(box(page)).to_have_value("Dear first")


def test_N6_what_is_typed_for_a_conversation_that_does_not_come_is_there_at_the_next_try(
    desk, page
):
    accept_text(page, desk, "maya", "+14155550613", "me first")
    accept_text(page, desk, "maya", "+14155550614", "me second")
    waiting = hold_request(page, CONVERSATION)
    with page.expect_request(CONVERSATION):
        tiles(page).nth(-2).click()
    page.keyboard.type("Hi")
    waiting[0].abort()
    expect(page.get_by_role("alert").filter(has_text="No connection to the desk")).to_be_visible()

    tiles(page).nth(-2).click()

    expect(page.get_by_role("log", name="Messages")).to_contain_text("me first")
    expect(box(page)).to_have_value("Hi")
