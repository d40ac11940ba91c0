"""N22: a scenario is started, watched and stopped on the handset's page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_N22_a_scenario_is_played_to_the_chosen_number_watched_and_stopped(desk, open_page):
    page = open_page()
    page.goto(f"{desk.base_url}/handset/")
    page.get_by_label("Business number").select_option(label="Acme Policies +1 415-555-0188")

    page.get_by_label("Play").select_option(label="A storm after a campaign")
    page.get_by_role("button", name="Start").click()

    carrier = page.get_by_role("complementary", name="Carrier")
    expect(carrier).to_contain_text("A storm after a campaign")
    expect(carrier.get_by_role("progressbar", name="Texts sent")).to_be_visible()
    expect(carrier).to_contain_text(re.compile(r"[1-9]\d* of 200 texts sent"))
    desk.wait_until(
        lambda: desk.scalar(
            """SELECT count(*) FROM routing_message AS message
            JOIN routing_channel AS channel ON channel.id = message.channel_id
            WHERE channel.number = '+14155550188' AND message.author = 'CUSTOMER'"""
        ),
        30,
        what="a text of the scenario is in the desk",
    )

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
