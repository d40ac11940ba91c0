"""C3, D10, E2, F8, N13 in a real browser: what an agent sees of offers, status and wrap-up."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.agent import accept_text, offer_on, set_status, sign_in, tiles

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_C3_E2_an_offer_that_lapses_goes_and_says_why_the_status_is_on_break(desk, page, change):
    change("routing_queue", acceptance_seconds=2)
    sign_in(page, desk, "robin")
    set_status(page, "Available")
    desk.inbound("+14155550901", "anybody there?")
    expect(offer_on(page)).to_have_count(1)

    expect(offer_on(page)).to_have_count(0)

    expect(page.locator("#status-name")).to_have_text("On Break")
    why = "because an offer lapsed before you took it"
    expect(page.get_by_role("button", name="Change status")).to_have_accessible_description(
        re.compile(why)
    )
    change("routing_queue", acceptance_seconds=60)
    page.keyboard.press("Alt+v")
    expect(page.locator("#status-name")).to_have_text("Available")
    offer_on(page).filter(has_text="0901").get_by_role("button", name="Accept").click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("anybody there?")


def test_D10_stop_new_leaves_a_text_waiting_until_it_is_switched_off(desk, page):
    sign_in(page, desk, "jonas")
    set_status(page, "Available")
    stop = page.get_by_role("switch", name="Stop new")
    stop.click()
    expect(stop).to_be_checked()
    desk.inbound("+14155550902", "not for now")

    expect(page.locator("#waiting")).to_contain_text("1 waiting")
    expect(offer_on(page)).to_have_count(0)
    expect(page.locator("#status-name")).to_have_text("Available")
    stop.click()

    offer_on(page).filter(has_text="0902").get_by_role("button", name="Accept").click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("not for now")


def test_F8_N13_a_wrap_up_blinks_red_and_is_a_steady_ring_under_reduced_motion(desk, page, change):
    change("routing_queue", wrap_up_seconds=600)
    accept_text(page, desk, "lea", "+14155550903")
    page.get_by_role("button", name="End", exact=True).click()
    tile = tiles(page).filter(has_text="0903")
    expect(tile).to_have_accessible_name(re.compile("wrap-up"))

    expect(tile).to_have_css("animation-name", "wrap-up")
    page.emulate_media(reduced_motion="reduce")
    expect(tile).to_have_css("animation-name", "none")
    ring = tile.evaluate("tile => getComputedStyle(tile).boxShadow")
    assert ring.endswith("2px inset")


def test_F2_N13_a_frame_leaves_the_focus_where_it_is(desk, page):
    accept_text(page, desk, "maya", "+14155550904")
    tile = tiles(page).filter(has_text="0904")
    tile.focus()

    desk.inbound("+14155550904", "one more thing")

    expect(tile).to_have_accessible_name(re.compile("2 un(read|answered) messages"))
    expect(tile).to_be_focused()


def test_the_look_that_is_chosen_outlives_a_reload(desk, page):
    sign_in(page, desk, "maya")
    dark = "getComputedStyle(document.documentElement).colorScheme"
    before = page.evaluate(dark)
    page.locator(".me > summary").click()
    page.get_by_role("button", name="Light or dark").click()
    after = page.evaluate(dark)
    assert after != before

    page.reload()

    assert page.evaluate(dark) == after
