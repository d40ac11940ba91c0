"""A supervisor's way into the admin, in a real browser."""

from __future__ import annotations

import re
import time
from base64 import b32decode

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def desk(desk_maker):
    desk = desk_maker(start=("web",), environment={"REQUIRE_TWO_FACTOR": "1"})
    yield desk
    desk.end()


def sign_in(page: Page, desk: Desk, password: str) -> None:
    page.goto(f"{desk.base_url}/admin/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def code_of(secret: str) -> str:
    """What an app shows that has read this key."""
    totp = TOTP(b32decode(re.sub(r"\s", "", secret)))
    totp.time = time.time()
    return f"{totp.token():06d}"


def test_N21_two_factor_is_set_up_in_a_browser(desk, page):
    sign_in(page, desk, desk.password_of("supervisor"))
    expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of your key")).to_be_visible()
    secret = page.locator("code").inner_text()
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.get_by_role("listitem").all_inner_texts()
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page).to_have_url(f"{desk.base_url}/admin/")

    # A day later, without the phone.
    page.context.clear_cookies()
    sign_in(page, desk, desk.password_of("supervisor"))
    expect(page.get_by_text("your authenticator app shows")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(f"{desk.base_url}/admin/")


def test_N21_guessing_is_slowed_down_in_words(desk, page):
    desk.sql("DELETE FROM axes_accessattempt")
    for _ in range(5):
        sign_in(page, desk, "a guess")

    expect(page.get_by_text(re.compile("Try again in 15 minutes"))).to_be_visible()
    page.goto(f"{desk.base_url}/sign-in/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(desk.password_of("supervisor"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Try again in 15 minutes")
    desk.sql("DELETE FROM axes_accessattempt")
