"""G9: a customer by a few letters or digits of name, address, e-mail or number; a case, too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from cases.selectors.search import find_cases, find_customers
from tests.factories import CaseFactory, ChannelFactory, ChatLogFactory, CustomerFactory
from tests.factories.agents import LONG_AGO

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana():
    return CustomerFactory(
        name="Dana O’Whitfield-Straße",
        email="dana.white@mail.example.com",
        address="2210/b Alder Street\nOakland, CA 94607",
        phones=["+14155550101", "+442079460958"],
    )


@pytest.fixture(autouse=True)
def _others(dana):
    CustomerFactory(name="Ümit Ünal", email="uenal@example.org", phones=["+4915112345678"])
    CustomerFactory(name="مريم حسن", phones=["24453"])
    CustomerFactory(name="Nobody", phones=["+16465550000"])


@pytest.mark.parametrize(
    "typed",
    [
        "dana",
        "DAN",
        "whitf",
        "street",
        "straße",
        "o’whit",
        "street alder dana",
        "alder, street",
        "2210",
        "94607",
        "dana.white@mail.example.com",
        "mail.example",
        "@mail",
    ],
)
def test_G9_a_few_letters_of_name_address_or_e_mail_are_enough(dana, typed):
    assert find_customers(typed) == [dana]


@pytest.mark.parametrize(
    "typed",
    [
        "+1 415 555 0101",
        "(415) 555-0101",
        "415 555",
        "4155",
        "1415555",
        "001 415 555",
        "0101",
        "+44 20 7946 0958",
        "020 7946 0958",
        "442079",
    ],
)
def test_G9_a_number_is_found_in_any_writing_by_its_beginning_and_its_end(dana, typed):
    assert find_customers(typed) == [dana]


@pytest.mark.parametrize(
    ("channels", "typed"),
    [
        (["+442079460000"], "020 7946 09"),
        (["+442079460000", "+12125550199"], "20 7946 09"),
        (["+442079460000", "+12125550199"], "(415) 555"),
        (["+4915735980000", "+442079460000"], "020 79"),
        (["24453"], "(415) 555"),
    ],
)
def test_G9_a_number_is_found_as_it_is_written_where_the_company_is(dana, channels, typed):
    for number in channels:
        ChannelFactory(number=number)

    assert find_customers(typed) == [dana]


@pytest.mark.parametrize(
    ("typed", "name"), [("ümit", "Ümit Ünal"), ("ÜNA", "Ümit Ünal"), ("حسن", "مريم حسن")]
)
def test_G9_names_of_every_script_are_found(typed, name):
    assert [customer.name for customer in find_customers(typed)] == [name]


def test_G9_a_short_code_is_found():
    assert [customer.name for customer in find_customers("2445")] == ["مريم حسن"]


@pytest.mark.parametrize("typed", ["", " ", "d", "12", "…", "' & |", "zzz", "dana zzz", "0000000"])
def test_G9_what_fits_nobody_finds_nobody(typed):
    assert find_customers(typed) == []


def test_G9_with_an_open_case_first_then_those_in_touch_last():
    first, second, third = (CustomerFactory(name=f"Sam {n}") for n in range(3))
    ChatLogFactory(case=CaseFactory(customer=third, state="CLOSED"), terminated_at=LONG_AGO)
    CaseFactory(customer=second)

    assert find_customers("sam") == [second, third, first]
    assert find_customers("sam", most=1) == [second]


# Cases


def test_a_case_is_found_by_its_number_and_by_its_words():
    case = CaseFactory(subject="Rear bumper, parking-lot", description="Red car")
    later = CaseFactory(subject="A bump", opened_at=LONG_AGO + timedelta(days=1))

    assert find_cases(f"#{case.number}") == [case]
    assert find_cases(f" {case.number} ") == [case]
    assert find_cases("park bump") == [case]
    assert find_cases("red") == [case]
    assert find_cases("bump") == [later, case]
    assert find_cases("999999999999999999") == []
    assert find_cases("0") == []


# Whatever is typed, and however much there is

typed = st.text(max_size=60) | st.text("'&|!<>():*\\ \x00\ud800+0123456789aé", max_size=20)


@given(typed)
@example("'; DROP TABLE cases_case; --")
@example("\\':*&")
@example("\x00\ud800")
@example("9" * 5000)
@example("a" * 5000)
@example("\u0664\u0661\u0665 \u0665\u0665\u0665")
@example("\u00b9\u00b2\u00b3")
def test_G9_no_search_fails(text):
    find_customers(text)
    find_cases(text)


@pytest.mark.parametrize("many", [1, 10])
def test_G9_a_search_costs_the_same_whatever_it_finds(many):
    for n in range(many):
        CaseFactory(customer=CustomerFactory(name="Sam", phones=[f"+1415556{n:04}"]))

    with CaptureQueriesContext(connection) as queries:
        found = find_customers("sam", most=20)
        [phone.number for customer in found for phone in customer.phones.all()]
        assert len(found) == many
    assert len(queries) == 3  # whose words, who of them first, their phones


@pytest.mark.parametrize(
    ("search", "indexes"),
    [
        (lambda: find_customers("dana"), ["customer_words"]),
        # where strings are in the order of their bytes, the plain index has the beginnings, too
        (lambda: find_customers("+1 415"), ["phone_begins|phone_number", "phone_ends"]),
        (lambda: find_cases("glass"), ["case_words"]),
    ],
)
def test_G9_the_indexes_hold_what_is_searched(search, indexes):
    """So that a hundred thousand customers are searched as quickly as these four."""
    with CaptureQueriesContext(connection) as queries:
        search()
    searched = next(one["sql"] for one in queries.captured_queries if "channel" not in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute(f"EXPLAIN {searched}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    for index in indexes:
        assert re.search(rf"Bitmap Index Scan on ({index}) ", plan), plan
