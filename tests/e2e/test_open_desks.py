"""H3, I1: a supervisor changes the settings; an open desk follows, and loses nothing begun."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.agent import accept_text

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def saved(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("successfully").first).to_be_visible()


def open_row(page: Page, desk, model: str, name: str) -> None:
    page.goto(f"{desk.base_url}/admin/{model}/?q={name}")
    page.get_by_role("link", name=name, exact=True).click()


def test_H3_a_half_filled_wrap_up_follows_the_dispositions_and_keeps_its_words(
    desk, page, supervisor, change
):
    change("routing_queue", wrap_up_seconds=3000)
    accept_text(page, desk, "robin", "+14155550461")
    page.get_by_role("button", name="End", exact=True).click()
    choice = page.get_by_label("Disposition")
    choice.select_option(label="Claim filed")
    page.get_by_label("Note", exact=True).fill("Half a no")
    page.get_by_label("Note", exact=True).focus()

    supervisor.goto(f"{desk.base_url}/admin/cases/disposition/add/")
    supervisor.get_by_label("Name").fill("Hail damage")
    saved(supervisor)
    expect(choice.get_by_role("option", name="Hail damage")).to_be_attached()
    expect(choice).to_have_value("Claim filed")
    expect(page.get_by_label("Note", exact=True)).to_have_value("Half a no")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()

    open_row(supervisor, desk, "routing/queue", "Claims")
    supervisor.get_by_label("Disposition required").check()
    supervisor.get_by_label("Wrap-up extension (seconds)").fill("90")
    saved(supervisor)
    expect(page.locator("#disposition-required")).to_be_visible()
    expect(page.get_by_role("button", name="More time")).to_be_visible()
    expect(choice).to_have_value("Claim filed")

    open_row(supervisor, desk, "cases/disposition", "Claim filed")
    supervisor.get_by_label("Active").uncheck()
    saved(supervisor)
    gone = "“Claim filed” is no disposition of this queue any more."
    expect(page.get_by_text(gone)).to_be_visible()
    expect(choice).to_have_value("")
    expect(page.get_by_label("Note", exact=True)).to_have_value("Half a no")
    choice.select_option(label="Hail damage")
    page.get_by_role("button", name="Wrap up").click()
    expect(page.locator("#closed")).to_contain_text("This conversation is closed: Hail damage.")
    expect(page.locator("#alert")).to_be_empty()  # what was being kept meanwhile is no news


def test_I1_A2_who_may_text_first_and_what_a_number_is_called_follow_while_one_types(
    desk, page, supervisor, change
):
    change("routing_channel", "name = 'Acme Claims'", name="Acme Claims")  # put back after it
    accept_text(page, desk, "lea", "+14155550462")
    box = page.get_by_role("textbox", name="Message")
    box.press_sequentially("Half a")
    add = page.get_by_role("button", name="Add interaction")
    text = page.locator("#pane .text-to").first
    expect(text).to_be_enabled()

    open_row(supervisor, desk, "agents/agent", "Lea Okafor")
    supervisor.get_by_label("May text first").uncheck()
    saved(supervisor)
    expect(add).to_be_disabled()
    expect(text).to_be_disabled()
    expect(page.locator("#why-no-text")).to_contain_text("You do not have permission to text first")
    open_row(supervisor, desk, "agents/agent", "Lea Okafor")
    supervisor.get_by_label("May text first").check()
    saved(supervisor)
    expect(add).to_be_enabled()
    expect(text).to_be_enabled()

    open_row(supervisor, desk, "routing/channel", "Acme Claims")
    supervisor.get_by_label("Name").first.fill("Storm line")
    saved(supervisor)
    expect(page.locator(".talk-meta")).to_contain_text("Storm line")
    expect(box).to_have_value("Half a")
    expect(box).to_be_focused()


def test_H5_what_is_wrapped_up_before_it_was_kept_is_not_kept_once_more(desk, page, change):
    """A closed conversation would answer that nothing was changed."""
    change("routing_queue", wrap_up_seconds=3000)
    accept_text(page, desk, "robin", "+14155550464")
    page.get_by_role("button", name="End", exact=True).click()
    posted = []
    page.on("request", lambda sent: sent.method == "POST" and posted.append(sent.url))
    page.route(
        "**/wrap-up/draft",
        lambda route: route.continue_() if route.request.method == "GET" else None,  # unanswered
    )

    page.get_by_label("Note", exact=True).fill("Called back")
    page.get_by_label("Disposition").select_option(index=1)
    page.get_by_role("button", name="Wrap up").click()
    expect(page.locator("#closed")).to_be_visible()
    page.evaluate("new Promise((resume) => setTimeout(resume, 200))")

    assert posted[-1].endswith("/wrap-up")
    expect(page.locator("#alert")).to_be_empty()
    assert desk.scalar("SELECT note FROM routing_interaction ORDER BY id DESC") == "Called back"
