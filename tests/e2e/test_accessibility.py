"""axe-core on every page of the desk, light and dark: nothing serious (N13, WCAG 2.2 AA)."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.support import scenes
from tests.support.agent import accept_text, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SERIOUS = {"serious", "critical"}
POLICIES = "+14155550188"


@pytest.fixture(scope="module")
def scene(desk):
    """Six conversations, one in each state, and one more agent whose desk is empty."""
    scene = scenes.six_states(desk, "robin")
    scene.leaves()
    return scene


def serious_in(page: Page) -> list[str]:
    """What axe-core calls serious, in the colours of the day and of the night."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        scenes.settle(page)
        for violation in Axe().run(page, options=RULES).response["violations"]:
            if violation["impact"] in SERIOUS:
                found += [
                    f"{scheme}: {violation['id']} at {' '.join(map(str, node['target']))}:"
                    f" {node['failureSummary']}"
                    for node in violation["nodes"]
                ]
    return found


def everybody_on_break(desk) -> None:
    """So that nothing is offered to the next test's agent."""
    desk.sql(
        """UPDATE agents_agent SET status_id =
           (SELECT id FROM agents_statuscode WHERE name = 'On Break')"""
    )


def test_axe_sees_what_is_wrong(desk, page):
    page.goto(f"{desk.base_url}/sign-in/")
    page.evaluate("() => document.querySelector('h1').before(document.createElement('button'))")

    assert [found.partition(" at ")[0] for found in serious_in(page)] == [
        "light: button-name",
        "dark: button-name",
    ]


def test_N13_the_doors_have_no_serious_violation(desk, page):
    page.goto(f"{desk.base_url}/sign-in/")
    assert serious_in(page) == []
    page.get_by_label("Username").fill("robin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious_in(page) == []
    page.goto(f"{desk.base_url}/nowhere/")
    assert serious_in(page) == []


@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "500"])
def test_N13_what_says_that_something_went_wrong_has_no_serious_violation(desk, page, name):
    html = render_to_string(f"{name}.html")
    page.route("**/problem", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{desk.base_url}/problem")
    expect(page.get_by_role("link", name="Back to the desk")).to_be_visible()
    assert serious_in(page) == []


def test_N13_somebody_who_is_no_agent_is_told_without_a_serious_violation(desk, page):
    desk.sql(
        """INSERT INTO auth_user (username, password, first_name, last_name, email, is_active,
               is_staff, is_superuser, date_joined)
           SELECT 'newcomer', password, '', '', '', true, false, false, now()
           FROM auth_user WHERE username = 'lea'"""
    )
    page.goto(f"{desk.base_url}/sign-in/")
    page.get_by_label("Username").fill("newcomer")
    page.get_by_label("Password").fill(desk.password_of("lea"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="You have no desk yet")).to_be_visible()
    assert serious_in(page) == []


def test_N13_the_handset_has_no_serious_violation(desk, scene, page):
    page.goto(f"{desk.base_url}/handset/?phone={scenes.DANA.replace('+', '%2B')}")
    expect(page.get_by_role("log", name="Messages")).to_be_visible()
    assert serious_in(page) == []


def test_N13_on_a_phone_there_is_no_serious_violation(desk, scene, open_page):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    sign_in(page, desk, "robin")
    assert serious_in(page) == []
    unread = scene.conversation(scenes.SIX["unread"][0])
    page.goto(f"{desk.base_url}/desk/conversations/{unread}/")
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("button", name="More actions").tap()
    assert serious_in(page) == []
    page.get_by_role("button", name="Details").tap()
    assert serious_in(page) == []
    page.get_by_role("button", name="Add interaction").tap()
    page.get_by_role("menuitem", name="SMS").tap()
    expect(page.get_by_role("dialog", name="New SMS")).to_be_visible()
    assert serious_in(page) == []


def test_N13_the_page_that_asks_before_signing_out_has_no_serious_violation(desk, scene, page):
    sign_in(page, desk, "robin")
    page.locator("#sign-out").evaluate("form => form.submit()")  # as without a script
    expect(page.get_by_role("button", name="Sign out anyway")).to_be_visible()
    assert page.url.endswith("/sign-out/")
    assert serious_in(page) == []


def test_N13_the_empty_desk_has_no_serious_violation(desk, page):
    sign_in(page, desk, "lea")
    expect(page.get_by_role("heading", name="No conversations")).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("button", name="Change status").click()
    assert serious_in(page) == []


@pytest.mark.parametrize("state", scenes.SIX)
def test_N13_a_conversation_in_each_state_has_no_serious_violation(desk, scene, page, state):
    sign_in(page, desk, "robin")
    page.goto(f"{desk.base_url}/desk/conversations/{scene.conversation(scenes.SIX[state][0])}/")
    expect(page.get_by_role("log", name="Messages")).to_be_visible()
    assert serious_in(page) == []
    if state == "waiting":
        for tab in page.get_by_role("tab").all()[1:]:
            tab.click()
            assert serious_in(page) == []


def test_N13_a_new_text_and_the_keys_have_no_serious_violation(desk, page):
    sign_in(page, desk, "lea")
    page.get_by_role("button", name="Add interaction").click()
    assert serious_in(page) == []
    page.get_by_role("menuitem", name="SMS").click()
    dialog = page.get_by_role("dialog", name="New SMS")
    dialog.get_by_label("To").fill("+1 415 555 01234")
    expect(dialog).to_contain_text("has too many digits")
    dialog.get_by_role("button", name="Send").click()
    assert serious_in(page) == []
    dialog.get_by_label("To").fill(scenes.RAMANS)
    expect(dialog).to_contain_text("2 matches")
    assert serious_in(page) == []
    page.keyboard.press("Escape")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Keyboard").click()
    assert serious_in(page) == []


def test_N13_an_offer_has_no_serious_violation(desk, page):
    scene = scenes.Scene(desk, "maya")
    scene.set_status("Available")
    scene.texts(scenes.RAMANS, "Which of us is covered?")
    scene.offered(scenes.RAMANS)
    sign_in(page, desk, "maya")
    expect(page.get_by_role("alertdialog", name="SMS Chat Request")).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.get_by_role("heading", name="2 matches")).to_be_visible()
    assert serious_in(page) == []
    scene.leaves()


def test_N13_alerts_stacked_offers_and_what_was_missed_have_no_serious_violation(desk, page):
    everybody_on_break(desk)
    scene = scenes.Scene(desk, "lea")
    scene.set_status("Available")
    scene.texts("+14155550151", "Is anybody there?", to=POLICIES)
    scene.accepts("+14155550151")
    scene.leaves()
    desk.sql(
        """UPDATE agents_agent SET present = false, absent_since = now() - interval '1 hour'
           WHERE id = %s""",
        scene.agent_id,
    )
    sign_in(page, desk, "lea")
    expect(page.get_by_text("While you were away: 1 new text in 1 conversation.")).to_be_visible()
    assert serious_in(page) == []
    page.locator(".me summary").click()
    page.get_by_role("button", name="Alerts").click()
    page.get_by_role("button", name="Test flashing title").click()
    assert serious_in(page) == []
    page.get_by_role("button", name="Close").click()
    for sender in ("+14155550152", "+14155550153"):
        scene.texts(sender, "Hail has broken my windshield", to=POLICIES)
    expect(page.get_by_role("alertdialog")).to_have_count(2)
    assert serious_in(page) == []
    everybody_on_break(desk)


def test_N13_notes_mentions_and_past_conversations_have_no_serious_violation(desk, scene, page):
    sign_in(page, desk, "robin")
    waiting = scene.conversation(scenes.SIX["waiting"][0])
    page.goto(f"{desk.base_url}/desk/conversations/{waiting}/")
    for past in page.locator("details.past summary").all():
        past.click()
    page.get_by_role("button", name=re.compile("^Note")).click()
    page.get_by_role("textbox", name="Note").fill("@l")
    expect(page.get_by_role("option").first).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("textbox", name="Note").fill("A note to @lea and @nobody")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#thread .note")).to_be_visible()
    assert serious_in(page) == []
    page.context.clear_cookies()
    sign_in(page, desk, "lea")
    page.get_by_role("button", name="Mentions: 1 unseen").click()
    expect(page.get_by_role("heading", name="Notes that name you")).to_be_visible()
    assert serious_in(page) == []


def test_N13_cases_customers_and_the_command_bar_have_no_serious_violation(desk, page):
    sign_in(page, desk, "lea")
    case = desk.scalar("SELECT id FROM cases_case WHERE subject = 'Rear bumper, parking lot'")
    page.goto(f"{desk.base_url}/desk/cases/{case}/")
    page.locator(".log summary").first.click()
    assert serious_in(page) == []
    page.get_by_role("button", name="Edit the case").click()
    expect(page.get_by_role("form", name="Edit the case")).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("link", name="Dana Whitfield").click()
    expect(page.get_by_role("heading", name="Dana Whitfield", level=1)).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("button", name="Find").click()
    page.get_by_role("combobox", name="Find").fill("da")
    expect(page.get_by_role("option", name=re.compile("^Dana Whitfield"))).to_be_visible()
    assert serious_in(page) == []


def test_N13_a_customer_who_opted_out_and_a_popped_chat_log_have_no_serious_violation(
    desk, page, change
):
    change("routing_queue", chat_log_pops=True)
    accept_text(page, desk, "maya", "+14155550154", "Stop")
    page.locator(".more summary").click()
    expect(page.get_by_role("button", name="Customer asked for no more texts")).to_be_disabled()
    assert serious_in(page) == []
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Question answered")
    page.get_by_role("button", name="Wrap up").click()
    expect(page.get_by_role("tabpanel", name="Chat log")).to_be_visible()
    assert serious_in(page) == []


def test_N13_ending_and_handing_over_have_no_serious_violation(desk, page):
    """The sheets that hand over, park, explain and ask; a parked conversation."""
    scene = scenes.Scene(desk, "jonas")
    scene.set_status("Available")
    sender = "+14155550149"
    scene.texts(sender, "Could you call me back?")
    conversation = scene.accepts(sender)
    scene.leaves()
    sign_in(page, desk, "jonas")
    page.goto(f"{desk.base_url}/desk/conversations/{conversation}/")
    for name in ("Hand over", "Why me?", "Park"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("#sheet")).to_be_visible()
        assert serious_in(page) == []
        if name != "Park":
            page.keyboard.press("Escape")
    page.get_by_role("button", name="1 hour").click()
    page.locator("#parked summary").click()
    page.locator("#parked").get_by_role("button").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert serious_in(page) == []
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog", name="You have 1 open conversation")).to_be_visible()
    assert serious_in(page) == []
