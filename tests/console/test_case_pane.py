"""G: who is on the other end, and what they want."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case, CaseLink, CaseState, Customer
from routing.enums import ScreenPop
from routing.models import Interaction
from routing.services.handover import requeue
from smsdesk.console.access import own_interaction
from smsdesk.console.views import cases
from smsdesk.lib import clock, phone
from tests.console.conftest import signed_in
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ConsentEntryFactory,
    CustomerFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db

NUMBER = "+14155550123"
FILLED = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "address": "1 Analytical Way",
    "subject": "Cracked windscreen",
    "description": "On the motorway",
}


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address=NUMBER)


def pane(desk, talk):
    return desk.get(f"/desk/conversations/{talk.pk}/pane").text


def test_G4_no_match_gives_the_new_case_form_with_the_phone_filled_in(desk, talk):
    html = pane(desk, talk)

    assert "New case" in html
    assert 'id="case-phone" value="+1 415-555-0123" readonly' in html
    for field in ("name", "email", "address", "subject", "description"):
        assert f'id="case-{field}"' in html


def test_G5_a_single_match_pops_the_customer(desk, talk):
    customer = CustomerFactory(
        name="Ada Lovelace", email="ada@example.com", address="1 Way", phones=[NUMBER]
    )
    case = Case.objects.create(
        customer=customer, subject="Windscreen", opened_at=clock.now(), updated_at=clock.now()
    )

    html = pane(desk, talk)

    for words in ("Ada Lovelace", "ada@example.com", "1 Way", f"#{case.number}", "Windscreen"):
        assert words in html
    assert 'href="tel:+14155550123">+1 415-555-0123</a>' in html


def test_G6_several_matches_are_a_list_and_nothing_pops(agent, desk, talk):
    CustomerFactory(name="Ann", phones=[NUMBER])
    ben = CustomerFactory(name="Ben", email="ben@example.com", phones=[NUMBER])

    html = pane(desk, talk)
    assert "2 matches" in html
    assert html.count('aria-current="true"') == 1
    assert "first match" in html
    assert "ben@example.com" in html
    assert 'id="customer-card"' not in html
    # C8: the avatar counts, and leads to the list
    assert 'aria-label="2 matches: choose the customer"' in html

    answer = desk.post(f"/desk/conversations/{talk.pk}/customer", {"customer": ben.pk})

    assert CaseLink.objects.get(interaction=talk).customer == ben
    assert "2 matches, chosen:" in answer.text
    assert 'aria-label="Ben, ' in desk.get("/desk/frame").json()["html"]


@pytest.mark.parametrize("customer", ["", "abc", "999999", "9" * 40])
def test_choosing_nobody_is_refused_with_a_sentence(desk, talk, customer):
    answer = desk.post(f"/desk/conversations/{talk.pk}/customer", {"customer": customer})

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#pane-alert"


def test_G3_saving_makes_the_customer_and_the_case_and_shows_them(desk, talk):
    answer = desk.post(f"/desk/conversations/{talk.pk}/case", FILLED)

    case = Case.objects.get()
    assert case.customer == Customer.objects.get(name="Ada Lovelace", phones__number=NUMBER)
    assert (case.phone, case.subject) == (NUMBER, "Cracked windscreen")
    assert f"Case #{case.number}" in answer.text
    assert "Ada Lovelace" in answer.text


def test_saving_twice_makes_one_case(desk, talk):
    for _ in range(2):
        assert desk.post(f"/desk/conversations/{talk.pk}/case", FILLED).status_code == 200

    assert Case.objects.count() == 1


def test_a_case_saved_in_wrap_up_is_the_one_that_keeps_the_log(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    kept = Case.objects.get()
    assert kept.customer is None

    desk.post(f"/desk/conversations/{talk.pk}/case", FILLED)

    case = Case.objects.get()
    assert case.pk == kept.pk
    assert case.customer is not None
    assert (case.customer.name, case.subject) == ("Ada Lovelace", "Cracked windscreen")


def test_a_known_customer_is_asked_for_the_case_alone(desk, talk):
    customer = CustomerFactory(phones=[NUMBER])
    assert 'id="case-name"' not in pane(desk, talk)

    desk.post(
        f"/desk/conversations/{talk.pk}/case", {"subject": "Windscreen", "description": "Cracked"}
    )

    assert Case.objects.get().customer == customer
    assert Customer.objects.count() == 1


def test_a_form_to_be_mended_keeps_what_was_typed(desk, talk):
    answer = desk.post(
        f"/desk/conversations/{talk.pk}/case", {"name": "", "email": "ada@", "subject": "Glass"}
    )

    assert answer.status_code == 422
    assert "Enter the customer&#x27;s name." in answer.text
    assert "This e-mail address is not complete" in answer.text
    assert 'value="Glass"' in answer.text
    assert 'value="ada@"' in answer.text
    assert not Case.objects.exists()


def in_front(html: str) -> str:
    """The tab that is shown, with one panel and no other."""
    (tab,) = re.findall(r'id="tab-(\w+)"\s+aria-controls="panel-\w+"\s+aria-selected="true"', html)
    shown = re.findall(r'id="panel-(\w+)"\s+aria-labelledby="tab-\w+"\s+tabindex="0"\s+>', html)
    assert shown == [tab]
    return str(tab)


def pops_the_case(channel) -> None:
    channel.queue.screen_pop = ScreenPop.CASE
    channel.queue.save()


def test_G2_the_queue_says_whether_customer_or_case_pops(desk, talk, channel):
    case = CaseFactory(customer=CustomerFactory(phones=[NUMBER]))
    assert in_front(pane(desk, talk)) == "customer"

    pops_the_case(channel)
    html = pane(desk, talk)
    assert in_front(html) == "case"
    assert f'<span class="">#{case.number} ' in html

    CaseLink.objects.create(interaction=talk, customer=case.customer, case=case)
    html = pane(desk, talk)
    assert in_front(html) == "case"
    assert 'id="case-card"' in html


def test_G2_where_the_case_pops_and_there_is_none_it_is_the_new_case_form(desk, talk, channel):
    CustomerFactory(phones=[NUMBER])
    pops_the_case(channel)

    html = pane(desk, talk)

    assert in_front(html) == "case"
    assert html.index('id="panel-case"') < html.index('id="case-subject"')
    assert "Continue" not in html


def test_G2_nothing_but_the_choice_or_the_form_pops_while_nobody_is_known(desk, talk, channel):
    pops_the_case(channel)
    assert in_front(pane(desk, talk)) == "customer"

    for _ in range(2):
        CaseFactory(customer=CustomerFactory(phones=[NUMBER]))
    html = pane(desk, talk)
    assert in_front(html) == "customer"
    assert "Continue" not in html


def test_G11_continue_and_new_case_are_two_buttons(desk, talk):
    customer = CustomerFactory(phones=[NUMBER])
    older = CaseFactory(customer=customer, state=CaseState.CLOSED)
    case = CaseFactory(customer=customer)

    html = pane(desk, talk)
    assert f"#{case.number}" in html
    assert 'id="new-case-button"' in html
    assert f"Case #{older.number} is closed. Open it again, and continue it?" in html

    answer = desk.post(f"/desk/conversations/{talk.pk}/case/continue", {"case": case.pk})

    assert CaseLink.objects.get().case == case
    assert answer["HX-Retarget"] == "#pane"
    assert 'id="case-card"' in answer.text
    # the head of the conversation comes along
    head = answer.text.partition('id="talk-case" hx-swap-oob="true"')[2]
    assert f"case #{case.number}</a>" in head
    link = f'data-link="{customer.pk}-{case.pk}-OPEN"'
    assert link in answer.text
    assert link in desk.get("/desk/frame").json()["html"]


def test_G11_a_case_that_was_closed_meanwhile_is_asked_about(desk, talk):
    case = CaseFactory(customer=CustomerFactory(phones=[NUMBER]), state=CaseState.CLOSED)
    path = f"/desk/conversations/{talk.pk}/case/continue"

    answer = desk.post(path, {"case": case.pk})
    assert answer.status_code == 409
    assert f"Case #{case.number} is closed. Continue it once more" in answer.text
    assert "Open it again, and continue it?" in answer.text

    assert desk.post(path, {"case": case.pk, "reopen": "on"}).status_code == 200
    assert Case.objects.get().is_open


@pytest.mark.parametrize("case", ["", "x", "0", "9" * 40])
def test_G11_going_on_with_no_case_of_theirs_is_refused_with_a_sentence(desk, talk, case):
    foreign = CaseFactory()
    CustomerFactory(phones=[NUMBER])

    for choice in (case, foreign.pk):
        answer = desk.post(f"/desk/conversations/{talk.pk}/case/continue", {"case": choice})
        assert answer.status_code == 409
        assert 'class="alert"' in answer.text
    assert not CaseLink.objects.filter(case__isnull=False).exists()


def test_G11_after_the_close_the_case_that_was_chosen_stays(desk, talk):
    customer = CustomerFactory(phones=[NUMBER])
    chosen, other = CaseFactory(customer=customer), CaseFactory(customer=customer)
    address = f"/desk/conversations/{talk.pk}/case/continue"
    desk.post(address, {"case": chosen.pk})
    desk.post(f"/desk/conversations/{talk.pk}/end")
    desk.post(f"/desk/conversations/{talk.pk}/wrap-up")

    answer = desk.post(address, {"case": other.pk})

    assert answer.status_code == 409
    assert "This conversation is closed" in answer.text
    assert "Continue" not in pane(desk, talk)


def test_G3_a_closed_conversation_still_has_the_form_until_it_is_saved(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/end")
    desk.post(f"/desk/conversations/{talk.pk}/wrap-up")
    form = {"name": "Ada", "subject": "Hail", "instead_of": Case.objects.get().pk}
    assert 'id="new-case"' in desk.get(f"/desk/conversations/{talk.pk}/").text

    answer = desk.post(f"/desk/conversations/{talk.pk}/case", form)

    assert answer.status_code == 200
    assert 'id="new-case"' not in answer.text
    # No tile tells the heading any more.
    assert '<h1 id="talk-name" dir="auto" hx-swap-oob="true">Ada</h1>' in answer.text
    case = Case.objects.get()
    assert (case.subject, case.customer.name) == ("Hail", "Ada")
    assert desk.post(f"/desk/conversations/{talk.pk}/case", form).status_code == 409


def test_G11_in_wrap_up_the_case_made_for_the_log_can_still_be_another(desk, talk):
    case = CaseFactory(customer=CustomerFactory(phones=[NUMBER]))
    desk.post(f"/desk/conversations/{talk.pk}/end")

    html = pane(desk, talk)
    assert "The chat log is kept on" in html
    assert "unless you choose another" in html
    desk.post(f"/desk/conversations/{talk.pk}/case/continue", {"case": case.pk})

    assert Case.objects.get() == case


def search(desk, talk, text: str):
    return desk.get(f"/desk/conversations/{talk.pk}/customers", {"words": text})


def test_G9_a_customer_is_searched_for_and_chosen_and_the_number_is_saved_only_if_asked(
    desk, talk, settings
):
    ada = CustomerFactory(name="Ada Lovelace", address="1 Way", phones=["+14155550999"])
    html = search(desk, talk, "ada way").text
    assert "Ada Lovelace" in html
    assert "+1 415-555-0999" in html
    assert 'name="save_number">' in html  # not checked
    assert "Nobody found for “zzz”" in search(desk, talk, "zzz").text

    desk.post(f"/desk/conversations/{talk.pk}/customer", {"customer": ada.pk})
    html = pane(desk, talk)
    assert "the number +1 415-555-0123 is not on file for them" in html
    assert ada.phones.count() == 1

    choice = {"customer": ada.pk, "save_number": "on"}
    desk.post(f"/desk/conversations/{talk.pk}/customer", choice)
    assert ada.phones.filter(number=NUMBER).exists()
    assert "1 match" in pane(desk, talk)


def test_G9_without_the_setting_customers_are_known_by_their_number_alone(desk, talk, settings):
    assert 'id="find-customer"' in pane(desk, talk)

    settings.ADDRESS_SEARCH = False

    assert 'id="find-customer"' not in pane(desk, talk)
    assert search(desk, talk, "ada").status_code == 404


def test_S3_another_agents_conversation_is_not_searched_for(talk, channel):
    thief = AgentFactory(queues=[channel.queue])
    assert search(signed_in(thief), talk, "ada").status_code == 404


def test_a_form_typed_in_another_tab_meanwhile_makes_no_second_case(desk, talk):
    desk.post(f"/desk/conversations/{talk.pk}/case", FILLED)
    case = Case.objects.get()

    desk.post(f"/desk/conversations/{talk.pk}/case", {"subject": "Again"})
    assert Case.objects.get() == case

    assert f'value="{case.pk}"' in pane(desk, talk)
    form = {"subject": "Another matter", "instead_of": case.pk}
    desk.post(f"/desk/conversations/{talk.pk}/case", form)
    assert Case.objects.count() == 2


@pytest.mark.parametrize("many", [1, 10])
def test_a_pane_costs_the_same_whatever_there_is(desk, talk, many):
    customer = CustomerFactory(phones=[NUMBER])
    for _ in range(many):
        CaseFactory(customer=customer)
        CaseFactory(customer=customer, state=CaseState.CLOSED)

    with CaptureQueriesContext(connection) as queries:
        pane(desk, talk)

    # session, agent, conversation; matches, their phones, link, cases, logs;
    # consent, and whether the agent may text the numbers
    assert len(queries) == 10, [query["sql"] for query in queries]


@pytest.mark.parametrize("what", ["case", "customer", "continue"])
def test_a_conversation_that_has_just_gone_on_is_told_in_a_sentence(
    agent, desk, talk, monkeypatch, what
):
    customer = CustomerFactory(phones=[NUMBER])
    case = CaseFactory(customer=customer)
    forms = {
        "case": FILLED,
        "customer": {"customer": customer.pk},
        "continue": {"case": case.pk},
    }
    names = {"case": "desk-case", "customer": "desk-customer", "continue": "desk-continue-case"}

    def went_on_meanwhile(request, interaction_id):
        found = own_interaction(request, interaction_id)
        requeue(interaction_id=talk.pk, agent_id=agent.pk, note="", now=clock.now())
        return found

    monkeypatch.setattr(cases, "own_interaction", went_on_meanwhile)

    answer = desk.post(reverse(names[what], args=[talk.pk]), forms[what])

    assert answer.status_code == 409
    assert "not with you any more; nothing was saved" in answer.text
    assert not CaseLink.objects.filter(interaction=talk, case__isnull=False).exists()


def test_J2_a_customer_who_is_saved_is_named_on_a_colleagues_desk_too(desk, talk):
    colleague = AgentFactory()
    active_interaction(colleague, customer_address=NUMBER)
    before = colleague.desk_version

    desk.post(f"/desk/conversations/{talk.pk}/case", FILLED)

    colleague.refresh_from_db()
    assert colleague.desk_version > before


def test_N1_the_pane_says_since_when_a_number_is_opted_out_though_nobody_knows_it(desk, talk):
    assert f'{phone.display(NUMBER)}: <span class="consent">Never opted out</span>' in pane(
        desk, talk
    )
    first = ConsentEntryFactory(channel=talk.channel, address=NUMBER)
    ConsentEntryFactory(channel=talk.channel, address=NUMBER)
    said = (
        f'Opted out of texts over {talk.channel.name} since <time datetime="{first.at.isoformat()}"'
    )

    unknown = pane(desk, talk)
    CustomerFactory(phones=[NUMBER])
    known = pane(desk, talk)

    assert unknown.count(said) == 1
    assert known.count(said) == 1
