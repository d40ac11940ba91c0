"""G: who is on the other end, and what they want."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, Customer
from routing.models import Interaction
from smsdesk.lib import clock
from tests.factories import CustomerFactory, active_interaction

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
