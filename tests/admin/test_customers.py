"""G8: supervisors find a customer by what a text shows of one: the number."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
LIST = "admin:cases_customer_changelist"


def test_G8_the_list_of_customers_shows_their_numbers_and_finds_by_them(admin_client):
    CustomerFactory(name="Dana Reyes", phones=["+14155550123", "+14155550124"])
    CustomerFactory(name="Lee Park", phones=["+14155550199"])

    page = admin_client.get(reverse(LIST), {"q": "5550124"})

    assert "+1 415-555-0123, +1 415-555-0124" in page.text
    assert "Lee Park" not in page.text
    assert "By name, e-mail address, or digits of a number." in page.text


def test_G8_a_longer_list_asks_no_more_of_the_database(admin_client, django_assert_max_num_queries):
    CustomerFactory()
    with django_assert_max_num_queries(30) as one:
        admin_client.get(reverse(LIST))
    CustomerFactory.create_batch(9)

    with django_assert_max_num_queries(len(one)):
        admin_client.get(reverse(LIST))
