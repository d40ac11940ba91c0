"""N8: a supervisor tries a rule on last week's texts before it is saved, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
CUSTOMER = "+14155550447"


def test_N8_a_new_rule_is_tried_beside_save_and_the_form_is_kept(desk, supervisor: Page):
    desk.inbound(CUSTOMER, "#SKI please")
    began = "SELECT count(*) FROM routing_interaction WHERE customer_address = %s"
    desk.wait_until(lambda: desk.scalar(began, CUSTOMER), what="the text begins a conversation")
    before = desk.scalar("SELECT count(*) FROM routing_rule")
    supervisor.goto(f"{desk.base_url}/admin/routing/rule/add/")
    supervisor.get_by_label("Name").fill("Skiers")
    supervisor.get_by_label("Keyword").fill("#ski")
    supervisor.get_by_label("Queue").select_option(label="Policy help")

    supervisor.get_by_role("button", name="Try it on last week").click()

    tried = supervisor.get_by_role("status").filter(has_text="Tried on last week")
    expect(tried).to_contain_text("1 in another queue")
    expect(tried).to_contain_text("Policy help (rule “Skiers”)")
    expect(supervisor.get_by_label("Name")).to_have_value("Skiers")
    assert desk.scalar("SELECT count(*) FROM routing_rule") == before
    tried.get_by_role("link").first.click()
    expect(supervisor.get_by_text("No rule matched, so it went to Claims")).to_be_visible()
