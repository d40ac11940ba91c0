"""G: which customer, which case: chosen, continued, searched for and found, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support import scenes
from tests.support.agent import accept_text, sign_in
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def desk(desk):
    desk.sql("UPDATE routing_queue SET acceptance_seconds = 600, chat_log_pops = false")
    return desk


def link_of(desk: Desk, sender: str) -> dict:
    """What the latest conversation of a number is linked to."""
    return desk.sql(
        """SELECT customer.name, cases_case.id + 1000 AS number, cases_case.state
           FROM routing_interaction AS i
           LEFT JOIN cases_caselink AS link ON link.interaction_id = i.id
           LEFT JOIN cases_customer AS customer ON customer.id = link.customer_id
           LEFT JOIN cases_case ON cases_case.id = link.case_id
           WHERE customer_address = %s ORDER BY i.id DESC LIMIT 1""",
        sender,
    )[0]


def wrap_up(page: Page, left: str = "No conversations") -> None:
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option("Question answered")
    page.get_by_role("button", name="Wrap up").click()
    expect(page.get_by_role("heading", name=left)).to_be_visible()


def test_G6_G14_one_of_several_is_chosen_by_a_key_and_the_agent_is_back(desk, page):
    accept_text(page, desk, "robin", scenes.RAMANS)
    customer = page.get_by_role("tabpanel", name="Customer")
    expect(customer.get_by_role("heading", name=re.compile("^2 matches for"))).to_be_visible()
    expect(customer.get_by_role("button", name=re.compile("first match"))).to_be_focused()
    names = customer.locator("#choices .choice-name").all_inner_texts()
    assert link_of(desk, scenes.RAMANS)["name"] is None

    page.keyboard.press("2")

    expect(customer.get_by_role("heading", name=names[1])).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    assert link_of(desk, scenes.RAMANS)["name"] == names[1]
    page.keyboard.type("2 cars, then?")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("2 cars, then?")
    page.get_by_role("textbox", name="Message").fill("")
    wrap_up(page)


def test_G6_a_digit_is_a_customer_in_the_pane_and_a_conversation_elsewhere(desk, page):
    accept_text(page, desk, "jonas", "+14155550398", "the first one")
    desk.inbound(scenes.RAMANS, "the second one")
    page.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    choices = page.locator("#choices")
    expect(choices.get_by_role("button", name=re.compile("first match"))).to_be_focused()

    page.locator("#work").focus()
    page.keyboard.press("1")
    expect(page.get_by_role("log", name="Messages")).to_contain_text("the first one")
    page.locator("#work").focus()
    page.keyboard.press("2")
    expect(choices.get_by_role("button", name=re.compile("first match"))).to_be_focused()
    assert link_of(desk, scenes.RAMANS)["name"] is None

    page.keyboard.press("9")  # nobody, and no conversation
    page.keyboard.press("1")
    expect(choices).to_have_count(0)
    expect(page.get_by_role("log", name="Messages")).to_contain_text("the second one")
    assert link_of(desk, scenes.RAMANS)["name"]
    wrap_up(page, left="1 conversation needs you")
    page.keyboard.press("Alt+1")
    wrap_up(page)


def test_G6_G14_on_a_phone_the_avatar_leads_to_the_list_and_choosing_back_to_the_chat(desk, page):
    page.set_viewport_size({"width": 390, "height": 844})
    accept_text(page, desk, "maya", scenes.RAMANS)

    page.get_by_role("button", name="2 matches: choose the customer").click()
    page.locator("#choices .choice").first.click()

    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    expect(page.locator("#talk-avatar .badge")).to_contain_text("2")
    wrap_up(page)


def test_G11_the_next_text_goes_on_with_the_most_recent_case(desk, page):
    accept_text(page, desk, "lea", scenes.DANA, "Any news of my bumper?")
    page.get_by_role("tab", name="Case").click()
    case = page.get_by_role("tabpanel", name="Case")
    expect(case.get_by_role("button", name="New case")).to_be_visible()

    case.get_by_role("button", name=re.compile("^Continue #.*Rear bumper")).click()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    link = link_of(desk, scenes.DANA)
    assert (link["name"], link["state"]) == ("Dana Whitfield", "OPEN")
    expect(page.locator("#talk-case")).to_contain_text(f"case #{link['number']}")
    wrap_up(page)
    assert link_of(desk, scenes.DANA)["number"] == link["number"]

    desk.inbound(scenes.DANA, "One more question")
    page.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    page.get_by_role("tab", name="Case").click()
    page.get_by_role("button", name="New case").click()
    case.get_by_label("Subject").fill("A second accident")
    case.get_by_role("button", name="Save").click()

    expect(page.locator("#talk-case")).to_contain_text("case #")
    assert link_of(desk, scenes.DANA)["number"] > link["number"]
    wrap_up(page)


@pytest.mark.parametrize(("pops", "tab"), [("CUSTOMER", "Customer"), ("CASE", "Case")])
def test_G2_what_the_queue_names_pops_in_front_of_the_other_tab(desk, page, change, pops, tab):
    change("routing_queue", screen_pop=pops)
    accept_text(page, desk, "jonas", scenes.DANA, f"Do you see my {tab}?")

    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    pane = page.get_by_role("tabpanel", name=tab)
    expect(pane).to_be_visible()
    expect(pane).to_contain_text("Dana Whitfield" if pops == "CUSTOMER" else "Continue #")
    wrap_up(page)


def test_a_case_is_closed_and_opened_again_with_the_keyboard(desk, page):
    sign_in(page, desk, "lea")
    case = desk.scalar("SELECT id FROM cases_case WHERE subject = 'Rear bumper, parking lot'")
    page.goto(f"{desk.base_url}/desk/cases/{case}/")
    state = page.locator("#case-card .tag")
    expect(state).to_have_text("open")

    page.get_by_role("button", name="Close the case").focus()
    page.keyboard.press("Enter")
    expect(state).to_have_text("closed")
    assert desk.scalar("SELECT state FROM cases_case WHERE id = %s", case) == "CLOSED"
    expect(page.get_by_role("button", name="Reopen the case")).to_be_focused()
    page.keyboard.press("Enter")

    expect(state).to_have_text("open")
    expect(page.get_by_role("button", name="Close the case")).to_be_focused()
    assert desk.scalar("SELECT state FROM cases_case WHERE id = %s", case) == "OPEN"


def test_G9_somebody_known_is_found_by_her_address_and_linked(desk, page):
    sender = "+14155550399"
    accept_text(page, desk, "robin", sender, "My new phone")
    customer = page.get_by_role("tabpanel", name="Customer")
    expect(customer.get_by_role("heading", name="New case")).to_be_visible()

    customer.get_by_label("Find a customer").fill("alder oakl")
    expect(customer.get_by_label("This number is theirs, too: save it")).not_to_be_checked()
    customer.get_by_role("button", name=re.compile("^Dana Whitfield")).click()

    expect(page.get_by_role("heading", name="Dana Whitfield", level=1)).to_be_visible()
    assert link_of(desk, sender)["name"] == "Dana Whitfield"
    assert desk.sql("SELECT 1 FROM cases_customerphone WHERE number = %s", sender) == []
    wrap_up(page)


def test_the_command_bar_finds_a_case_by_its_number_and_an_action_by_its_name(desk, page):
    number = desk.scalar(
        "SELECT id + 1000 FROM cases_case WHERE subject = %s", "Status of a windshield claim"
    )
    sign_in(page, desk, "jonas")

    page.keyboard.press("Control+k")
    find = page.get_by_role("combobox", name="Find")
    expect(find).to_be_focused()
    page.keyboard.type(f"#{number}")
    found = page.get_by_role("option", name=re.compile(f"^#{number}"))
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/desk/cases/\d+/$"))
    expect(page.get_by_role("heading", name=f"Case #{number}", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    page.get_by_text("Maya Lindqvist").first.click()
    expect(page.get_by_text("Has my windshield claim been approved?").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="No conversations")).to_be_visible()

    page.keyboard.press("Control+k")
    page.keyboard.type("lunch")
    expect(page.get_by_role("option", name="Status: Lunch")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page.locator("#status-name")).to_have_text("Lunch")

    page.keyboard.press("Control+k")
    page.keyboard.type("change st")
    expect(page.get_by_role("option", name=re.compile("^Change status"))).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu", name="Status")).to_be_visible()
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    expect(page.locator("#command-count")).to_contain_text("Nothing found for")
    page.keyboard.press("Escape")
    expect(find).to_be_hidden()


def test_two_agents_who_edit_one_customer_do_not_write_over_one_another(desk, page):
    sign_in(page, desk, "jonas")
    dana = desk.scalar("SELECT id FROM cases_customer WHERE name = 'Dana Whitfield'")
    page.goto(f"{desk.base_url}/desk/customers/{dana}/")
    page.get_by_role("button", name="Edit the customer").click()
    page.get_by_label("Notes").fill("Mine")
    desk.sql("UPDATE cases_customer SET notes = 'Theirs' WHERE id = %s", dana)

    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert").filter(has_text="Somebody else changed these details")
    expect(alert).to_contain_text("Theirs")
    expect(page.get_by_label("Notes")).to_have_value("Mine")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("button", name="Edit the customer")).to_be_visible()
    assert desk.scalar("SELECT notes FROM cases_customer WHERE id = %s", dana) == "Mine"
