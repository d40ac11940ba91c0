"""N11, H14: a supervisor at the floor while three agents work, each in a browser of their own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.agent import accept_text, set_status

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

CUSTOMERS = {"robin": "+14155550401", "maya": "+14155550402", "jonas": "+14155550403"}
WAITING = "+14155550404"


@pytest.fixture
def open_page(browser):
    contexts = []

    def open_page():
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def floor(desk, open_page):
    """The supervisor's browser at the floor; the supervisor has a desk, too."""
    page = open_page()
    page.goto(f"{desk.base_url}/admin/floor/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(desk.password_of("supervisor"))
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{desk.base_url}/admin/floor/")
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def test_N11_H14_the_floor_sees_and_steers_three_agents_at_work(desk, floor, open_page):
    agents = {name: open_page() for name in CUSTOMERS}
    for name, number in CUSTOMERS.items():
        accept_text(agents[name], desk, name, number)
        set_status(agents[name], "On Break")
    rows = floor.get_by_role("region", name="Agents")
    robin = rows.locator("li.agent", has_text="Robin Castillo")
    expect(robin).to_contain_text("On Break")
    expect(robin.get_by_role("link", name="0401")).to_be_visible()

    # What waits, and a status that changes, are seen without a click.
    desk.inbound(WAITING, "Is anybody there?")
    expect(floor.get_by_role("region", name="Waiting texts")).to_contain_text("0404")
    set_status(agents["robin"], "Lunch")
    expect(robin).to_contain_text("Lunch")

    # Followed, and whispered into: the agent reads it, the customer does not.
    robin.get_by_role("link", name="0401").click()
    thread = floor.get_by_role("log", name="Messages")
    expect(thread).to_contain_text("hello")
    agents["robin"].get_by_role("textbox", name="Message").fill("half a")
    desk.inbound(CUSTOMERS["robin"], "Still waiting")
    expect(thread).to_contain_text("Still waiting")
    floor.get_by_label("Whisper to the agent").fill("Offer the refund")
    floor.get_by_role("button", name="Whisper").click()
    expect(agents["robin"].locator("#whispers")).to_contain_text("Offer the refund")
    expect(agents["robin"].get_by_role("textbox", name="Message")).to_have_value("half a")
    expect(agents["robin"].get_by_role("log", name="Messages")).not_to_contain_text("refund")
    assert not desk.scalar("SELECT count(*) FROM routing_message WHERE body LIKE %s", "%refund%")

    # Taken over, it is on the supervisor's own desk and on the agent's no more.
    floor.get_by_role("button", name="Take over").click()
    expect(floor.get_by_role("textbox", name="Message")).to_be_visible()
    tiles = agents["robin"].get_by_role("navigation", name="Conversations").get_by_role("button")
    expect(tiles).to_have_count(0)

    # A forced disconnect of the queue warns with the number, and ends them.
    floor.goto(f"{desk.base_url}/admin/floor/")
    floor.locator("select[name=queue]").select_option("Claims")
    floor.get_by_role("button", name="Show").click()
    floor.get_by_role("link", name="Forced disconnect…").click()
    expect(floor.get_by_text(re.compile("would be ended now"))).to_contain_text("3 conversations")
    floor.get_by_label("Type DISCONNECT to end them").fill("DISCONNECT")
    floor.get_by_role("button", name="End 3 conversations").click()
    expect(floor.get_by_text("3 conversations are being ended")).to_be_visible()
    for name in ("maya", "jonas"):
        expect(agents[name].get_by_role("button", name="Wrap up", exact=True)).to_be_visible()
    ended = desk.scalar(
        """SELECT count(*) FROM routing_interaction AS i
           JOIN cases_chatlog AS log ON log.interaction_id = i.id
           WHERE i.ended_by = 'SUPERVISOR'"""
    )
    assert ended == len(CUSTOMERS)
