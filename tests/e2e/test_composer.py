"""Writing: held, drafted, canned, looked up, made cheap, locked (F14, I3, N1, N3, N4, N5, N6)."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from smsdesk.lib.segments import BASIC, CHEAPER, EXTENSION, TABLE, cheaper, plan
from tests.e2e.test_accessibility import serious_in
from tests.e2e.test_unsaved import kept_of
from tests.support.agent import accept_text
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def made_texts() -> list[str]:
    """Hypothesis' texts, all at once: a browser is asked about them in one go."""
    signs = st.sampled_from([*sorted(BASIC | EXTENSION), *CHEAPER, *"ЖçÇ😀👩"])
    texts: list[str] = []

    @given(st.text(signs | st.characters(exclude_categories=["Cs"]), max_size=400))
    @settings(max_examples=2000, database=None)
    def make(text: str) -> None:
        texts.append(text)

    make()
    return [*texts, "a" * 161, "€" * 81, "😀" * 67, "Ж" * 66 + "😀" + "Ж" * 66]


def box(page: Page):
    return page.get_by_role("textbox", name="Message")


def texts_to(desk: Desk, sender: str) -> list[str]:
    rows = desk.sql(
        """SELECT body FROM routing_message message
           JOIN routing_interaction talk ON talk.id = message.interaction_id
           WHERE author = 'AGENT' AND customer_address = %s ORDER BY message.id""",
        sender,
    )
    return [row["body"] for row in rows]


def draft_of(desk: Desk, sender: str) -> str:
    (row,) = desk.sql("SELECT draft FROM routing_interaction WHERE customer_address = %s", sender)
    return row["draft"]


def lose_posts(route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def test_F14_N3_the_browser_reckons_as_the_server_does(desk, page, made_texts):
    page.goto(f"{desk.base_url}/sign-in/")
    reckoned = page.evaluate(
        """async ([table, texts]) => {
             const { plan, cheaper, cutAtWord, rules } =
               await import("/static/js/desk/segments.js");
             return texts.map((text) =>
               [plan(text, rules(table)), cheaper(text, table), cutAtWord(text, 40)]);
           }""",
        [TABLE, made_texts],
    )

    for text, (planned, cheap, cut) in zip(made_texts, reckoned, strict=True):
        assert planned == asdict(plan(text)), text
        assert cheap == cheaper(text)
        assert text.startswith(cut)
        assert len(cut) <= 40


def test_N5_a_text_that_came_while_typing_holds_the_send_and_then_it_goes_once(desk, page):
    sender = "+14155550401"
    accept_text(page, desk, "robin", sender)
    box(page).fill("Yes, on Monday")
    # The desk hears nothing for a moment: no frame, no thread.
    page.route(re.compile(r"/thread(\?|$)"), lambda route: route.abort())
    desk.inbound(sender, "Forget it, I called you")
    desk.wait_until(
        lambda: desk.sql("SELECT 1 FROM routing_message WHERE body LIKE %s", "Forget it%")
    )
    page.keyboard.press("Enter")

    alert = page.get_by_role("alert").filter(has_text="while you were typing")
    expect(alert).to_have_text(
        "+1 415-555-0401 wrote while you were typing. Read it, then press Send again."
    )
    news = page.locator(".bubble.news")
    expect(news).to_have_count(1)
    expect(news).to_contain_text("Forget it, I called you")
    expect(box(page)).to_have_value("Yes, on Monday")
    assert texts_to(desk, sender) == []
    assert serious_in(page) == []

    page.get_by_role("button", name="Send").dblclick()
    expect(box(page)).to_have_value("")
    expect(page.locator(".bubble.agent")).to_have_count(1)
    expect(page.locator(".bubble.news")).to_have_count(0)
    assert texts_to(desk, sender) == ["Yes, on Monday"]


def test_N5_a_text_whose_answer_was_lost_is_found_sent_and_not_sent_again(desk, page):
    sender = "+14155550407"
    accept_text(page, desk, "jonas", sender)

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    page.route("**/messages", lose_the_answer)
    box(page).fill("It is paid.")
    page.keyboard.press("Enter")

    expect(page.locator(".bubble.agent")).to_have_count(1)
    expect(box(page)).to_have_value("")
    page.unroute("**/messages")
    box(page).fill("By the way …")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.agent")).to_have_count(2)
    assert texts_to(desk, sender) == ["It is paid.", "By the way …"]


def test_N6_a_draft_is_on_the_second_device_and_gone_when_it_is_sent(desk, page, open_page):
    sender = "+14155550402"
    accept_text(page, desk, "robin", sender)
    phone = open_page(storage_state=page.context.storage_state())
    box(page).press_sequentially("Half a sen", delay=20)
    desk.wait_until(lambda: draft_of(desk, sender) == "Half a sen")
    phone.goto(page.url)
    expect(box(phone)).to_have_value("Half a sen")

    box(page).press_sequentially("tence")
    expect(box(phone)).to_have_value("Half a sentence")
    page.reload()
    expect(box(page)).to_have_value("Half a sentence")

    box(phone).focus()
    phone.keyboard.press("End")
    phone.keyboard.type(", sent.")
    phone.keyboard.press("Enter")
    expect(box(phone)).to_have_value("")
    expect(box(page)).to_have_value("")
    assert texts_to(desk, sender) == ["Half a sentence, sent."]
    assert draft_of(desk, sender) == ""


def test_N4_a_canned_reply_is_chosen_with_the_keyboard(desk, page):
    accept_text(page, desk, "robin", "+14155550101")
    box(page).press_sequentially("/")
    replies = page.get_by_role("listbox", name="Canned replies")
    expect(replies.get_by_role("option")).to_have_count(4)
    assert serious_in(page) == []
    box(page).press_sequentially("gree")
    expect(replies.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(replies).to_have_count(0)
    expect(box(page)).to_have_value(
        "Hello Dana, this is Robin Castillo at Acme Insure. How can I help?"
    )
    page.keyboard.press("Control+z")
    expect(box(page)).to_have_value("/gree")
    page.keyboard.press("Control+a")
    page.keyboard.type("and/or 5 /")
    expect(replies).to_be_visible()
    page.keyboard.press("Escape")
    expect(replies).to_have_count(0)
    assert page.locator("#thread > .bubble.agent").count() == 0


def test_N4_the_canned_replies_follow_a_composer_that_is_drawn_anew(desk, page):
    sender = "+14155550408"
    accept_text(page, desk, "jonas", sender)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/replies", hold)
    with page.expect_request("**/replies"):
        box(page).press_sequentially("/")

    def draw_anew():
        desk.inbound(sender, "STOP")
        expect(box(page)).not_to_be_editable()
        desk.inbound(sender, "START")
        expect(box(page)).to_be_editable()

    draw_anew()
    held.pop().continue_()
    options = page.get_by_role("listbox", name="Canned replies").get_by_role("option")
    expect(options).to_have_count(4)
    draw_anew()
    page.keyboard.type("gree")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value(re.compile("at Acme Insure. How can I help"))


def test_N4_enter_waits_for_the_canned_replies_and_never_sends_a_shortcut(desk, page):
    sender = "+14155550409"
    accept_text(page, desk, "maya", sender)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/replies", hold)
    with page.expect_request("**/replies"):
        box(page).press_sequentially("/gree")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("/gree")

    held.pop().continue_()
    expect(box(page)).to_have_value(re.compile("at Acme Insure. How can I help"))
    assert texts_to(desk, sender) == []
    page.keyboard.press("Control+a")
    with page.expect_request("**/replies"):
        page.keyboard.type("no /such")
    page.keyboard.press("Enter")
    held.pop().continue_()
    expect(page.locator(".bubble.agent")).to_have_count(1)
    assert texts_to(desk, sender) == ["no /such"]


def test_I3_enter_waits_for_the_articles_that_are_searched_now(desk, page):
    accept_text(page, desk, "lea", "+14155550410")
    held = []

    def hold(route):
        held.append(route)

    page.route(re.compile(r"articles\?words=(accident|paid)$"), hold)
    page.get_by_role("button", name="FAQ").click()
    faq = page.get_by_role("dialog", name="Knowledge base")
    expect(faq.get_by_role("option")).to_have_count(3)
    first = faq.get_by_role("option").first.locator("b")
    expect(first).to_have_text("How to file a claim")
    with page.expect_request(re.compile(r"words=accident$")):
        page.keyboard.type("accident")
    page.keyboard.press("Shift+Enter")
    expect(faq).to_be_visible()

    held.pop().continue_()
    link = f"{desk.base_url}/a/after-an-accident"
    expect(box(page)).to_have_value(link)

    # Who thinks better of it meanwhile inserts nothing.
    page.keyboard.press("Alt+q")
    with page.expect_request(re.compile(r"words=paid$")):
        page.keyboard.type("paid")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Escape")
    held[-1].continue_()
    expect(page.locator("#faq-found")).to_contain_text("When a claim is paid")
    expect(page.locator("#faq-article")).to_contain_text("When a claim is paid")
    expect(box(page)).to_have_value(link)


def test_N6_nothing_is_drawn_anew_under_the_hands_while_the_strip_is_behind(desk, page):
    accept_text(page, desk, "jonas", "+14155550411")
    expect(page.locator(".tile[aria-current]")).to_have_count(1)
    box(page).press_sequentially("Half a sen")

    is_the_same = page.evaluate(
        """async () => {
             const box = document.querySelector("#message");
             const { url } = document.querySelector("#work").dataset;
             document.querySelector(".tile[aria-current]").remove();
             for (const again of [1, 2, 3]) {
               document.dispatchEvent(new CustomEvent("desk:drawn"));
               await (await fetch(url, { headers: { "HX-Request": "true" } })).text();
             }
             return box.isConnected;
           }"""
    )

    assert is_the_same
    expect(box(page)).to_have_value("Half a sen")


def test_I3_an_article_goes_as_text_cut_to_what_fits_or_as_link(desk, page, change):
    change(
        "cases_article",
        "slug = 'after-an-accident'",
        body="Stop and look. " + "word " * 400,
    )
    accept_text(page, desk, "robin", "+14155550404")
    page.get_by_role("button", name="FAQ").click()
    faq = page.get_by_role("dialog", name="Knowledge base")
    expect(faq.get_by_role("option")).to_have_count(3)
    faq.get_by_role("combobox").press_sequentially("accid", delay=20)
    expect(faq.get_by_role("option")).to_have_count(2)
    assert serious_in(page) == []
    page.keyboard.press("ArrowDown")
    expect(faq.get_by_role("heading", name="How to file a claim")).to_be_visible()
    page.keyboard.press("Shift+Enter")
    link = f"{desk.base_url}/a/how-to-file-a-claim"
    expect(box(page)).to_have_value(link)

    page.keyboard.press("Alt+q")
    expect(faq.get_by_role("heading", name="What to do after an accident")).to_be_visible()
    faq.get_by_role("button", name="Insert as text").click()
    expect(page.get_by_role("alert").filter(has_text="did not fit")).to_be_visible()
    value = box(page).input_value()
    assert value.startswith(f"{link} Stop and look. word")
    assert 1490 < len(value) <= 1500
    assert value.endswith(" word")

    page.goto(link)
    expect(page.get_by_role("heading", name="How to file a claim")).to_be_visible()
    assert serious_in(page) == []


def test_N3_what_is_dear_is_named_and_made_cheap_and_taken_back(desk, page):
    accept_text(page, desk, "robin", "+14155550405")
    dear = "“It’s done” – " + "all of it. " * 6
    box(page).fill(dear)
    counter = page.locator("#message-counter")
    expect(counter).to_have_text("80/1500 · UCS-2 · 2 parts · $0.0166")
    expect(page.get_by_text("“, ’, ” and – make this UCS-2: 2 parts instead of 1")).to_be_visible()

    page.get_by_role("button", name="Make it cheap: saves 1 part ($0.0083)").click()
    expect(box(page)).to_have_value(cheaper(dear))
    expect(counter).to_have_text("80/1500 · GSM-7 · 1 part · $0.0083")
    page.get_by_role("button", name="Undo").click()
    expect(box(page)).to_have_value(dear)
    page.keyboard.press("Alt+c")
    expect(box(page)).to_have_value(cheaper(dear))

    # Three dots are longer than an ellipsis, and the face stays.
    box(page).fill("… 🙂 " + "all of it. " * 6)
    expect(page.get_by_text("🙂 and … make this UCS-2: 2 parts instead of 1")).to_be_visible()
    expect(page.locator("[data-cheap]:visible")).to_have_count(0)


def test_N1_a_customer_who_opts_out_locks_the_composer_and_opens_it_again(desk, page):
    sender = "+14155550406"
    accept_text(page, desk, "robin", sender)
    page.route("**/draft", lose_posts)  # what is typed is in this window only
    box(page).fill("One more thing")
    desk.inbound(sender, "Stop.")

    expect(box(page)).not_to_be_editable()
    expect(box(page)).to_be_focused()  # whoever still types presses no keys of the desk
    tile = page.locator('.tile[aria-current="true"]')
    expect(tile).to_have_accessible_name(re.compile("waiting for the customer"))
    expect(box(page)).to_have_value("One more thing")
    expect(page.locator("#message-counter")).to_contain_text("14/1500")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(page.locator("#composer-lock")).to_contain_text("opted out by texting “Stop.”")
    expect(page.locator("#composer-lock")).to_contain_text("texts START to +1 415-555-0199")
    assert serious_in(page) == []

    desk.inbound(sender, "START")
    expect(box(page)).to_be_editable()
    expect(box(page)).to_have_value("One more thing")

    page.locator(".more summary").click()
    page.get_by_label("What they said, if you like").fill("never / again")
    page.keyboard.press("Enter")  # sends nothing
    page.get_by_role("button", name="Customer asked for no more texts").click()
    question = page.get_by_role("dialog", name=re.compile("asked for no more texts"))
    question.get_by_role("button", name="Stop all texts").click()
    expect(page.locator("#composer-lock")).to_contain_text(
        "as Robin Castillo noted (“never / again”)"
    )
    expect(box(page)).not_to_be_editable()
    assert kept_of(desk, sender)["state"] == "ACTIVE"
