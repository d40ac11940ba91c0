"""F9, F12, F17, N4: reading far back, notes that stay inside, and numbers that ask first."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.support import scenes
from tests.support.agent import accept_text, sign_in
from tests.support.processes import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

# Where the first line stands that is in view, and which it is.
READING = """() => {
  const thread = document.querySelector('#thread'), edge = thread.getBoundingClientRect().top;
  const line = [...document.querySelectorAll('#newest .line')]
    .find((one) => one.getBoundingClientRect().bottom > edge + 40);
  return [line.id, Math.round(line.getBoundingClientRect().top - edge)];
}"""
PLACE = """(id) => document.getElementById(id).getBoundingClientRect().top
  - document.querySelector('#thread').getBoundingClientRect().top"""
LINES = "() => [...document.querySelectorAll('#newest .line')].map((line) => line.id)"


def tell_before(desk: Desk, interaction_id: int, many: int) -> None:
    """Put texts before the first one, as if the conversation had gone on for long."""
    desk.sql(
        """INSERT INTO routing_message (interaction_id, channel_id, author, body, repaired,
               created_at, state, client_id, carrier_message_id, attempts, error_code, failure,
               parts, auto_reply, may_ask_to_stop)
           SELECT id, channel_id, 'CUSTOMER', 'text ' || n || repeat(' and on', n %% 40), false,
               initiated_at + n * interval '1 millisecond' - interval '1 minute', 'RECEIVED',
               gen_random_uuid(), '', 0, '', '', 1, '', false
           FROM routing_interaction, generate_series(1, %s) n WHERE id = %s""",
        many,
        interaction_id,
    )


def scroll(page: Page, way: str) -> None:
    page.locator("#thread").hover()
    page.mouse.wheel(0, -100_000 if way == "up" else 100_000)


def test_F9_reading_back_through_the_pages_loses_and_moves_nothing(desk, page):
    talk = accept_text(page, desk, "robin", "+14155550401")
    tell_before(desk, talk, 180)
    page.reload()
    expect(page.locator("#lines .line")).to_have_count(50)
    pages = [50, 100, 150, 181]

    for before, after in pairwise(pages):
        expect(page.locator("#newest .line")).to_have_count(before)
        line = page.evaluate(LINES)[0]
        scroll(page, "up")
        expect(page.locator("#newest .line")).to_have_count(after)
        # What was the first line is where it was, below the button; the page stands above it.
        assert 0 < page.evaluate(PLACE, line) < 160

    expect(page.get_by_role("button", name="Earlier in this conversation")).to_have_count(0)
    texts = [f"text {number}" for number in range(1, 181)] + ["hello"]
    said = page.locator("#newest .said").all_text_contents()
    assert [text.partition(" and on")[0] for text in said] == texts


def test_F9_new_texts_and_receipts_leave_what_is_read_where_it_is(desk, page):
    talk = accept_text(page, desk, "jonas", "+14155550402")
    tell_before(desk, talk, 120)
    page.reload()
    scroll(page, "up")
    expect(page.locator("#newest .line")).to_have_count(100)
    page.mouse.wheel(0, 700)
    page.wait_for_function("() => document.querySelector('#thread').scrollTop > 600")
    reading = page.evaluate(READING)

    desk.inbound("+14155550402", "are you there?")
    desk.inbound("+14155550402", "hello??")

    pill = page.get_by_role("button", name="2 new")
    expect(pill).to_be_visible()
    assert page.evaluate(READING) == reading
    expect(page.locator("#newest .line")).to_have_count(102)
    pill.click()
    expect(pill).to_be_hidden()
    expect(page.get_by_text("hello??")).to_be_in_viewport()


def test_F9_H13_a_past_conversation_is_unfolded_and_stays_so(desk, page):
    accept_text(page, desk, "lea", "+14155550101")  # Dana, who was here before
    past = page.locator("details.past").last
    expect(past.get_by_text("Somebody backed into my car")).to_have_count(0)

    past.locator("summary").click()
    expect(past).to_contain_text("Somebody backed into my car")
    desk.inbound("+14155550101", "and one more thing")

    expect(page.get_by_role("log", name="Messages")).to_contain_text("and one more thing")
    expect(past.get_by_text("Somebody backed into my car")).to_be_visible()


def test_F12_N4_a_note_is_told_to_the_colleague_it_names_and_never_to_the_customer(
    desk, page, open_page
):
    talk = accept_text(page, desk, "robin", "+14155550403")
    lea = open_page()
    sign_in(lea, desk, "lea")
    page.get_by_role("textbox", name="Message").fill("Half a sen")

    page.keyboard.press("Alt+i")
    note = page.get_by_role("textbox", name="Note")
    expect(note).to_be_focused()
    expect(page.get_by_role("textbox", name="Message")).to_be_hidden()
    page.keyboard.type("Rude again, @Oka")
    expect(page.get_by_role("option", name="Lea Okafor")).to_be_visible()
    page.keyboard.press("Enter")
    expect(note).to_have_value("Rude again, @lea ")
    page.keyboard.type("and @nobody")
    page.reload()
    page.keyboard.press("Alt+i")
    expect(note).to_have_value("Rude again, @lea and @nobody")
    page.keyboard.press("Enter")

    log = page.get_by_role("log", name="Messages")
    expect(log.locator(".note")).to_contain_text("Rude again, @lea and @nobody")
    expect(note).to_have_value("")
    expect(page.get_by_text("Nobody is called @nobody")).to_be_visible()
    mentions = lea.get_by_role("button", name="Mentions: 1 unseen")
    expect(mentions).to_be_visible()
    lea.keyboard.press("Alt+g")
    expect(lea.locator("#mention-list")).to_contain_text("Rude again")
    expect(lea.locator("#mention-list").get_by_role("button", name="Seen")).to_be_focused()
    lea.keyboard.press("Enter")
    expect(mentions).to_have_count(0)

    page.keyboard.press("Alt+i")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a sen")
    ours = "SELECT count(*) FROM routing_message WHERE interaction_id = %s AND author <> 'CUSTOMER'"
    assert desk.scalar(ours, talk) == 0
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog", name="not sent").get_by_role("button", name="Yes").click()
    expect(page.get_by_label("Disposition")).to_be_visible()
    transcript = "SELECT transcript FROM cases_chatlog WHERE interaction_id = %s"
    assert desk.scalar(transcript, talk) == "[0:00] Customer: hello"


def test_N4_enter_waits_for_the_colleagues_that_are_typed_now(desk, page):
    accept_text(page, desk, "robin", "+14155550405")
    held = []

    def hold(route):
        held.append(route)

    page.route(re.compile(r"colleagues\?words=O"), hold)
    page.keyboard.press("Alt+i")
    note = page.get_by_role("textbox", name="Note")
    page.keyboard.type("Ask @")
    expect(page.get_by_role("option", name="Jonas")).to_be_visible()
    with page.expect_request(re.compile("words=Oka")):
        page.keyboard.type("Oka")
    page.keyboard.press("Enter")
    expect(note).to_have_value("Ask @Oka")

    for route in held:
        route.continue_()
    expect(note).to_have_value("Ask @lea ")
    # Nobody is meant: Enter adds the note.
    with page.expect_request(re.compile("words=zz")):
        page.keyboard.type("not @zz")
    page.keyboard.press("Enter")
    expect(page.locator("#thread .note")).to_contain_text("Ask @lea not @zz")
    expect(note).to_have_value("")


@pytest.fixture
def failing_carrier(desk):
    """No phone can be reached, until the test says otherwise."""
    scenes.set_failure(desk, "30003")
    yield lambda: scenes.set_failure(desk, "")
    scenes.set_failure(desk, "")


def test_F12_N2_a_failed_text_is_sent_again_once_and_only_by_retry(desk, page, failing_carrier):
    talk = accept_text(page, desk, "jonas", "+14155550407")
    page.get_by_role("textbox", name="Message").fill("Here is the form.")
    page.keyboard.press("Enter")
    ours = page.locator(".bubble.agent")
    expect(ours).to_contain_text("failed")
    expect(page.locator('.tile[aria-current="true"]')).to_have_accessible_name(
        re.compile("delivery failed")
    )
    failing_carrier()

    ours.get_by_role("button", name="Retry").dblclick()

    expect(ours).to_have_count(2)
    expect(ours.first).to_contain_text("(sent again)")
    expect(ours.last).to_contain_text("delivered")
    expect(ours.last).to_contain_text("Here is the form.")
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    bodies = "SELECT body FROM routing_message WHERE interaction_id = %s AND author = 'AGENT'"
    assert [row["body"] for row in desk.sql(bodies, talk)] == ["Here is the form."] * 2


def test_F17_a_number_asks_before_it_is_called(desk, page):
    accept_text(page, desk, "maya", "+14155550404", "Call me at (415) 555-0177")
    page.get_by_role("link", name="(415) 555-0177").click()

    question = page.get_by_role("dialog", name=re.compile("your own phone or softphone"))
    expect(question).to_contain_text("This calls +14155550177")
    expect(question).to_contain_text("not from the business number")
    question.get_by_role("button", name="Cancel").click()

    expect(question).to_be_hidden()
    expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()


def test_F16_a_link_opens_a_new_tab_that_cannot_reach_the_desk(desk, page):
    accept_text(
        page, desk, "maya", "+14155550411", f"See {desk.base_url}/sign-in/?from=text please"
    )
    with page.expect_popup() as opened:
        page.get_by_role("link", name="/sign-in/?from=text").click()

    tab = opened.value
    tab.wait_for_load_state()
    assert tab.evaluate("[window.opener, document.referrer]") == [None, ""]
    expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()


def test_G12_a_number_in_a_transcript_starts_a_new_text_to_it(desk, page):
    accept_text(page, desk, "robin", "+14155550406", "My husband has (415) 555-0178")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_label("Disposition").select_option(index=1)
    page.get_by_role("button", name="Wrap up").click()
    expect(page.get_by_role("button", name="Wrap up")).to_have_count(0)
    desk.inbound("+14155550406", "it is me again")
    page.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    page.get_by_role("tab", name="History, 1", exact=True).click()
    history = page.get_by_role("tabpanel", name="History")
    history.locator("details summary").first.click()

    history.get_by_role("button", name="Text +1 415-555-0178").click()

    dialog = page.get_by_role("dialog", name="New SMS")
    expect(dialog.get_by_label("To")).to_have_value("+1 415-555-0178")
    expect(dialog).to_contain_text("United States")
