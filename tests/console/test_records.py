"""K2 G7 and the command bar: pages of cases and customers inside the desk, and finding them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseLink, CaseState, Customer
from cases.services.notes import add_note
from routing.models import ConsentEntry
from smsdesk.lib import clock
from tests.console.conftest import signed_in
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    CustomerFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db

NUMBER = "+14155550123"


@pytest.fixture
def case() -> Case:
    return CaseFactory(
        customer=CustomerFactory(name="Ada Lovelace", email="ada@example.com", phones=[NUMBER]),
        subject="Cracked windscreen",
        description="On the motorway",
        phone=NUMBER,
    )


# The pages


def test_K2_every_agent_reads_a_case_with_its_log_and_its_customer(desk, case):
    log = ChatLogFactory(
        case=case,
        agent_name="Anna",
        disposition="Claim filed",
        note="Waits for the shop",
        transcript="[0:00] Customer: <b>hello</b>",
    )
    other = CaseFactory(customer=case.customer, subject="Flat tyre")
    ChatLogFactory(case=other, transcript="[0:00] Customer: flat")

    html = desk.get(f"/desk/cases/{case.pk}/").text

    assert html.startswith('<main id="work"')
    for words in (
        f"Case #{case.number}",
        "Cracked windscreen",
        "On the motorway",
        "Ada Lovelace",
        "ada@example.com",
        "Anna",
        "Claim filed",
        "Waits for the shop",
        "ended <time",
        "by the agent",
        "Flat tyre",
        f'href="/desk/cases/{other.pk}/"',
    ):
        assert words in html
    assert "hello" not in html  # it is fetched when the log is unfolded
    words = desk.get(f"/desk/logs/{log.pk}/words").text
    assert "[0:00] Customer: &lt;b&gt;hello&lt;/b&gt;" in words


def test_K2_a_case_page_opens_inside_the_desk(agent, case):
    browser = Client()
    browser.force_login(agent.user)

    html = browser.get(f"/desk/cases/{case.pk}/").text

    assert f"<title>Case #{case.number} · smsdesk</title>" in html
    for part in ('id="strip"', 'id="offers"', 'id="command"', 'id="case-card"'):
        assert part in html


def test_K2_a_case_of_a_number_alone_says_so(desk):
    case = CaseFactory(customer=None, phone=NUMBER)

    html = desk.get(f"/desk/cases/{case.pk}/").text

    assert 'keeps the number <a href="tel:+14155550123">+1 415-555-0123</a>' in html
    assert f'data-text-to="{NUMBER}"' in html


def test_N4_a_case_page_has_its_notes_and_takes_new_ones(agent, desk, case):
    add_note(agent_id=agent.pk, case_id=case.pk, body="Ask for the plate", now=clock.now())

    html = desk.get(f"/desk/cases/{case.pk}/").text

    assert "Ask for the plate" in html
    assert f'hx-post="/desk/cases/{case.pk}/notes"' in html


def test_N1_a_number_that_opted_out_says_of_which_channel(desk, case, channel):
    for opted_out, other in ((True, channel), (True, ChannelFactory()), (False, None)):
        over = other or ChannelFactory()
        ConsentEntry.objects.create(
            channel=over, address=NUMBER, opted_out=opted_out, source="KEYWORD", at=clock.now()
        )
    back = ConsentEntry.objects.exclude(channel=channel).filter(opted_out=True).get()
    ConsentEntry.objects.create(
        channel=back.channel, address=NUMBER, opted_out=False, source="KEYWORD", at=clock.now()
    )

    html = desk.get(f"/desk/customers/{case.customer_id}/").text

    assert html.count("Opted out of texts over") == 1
    assert f"Opted out of texts over {channel.name} since" in html
    assert f"Opted in again to texts over {back.channel.name} since" in html


def test_G7_a_customers_page_has_the_cases_and_the_conversations(desk, case):
    log = ChatLogFactory(case=case)

    html = desk.get(f"/desk/customers/{case.customer_id}/").text

    for words in ("Ada Lovelace", f"#{case.number}", "Cracked windscreen", f"log-{log.pk}"):
        assert words in html
    assert 'data-zone="America/Los_Angeles"' in html


def test_K2_earlier_logs_come_ten_at_a_time(desk, case):
    logs = [ChatLogFactory(case=case) for _ in range(12)]
    before = f"before={logs[2].pk}"
    assert f"/desk/cases/{case.pk}/logs?{before}" in desk.get(f"/desk/cases/{case.pk}/").text
    customer = f"/desk/customers/{case.customer_id}"
    assert f"{customer}/logs?{before}" in desk.get(f"{customer}/").text

    for page in (f"/desk/cases/{case.pk}", customer):
        more = desk.get(f"{page}/logs?{before}").text
        assert more.count('class="log"') == 2
        assert "Earlier chat logs" not in more
        assert desk.get(f"{page}/logs?before=x").status_code == 404


def test_what_is_not_on_file_is_not_found(desk, case):
    for path in (
        f"/desk/cases/{case.pk + 1}/",
        f"/desk/cases/{case.pk + 1}/edit",
        f"/desk/customers/{case.customer_id + 1}/",
        f"/desk/customers/{case.customer_id + 1}/card",
    ):
        assert desk.get(path).status_code == 404


@pytest.mark.parametrize("many", [1, 10])
@pytest.mark.parametrize(("kind", "cost"), [("cases", 10), ("customers", 5)])
def test_a_page_costs_the_same_however_much_there_is(agent, desk, case, *, many, kind, cost):
    """Beyond the desk around it: the records, consent and notes."""
    colleague = AgentFactory()
    for _ in range(many):
        ChatLogFactory(case=case)
        ChatLogFactory(case=CaseFactory(customer=case.customer))
        add_note(
            agent_id=agent.pk,
            case_id=case.pk,
            body=f"@{colleague.user.username}",
            now=clock.now(),
        )
    pk = case.pk if kind == "cases" else case.customer_id

    with CaptureQueriesContext(connection) as around:
        desk.get("/desk/")
    with CaptureQueriesContext(connection) as queries:
        desk.get(f"/desk/{kind}/{pk}/")

    assert len(queries) - len(around) == cost, [query["sql"] for query in queries]


# Changing them


def test_G7_a_case_is_edited_where_it_is_read(desk, case):
    form = desk.get(f"/desk/cases/{case.pk}/edit").text
    assert f'value="{case.seen}"' in form
    assert 'value="Cracked windscreen"' in form

    answer = desk.post(
        f"/desk/cases/{case.pk}/edit",
        {"subject": "Glass", "description": "", "seen": case.seen},
    )

    assert 'id="case-card"' in answer.text
    assert "Glass" in answer.text
    assert Case.objects.get().subject == "Glass"
    assert "Glass" in desk.get(f"/desk/cases/{case.pk}/card").text


def test_a_stale_case_form_keeps_what_was_typed_and_shows_what_is_there_now(desk, case):
    Case.objects.update(subject="Theirs")

    answer = desk.post(
        f"/desk/cases/{case.pk}/edit", {"subject": "Mine", "description": "", "seen": case.seen}
    )

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#case-card"
    assert "Somebody else changed this case" in answer.text
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    now_is = Case.objects.get()
    assert now_is.subject == "Theirs"
    assert f'value="{now_is.seen}"' in answer.text


def test_G7_a_customer_is_edited_where_they_are_read(desk, case):
    customer = case.customer
    assert f'value="{customer.seen}"' in desk.get(f"/desk/customers/{customer.pk}/edit").text
    form = {"name": "Ada King", "email": "", "address": "", "notes": "VIP", "seen": customer.seen}

    answer = desk.post(f"/desk/customers/{customer.pk}/edit", form)

    assert "Ada King" in answer.text
    assert "+1 415-555-0123" in answer.text
    assert Customer.objects.get().notes == "VIP"

    stale = desk.post(f"/desk/customers/{customer.pk}/edit", form | {"name": "Ada Byron"})
    assert stale.status_code == 409
    assert "Somebody else changed these details" in stale.text
    assert Customer.objects.get().name == "Ada King"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Enter the customer&#x27;s name."),
        ({"name": "A" * 121}, "This is too long: 120 characters fit, and these are 121."),
        ({"name": "Ada", "email": "ada@"}, "This e-mail address is not complete"),
        ({"name": "Ada", "email": f"{'a' * 60}@{'b.' * 120}com"}, "error"),
    ],
)
def test_a_form_to_be_mended_says_what_is_wrong(desk, case, fields, sentence):
    answer = desk.post(f"/desk/customers/{case.customer_id}/edit", fields)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_G11_a_case_is_closed_and_opened_again_from_its_card(desk, case):
    closed = desk.post(f"/desk/cases/{case.pk}/state", {"state": "CLOSED"})
    assert "Reopen the case" in closed.text
    assert Case.objects.get().state == CaseState.CLOSED

    assert "Close the case" in desk.post(f"/desk/cases/{case.pk}/state", {"state": "OPEN"}).text

    answer = desk.post(f"/desk/cases/{case.pk}/state", {"state": "LOST"})
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#alert"


# The command bar


def find(desk, text: str) -> str:
    return desk.get("/desk/find", {"words": text}).text


def test_the_command_bar_finds_customers_cases_and_ones_own_conversations(agent, desk, case):
    talk = active_interaction(agent, customer_address=NUMBER)

    assert f'hx-get="/desk/customers/{case.customer_id}/"' in find(desk, "ada")
    assert f'hx-get="/desk/customers/{case.customer_id}/"' in find(desk, "(415) 555")
    assert f'hx-get="/desk/customers/{case.customer_id}/"' in find(desk, "ada@example")
    assert f'hx-get="/desk/cases/{case.pk}/"' in find(desk, f"#{case.number}")
    assert f'hx-get="/desk/cases/{case.pk}/"' in find(desk, "windsc")
    for text in ("ada", "415-555-0123", "SMS+1415", ""):
        assert f'hx-get="/desk/conversations/{talk.pk}/"' in find(desk, text)


def test_S3_the_command_bar_never_shows_anothers_conversation(desk, case):
    foreign = active_interaction(AgentFactory(), customer_address=NUMBER)
    CaseLink.objects.create(interaction=foreign, customer=case.customer, case=case)

    for text in ("ada", NUMBER, f"#{case.number}", ""):
        assert "/desk/conversations/" not in find(desk, text)


@pytest.mark.parametrize("text", ["", "\x00", "'", "\\", "x" * 9000, "%", "²³", "zzz"])
def test_whatever_is_typed_into_the_command_bar_has_an_answer(desk, text):
    answer = desk.get("/desk/find", {"words": text})

    assert answer.status_code == 200
    assert "find-line" not in answer.text


@pytest.mark.parametrize("many", [1, 10])
def test_the_command_bar_costs_the_same_whatever_it_finds(agent, desk, many):
    for n in range(many):
        number = f"+1415556{n:04}"
        case = CaseFactory(customer=CustomerFactory(name="Sam", phones=[number]), subject="Sam")
        talk = active_interaction(agent, customer_address=number)
        CaseLink.objects.create(interaction=talk, customer=case.customer, case=case)

    with CaptureQueriesContext(connection) as queries:
        html = find(desk, "sam")

    assert html.count("find-line") == 3 * min(many, 5)
    # session, agent; conversations, names; words, customers, phones; words, cases;
    # whether the agent may text them
    assert len(queries) == 10, [query["sql"] for query in queries]


def test_a_supervisor_without_a_desk_finds_nothing(case):
    stranger = Client()

    assert stranger.get("/desk/find?words=ada").status_code == 302
    assert signed_in(AgentFactory()).get("/desk/find?words=ada").status_code == 200
