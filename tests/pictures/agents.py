"""The pictures of docs/agents.md: desks, and what a browser does at them before each is taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.pictures.picture import Picture, Setting, nothing
from tests.support import scenes
from tests.support.scenes import DANA, RAMANS, SIX

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.processes import Desk

AT_LENGTH = "“Sure” – I’ll look that up… Would Thursday at 9 o’clock suit you? It takes 10 minutes."


def conversation(page: Page, desk: Desk, sender: str) -> None:
    """Open the latest conversation of this number."""
    found = desk.scalar(
        "SELECT max(id) FROM routing_interaction WHERE customer_address = %s", sender
    )
    page.goto(f"{desk.base_url}/desk/conversations/{found}/")
    expect(page.get_by_role("log", name="Messages")).to_be_visible()


# ------------------------------------------------------------------------------- a crowded desk


def crowd(desk: Desk) -> None:
    scenes.six_states(desk, "robin").leaves()


def show_dana(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)


def show_failed(page: Page, desk: Desk) -> None:
    conversation(page, desk, SIX["failed"][0])


def show_wrap_up(page: Page, desk: Desk) -> None:
    conversation(page, desk, SIX["wrap-up"][0])
    page.get_by_label("Disposition").select_option("Question answered")


def show_command_bar(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.keyboard.press("Control+k")
    page.keyboard.type("dana", delay=40)
    expect(page.get_by_role("option").first).to_be_visible()


def show_keys(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.locator("body").press("Escape")
    page.get_by_role("log", name="Messages").press("?")


def show_status(page: Page, desk: Desk) -> None:
    page.get_by_role("button", name="Change status").click()


def show_on_a_phone(page: Page, desk: Desk) -> None:
    conversation(page, desk, SIX["unread"][0])


# ---------------------------------------------------------------- two conversations and an offer


def offer_on_top(desk: Desk) -> None:
    """Two conversations, and Dana's text is offered."""
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 3000, acceptance_seconds = 600")
    scene = scenes.Scene(desk, "robin")
    scene.set_status("Available")
    scene.texts(RAMANS, "Which of our two cars is covered for hail?")
    scene.accepts(RAMANS)
    scene.texts("+14155550161", "Please stop texting me about this", "STOP")
    scene.accepts("+14155550161")
    scene.texts(DANA, "The shop has sent the estimate. Where do I send it?")
    scene.offered(DANA)
    scene.leaves()


def show_several(page: Page, desk: Desk) -> None:
    conversation(page, desk, RAMANS)


def show_opted_out(page: Page, desk: Desk) -> None:
    conversation(page, desk, "+14155550161")


# ------------------------------------------------------------------- one conversation, all of it


def one_conversation(desk: Desk) -> None:
    """Dana's conversation, and a colleague who could take it."""
    colleague = scenes.Scene(desk, "maya")
    colleague.set_status("On Break")
    scene = scenes.Scene(desk, "robin")
    scene.set_status("Available")
    scene.texts(DANA, "The shop has sent the estimate. Where do I send it?")
    scene.accepts(DANA)
    scene.answers(DANA, "Hello Dana, this is Robin. To photos@example.com please, with your claim.")
    scene.settles(DANA, "DELIVERED")
    scene.texts(DANA, "Done. When will somebody look at it?")
    colleague.set_status("Available")
    scene.leaves()
    # Maya's browser stays: she can be handed something over.


def show_dear(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("textbox", name="Message").fill(AT_LENGTH)
    expect(page.get_by_role("button", name="Make it cheap")).to_be_visible()


def show_replies(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("textbox", name="Message").fill("")
    page.get_by_role("textbox", name="Message").press("/")
    expect(page.get_by_role("listbox", name="Canned replies")).to_be_visible()


def show_faq(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("textbox", name="Message").fill("")
    page.get_by_role("button", name="FAQ").click()
    page.keyboard.type("claim", delay=40)
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()


def show_held(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("textbox", name="Message").fill("By Thursday at the latest.")
    page.context.set_offline(True)
    desk.inbound(DANA, "Forget it, the shop did it already!").raise_for_status()
    desk.wait_until(
        lambda: desk.scalar("SELECT count(*) FROM routing_message WHERE body LIKE 'Forget it%'")
    )
    page.context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#composer-alert")).to_contain_text("press Send again")


def show_hand_over(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("button", name="Hand over").click()
    page.get_by_role("radio", name=re.compile("^Maya Lindqvist")).check()
    page.get_by_label("Note", exact=True).fill("She waits for the assessor’s appointment.")


def show_park(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("button", name="Park").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def show_why(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("button", name="Why me?").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def show_note(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("button", name="Note", exact=True).click()
    page.locator("#internal-note").fill("@maya has the assessor called back?")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("called back")


def show_new_text(page: Page, desk: Desk) -> None:
    page.get_by_role("button", name="Add interaction").click()
    page.get_by_role("menuitem", name="SMS").click()
    page.get_by_label("To", exact=True).fill("(415) 555-0102")
    page.get_by_label("Text", exact=True).fill("Good news: your windshield is in.")
    expect(page.locator("#number-hint")).not_to_be_empty()


def show_case(page: Page, desk: Desk) -> None:
    conversation(page, desk, DANA)
    page.get_by_role("link", name="#1002").first.click()
    expect(page.get_by_role("heading", name="Rear bumper, parking lot")).to_be_visible()


SETTINGS = [
    Setting(nothing, [Picture("status", show_status)]),
    Setting(
        crowd,
        [
            Picture("desk", show_dana),
            Picture("failed", show_failed),
            Picture("wrap-up", show_wrap_up),
            Picture("command-bar", show_command_bar),
            Picture("keys", show_keys),
            Picture("phone", show_on_a_phone, phone=True),
        ],
    ),
    Setting(
        offer_on_top,
        [
            Picture("offer", nothing),
            Picture("several", show_several),
            Picture("opted-out", show_opted_out),
        ],
    ),
    Setting(
        one_conversation,
        [
            Picture("dear", show_dear),
            Picture("replies", show_replies),
            Picture("faq", show_faq),
            Picture("why", show_why),
            Picture("hand-over", show_hand_over),
            Picture("park", show_park),
            Picture("new-text", show_new_text),
            Picture("case", show_case),
            Picture("note", show_note),
            Picture("held", show_held),
        ],
    ),
]
