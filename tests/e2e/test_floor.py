"""N11, H14: a supervisor at the floor while three agents work, each in a browser of their own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.agent import accept_text, set_status, tiles

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

CUSTOMERS = {"robin": "+14155550401", "maya": "+14155550402", "jonas": "+14155550403"}
WAITING = "+14155550404"
STEERED = {"robin": "+14155550411", "maya": "+14155550412", "jonas": "+14155550413"}
POLLED, AGAIN = "+14155550421", "+14155550422"
CROWD = [f"+141555504{n}" for n in range(31, 43)]


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
    # Whoever is there with the keyboard stays there.
    name = robin.get_by_role("link", name="Robin Castillo")
    name.focus()
    set_status(agents["robin"], "Lunch")
    expect(robin).to_contain_text("Lunch")
    expect(name).to_be_focused()

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
    for other in ("maya", "jonas"):
        expect(agents[other].locator("body")).not_to_contain_text("refund")
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


def test_N11_it_moves_ends_and_sets_status_and_limit_on_open_desks(desk, floor, open_page):
    agents = {name: open_page() for name in STEERED}
    for name, number in STEERED.items():
        accept_text(agents[name], desk, name, number)
        set_status(agents[name], "On Break")

    def follow(number):
        floor.goto(f"{desk.base_url}/admin/floor/")
        floor.get_by_role("link", name=number[-4:]).first.click()

    # Moved away, it is on nobody's desk; requeued, it stays in its own queue.
    for name, queue in (("robin", "Policy help"), ("maya", "Claims")):
        follow(STEERED[name])
        # What the test before ended may still be wrapped up.
        tile = tiles(agents[name]).and_(agents[name].get_by_role("button", name=STEERED[name][-4:]))
        expect(tile).to_have_count(1)
        chosen = floor.locator("#queue option", has_text=queue).first.get_attribute("value")
        floor.get_by_label("Move to a queue").select_option(chosen)
        floor.get_by_role("button", name="Move", exact=True).click()
        expect(floor.get_by_text("Moved. It waits there")).to_be_visible()
        expect(tile).to_have_count(0)
        expect(floor.locator("#floor-facts")).to_contain_text(queue)
        expect(floor.locator("#floor-facts")).to_contain_text("waits for an agent")

    # Ended while nobody has it, with a reason; ended while an agent has it, who wraps it up.
    floor.get_by_label("Reason").fill("Wrong number")
    floor.get_by_role("button", name="End conversation").click()
    expect(floor.get_by_text("It is closed, and its transcript stands")).to_be_visible()
    follow(STEERED["jonas"])
    floor.get_by_role("button", name="End conversation").click()
    expect(agents["jonas"].get_by_role("button", name="Wrap up", exact=True)).to_be_visible()

    floor.goto(f"{desk.base_url}/admin/floor/")
    floor.get_by_role("link", name="Maya Lindqvist").click()
    floor.get_by_label("Conversation limit").fill("3")
    floor.get_by_role("button", name="Set limit").click()
    expect(agents["maya"].locator("#capacity")).to_contain_text("/3")
    floor.get_by_label("Status").select_option("Lunch")
    floor.get_by_role("button", name="Set status").click()
    expect(agents["maya"].locator("#status-name")).to_have_text("Lunch")


def test_N11_without_a_socket_the_floor_asks_and_shows_what_changes(desk, floor):
    floor.add_init_script(
        """window.WebSocket = class {
            constructor() { setTimeout(() => this.onclose({ code: 1006 })); }
            close() {}
        };"""
    )
    floor.goto(f"{desk.base_url}/admin/floor/")

    desk.inbound(POLLED, "Is anybody there?")

    expect(floor.get_by_role("region", name="Waiting texts")).to_contain_text(POLLED[-4:])


def test_N11_on_a_phone_many_waiting_texts_are_ended_without_a_long_way_to_the_button(desk, floor):
    floor.set_viewport_size({"width": 390, "height": 844})
    for number in CROWD:
        desk.inbound(number, "Is anybody there?")
    waiting = floor.get_by_role("region", name="Waiting texts")
    for number in CROWD:
        expect(waiting).to_contain_text(number[-4:])
    floor.get_by_role("link", name="End or move several…").click()

    # The list takes half of the screen, and scrolls in itself.
    listed = floor.get_by_role("group", name=re.compile("waiting texts")).bounding_box()
    assert listed["height"] <= 844 / 2
    for number in CROWD:
        floor.get_by_role("checkbox", name=number[-4:]).check()
    floor.get_by_label("Reason").fill("Nobody is in today")
    floor.get_by_role("button", name="End the marked texts").click()
    expect(floor.get_by_text(f"{len(CROWD)} texts are ended")).to_be_visible()


def test_N11_a_server_that_was_away_is_told_and_the_floor_comes_back_by_itself(desk, floor):
    link = floor.get_by_text("The connection is lost")
    link_was_seen = 45_000  # the silence, one question, and a busy machine
    desk.kill_web()
    expect(link).to_be_visible(timeout=link_was_seen)

    with floor.expect_websocket(timeout=link_was_seen):
        desk.start_web()
    expect(link).to_be_hidden()
    desk.inbound(AGAIN, "Hello again")
    expect(floor.get_by_role("region", name="Waiting texts")).to_contain_text(AGAIN[-4:])
