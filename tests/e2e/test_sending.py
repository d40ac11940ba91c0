"""A15, A22: a supervisor switches SMS off, and every open desk knows it at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.agent import accept_text

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
CUSTOMER = "+14155550391"


def switch(page: Page, desk, *, on: bool, reason: str = "") -> None:
    page.goto(f"{desk.base_url}/admin/routing/smsswitch/")
    page.get_by_label("SMS is on").set_checked(on)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def test_A22_switched_off_the_open_composer_is_locked_and_texts_still_come_in(
    desk, page, supervisor
):
    accept_text(page, desk, "robin", CUSTOMER)
    box = page.get_by_role("textbox", name="Message")
    box.fill("Your claim is")

    switch(supervisor, desk, on=False, reason="Our numbers move to another carrier.")

    expect(page.locator("#composer-lock")).to_have_text(
        "Nothing can be sent: SMS is switched off for the whole company: Our numbers move to"
        " another carrier. Texts still come in."
    )
    expect(box).not_to_be_editable()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    desk.inbound(CUSTOMER, "are you there?")
    expect(page.get_by_role("log", name="Messages")).to_contain_text("are you there?")

    switch(supervisor, desk, on=True)

    expect(page.locator("#composer-lock")).to_have_count(0)
    expect(box).to_have_value("Your claim is")
    box.fill("Your claim is paid.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("Your claim is paid.")


def test_A15_a_suspended_channel_sends_nothing_until_it_is_activated(desk, page, supervisor):
    accept_text(page, desk, "lea", "+14155550392")
    channels = f"{desk.base_url}/admin/routing/channel/"

    supervisor.goto(channels)
    act_on_all(supervisor, "Suspend the selected channels: nothing is sent")
    expect(page.locator("#composer-lock")).to_contain_text("is suspended, so nothing can be sent")

    supervisor.goto(f"{channels}?state__exact=SUSPENDED")
    act_on_all(supervisor, "Activate the selected channels")
    expect(page.locator("#composer-lock")).to_have_count(0)


def act_on_all(page: Page, action: str) -> None:
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run", exact=False).first.click()
    expect(page.get_by_text("now.").first).to_be_visible()
