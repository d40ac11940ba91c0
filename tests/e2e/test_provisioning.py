"""K1: a new supervisor's first ten minutes, from an empty desk to the first answered text.

1. Whoever the operator has made signs in; the first page lists what is missing.
2. They follow its links, from top to bottom, and fill in what each page asks.
3. A new agent chooses a password by the invitation, and becomes Available.
4. The handset sends the test text; the agent accepts it and answers.
5. The first page says that nothing is missing.

And the mistakes on the way: each is answered beside its field, and nothing typed is lost.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.agent import offer_on, set_status
from tests.support.processes import Desk
from tests.support.template import Template, manage

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
PASSWORD = "six blue bears walk"
CUSTOMER, NUMBER = "+1 415 555 0161", "+1 415 555 0162"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk with what its migrations make, and the first person its operator has made."""
    template = Template(tmp_path_factory.mktemp("nothing"), demo=False)
    desk = Desk(template, tmp_path_factory.mktemp("empty"))
    try:
        template.make()
        desk.prepare()
        person = {"DJANGO_SUPERUSER_USERNAME": "sam", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        email = {"DJANGO_SUPERUSER_EMAIL": "sam@example.com"}
        manage({**desk.environment, **person, **email}, "createsuperuser", "--no-input")
        desk.start_all()
        yield desk
    finally:
        desk.end()
        template.drop(template.name)


@pytest.fixture
def sam(page: Page, desk: Desk) -> Page:
    """The first person's browser, on the first page."""
    page.goto(f"{desk.base_url}/admin/")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def step(page: Page, title: str) -> Locator:
    """A line of the checklist."""
    return page.locator("section ol > li").filter(
        has_text=re.compile(rf"\b{title}\s+(done|optional|missing)")
    )


def follow(page: Page, title: str) -> None:
    """To the page that the checklist names for a step."""
    page.get_by_role("link", name="Start").click()
    step(page, title).get_by_role("link").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("successfully").first).to_be_visible()


def beside(page: Page, field: str) -> Locator:
    """What is said at a field."""
    return page.locator(f".field-{field}")


def choose(page: Page, box: str, words: str) -> None:
    """Choose in a box that finds while one types."""
    page.locator(f"{box} + .select2").click()
    page.locator(".select2-search__field").fill(words)
    page.get_by_role("option", name=words).click()


def new_line(page: Page, prefix: str) -> None:
    page.locator(f"#{prefix}-group a.add-row").click()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def add_account(page: Page) -> None:
    """With the simulated carrier, which the form names already."""
    page.locator("#id_name").fill("Tryout")
    page.locator("#id_account_sid").fill("ACtryout")
    page.locator("#id_auth_token").fill("any token")
    save(page)


def add_named(page: Page, name: str) -> None:
    """What needs only a name: everything else on its form begins sensibly."""
    page.locator("#id_name").fill(name)
    save(page)


def add_schedule(page: Page) -> None:
    """Around the clock, for the test has to pass at night, too; the form has office hours."""
    page.locator("#id_name").fill("Always")
    open_tab(page, "Opening spans")
    expect(page.locator("#id_spans-4-weekday option:checked")).to_have_text("Friday")
    expect(page.locator("#id_spans-4-opens")).to_have_value("09:00:00")
    for day, name in ((5, "Saturday"), (6, "Sunday")):
        new_line(page, "spans")
        page.locator(f"#id_spans-{day}-weekday").select_option(label=name)
    for day in range(7):
        page.locator(f"#id_spans-{day}-opens").fill("00:00")
        page.locator(f"#id_spans-{day}-closes").fill("00:00")
    save(page)


def add_channel(page: Page) -> None:
    """With the only account and the only queue, which the form has chosen."""
    page.locator("#id_name").fill("Main number")
    page.locator("#id_number").fill(NUMBER)
    page.locator("#id_schedule").select_option(label="Always")
    page.locator("#id_state").select_option(label="active")
    save(page)


def add_agent(page: Page) -> str:
    """Returns the invitation's address."""
    page.locator("#id_username").fill("ruth")
    page.locator("#id_email").fill("ruth@example.com")
    page.locator("#id_name").fill("Ruth")
    choose(page, "#id_team", "The Bears")
    open_tab(page, "Queues")
    new_line(page, "memberships")
    choose(page, "#id_memberships-0-queue", "Help")
    open_tab(page, "Skills")
    new_line(page, "skills")
    choose(page, "#id_skills-0-skill", "Spanish")
    save(page)
    expect(page.get_by_text("It was sent to ruth@example.com, too.")).to_be_visible()
    return page.get_by_text("chooses a password here").locator("code").inner_text()


def accept_invitation(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Password", exact=True).fill("nine green frogs")
    page.get_by_label("The same password again").fill("nine green frogs")
    page.get_by_role("button", name="Keep it and go to the desk").click()


def send_test_text(page: Page, words: str) -> None:
    page.get_by_label("Add a phone").fill(CUSTOMER)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Text message").fill(words)
    page.get_by_role("button", name="Send text").click()


def test_K1_what_a_newcomer_gets_wrong_is_said_beside_the_field_and_nothing_is_lost(desk, sam):
    sam.goto(f"{desk.base_url}/admin/routing/channel/add/")
    sam.locator("#id_name").fill("Main number")
    sam.locator("#id_number").fill("555 0162")
    sam.locator("#id_off_hours_reply").fill("We are closed.")
    sam.get_by_role("button", name="Save", exact=True).click()
    expect(beside(sam, "number").get_by_role("listitem")).to_have_text(
        [re.compile("“555 0162” lacks the area code in front.")]
    )
    expect(beside(sam, "account")).to_contain_text("required")
    expect(beside(sam, "queue")).to_contain_text("required")
    expect(sam.locator("#id_name")).to_have_value("Main number")
    expect(sam.locator("#id_number")).to_have_value("555 0162")
    expect(sam.locator("#id_off_hours_reply")).to_have_value("We are closed.")

    sam.goto(f"{desk.base_url}/admin/routing/carrieraccount/add/?carrier=twilio")
    sam.locator("#id_name").fill("Acme")
    sam.locator("#id_account_sid").fill("AC 12")
    sam.locator("#id_base_url").fill("api.twilio.com")
    sam.get_by_role("button", name="Save", exact=True).click()
    expect(beside(sam, "account_sid")).to_contain_text("letters, digits")
    expect(beside(sam, "auth_token")).to_contain_text("Write the auth token")
    expect(beside(sam, "base_url")).to_contain_text("http")
    expect(sam.locator("#id_account_sid")).to_have_value("AC 12")

    sam.goto(f"{desk.base_url}/admin/agents/agent/add/")
    sam.locator("#id_name").fill("Ruth")
    sam.locator("#id_email").fill("ruth@example.com")
    sam.locator("#id_limit").fill("40")
    sam.get_by_role("button", name="Save", exact=True).click()
    expect(beside(sam, "username")).to_contain_text("Write a username, or choose below")
    expect(beside(sam, "limit")).to_contain_text("12")
    expect(sam.locator("#id_name")).to_have_value("Ruth")
    expect(sam.locator("#id_limit")).to_have_value("40")

    sam.goto(f"{desk.base_url}/admin/routing/schedule/add/")
    sam.locator("#id_name").fill("Nights")
    sam.locator("#id_timezone").fill("Boston")
    open_tab(sam, "Opening spans")
    sam.locator("#id_spans-0-opens").fill("22:00")
    sam.locator("#id_spans-0-closes").fill("06:00")
    sam.get_by_role("button", name="Save", exact=True).click()
    expect(sam.get_by_text("A span closes after it opens, on the same day.")).to_be_visible()
    expect(sam.locator("#id_spans-0-opens")).to_have_value(re.compile("^22:00"))
    sam.get_by_role("link", name=re.compile("^General")).click()
    expect(beside(sam, "timezone")).to_contain_text("“Boston” is no time zone.")
    expect(sam.locator("#id_timezone")).to_have_value("Boston")


def test_K1_a_new_supervisor_sets_up_a_desk_by_its_checklist(desk, sam, open_page):
    expect(sam.get_by_role("heading", name="What is missing")).to_be_visible()
    expect(step(sam, "Account")).to_contain_text("There is none yet.")
    follow(sam, "Account")
    sam.get_by_role("link", name="Twilio", exact=True).click()
    add_account(sam)
    follow(sam, "Queue")
    add_named(sam, "Help")
    follow(sam, "Schedule")
    add_schedule(sam)
    follow(sam, "Channel")
    add_channel(sam)
    follow(sam, "Team")
    add_named(sam, "The Bears")
    follow(sam, "Skills")
    sam.goto(f"{desk.base_url}/admin/routing/skill/add/")
    add_named(sam, "Spanish")
    follow(sam, "Agent signed in")
    invitation = add_agent(sam)
    sam.get_by_role("link", name="Start").click()
    expect(step(sam, "Queue members")).to_contain_text("Every queue has some.")
    expect(step(sam, "Agent signed in")).to_contain_text("Not signed in yet: Ruth.")
    expect(sam.get_by_text("2 steps before customers’ texts are answered")).to_be_visible()

    ruth = open_page()
    accept_invitation(ruth, invitation)
    set_status(ruth, "Available")
    follow(sam, "Test text")
    send_test_text(sam, "Is this thing on?")
    offer_on(ruth).filter(has_text="Is this thing on?").get_by_role("button", name="Accept").click()
    ruth.get_by_role("textbox", name="Message").fill("It is, and so am I.")
    ruth.keyboard.press("Enter")
    expect(sam.get_by_role("log", name="Messages")).to_contain_text("It is, and so am I.")

    sam.goto(f"{desk.base_url}/admin/")
    expect(sam.get_by_role("heading", name="The desk is set up")).to_be_visible()
    for line in sam.locator("section ol > li").all():
        expect(line).to_contain_text("done")
