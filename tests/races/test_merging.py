"""N19: two customers are merged while agents save cases for them, and nothing is lost."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, Customer
from cases.services.cases import NoSuchCustomer, choose_customer, save_new_case
from cases.services.merging import merge_customers
from routing.services.interactions import end_interaction
from smsdesk.lib import clock
from tests.factories import AgentFactory, CaseFactory, CustomerFactory, active_interaction
from tests.races.together import call, errors, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("how", ["by number", "chosen", "linked", "at the end"])
def test_N19_a_merge_races_an_agent_who_saves_and_all_is_the_survivors(channel, how):
    for run in range(20):
        number = f"+1415555{run:04}"
        agent = AgentFactory()
        kept, other = CustomerFactory(), CustomerFactory(phones=[number])
        case = CaseFactory(customer=other)
        interaction = active_interaction(agent, channel=channel, customer_address=number)
        if how == "linked":
            CaseLink.objects.create(interaction=interaction, customer=other)
        ids = {"interaction_id": interaction.pk, "agent_id": agent.pk, "now": clock.now()}
        if how == "chosen":
            save = call(choose_customer, customer_id=other.pk, **ids)
        elif how == "at the end":
            save = call(end_interaction, **ids)
        else:
            words = dict.fromkeys(("name", "email", "address", "description"), "")
            save = call(save_new_case, subject="New", **words, **ids)
        merge = call(merge_customers, keep_id=kept.pk, other_id=other.pk)

        results = together(*((save, merge) if run % 2 else (merge, save)))

        assert errors(results, NoSuchCustomer) == []
        assert not Customer.objects.filter(pk=other.pk).exists()
        assert kept.phones.filter(number=number).exists()
        case.refresh_from_db()
        assert case.customer == kept
        for made in Case.objects.filter(links__interaction=interaction):
            assert made.customer == kept
        for link in CaseLink.objects.filter(interaction=interaction, customer__isnull=False):
            assert link.customer == kept


def test_N19_merged_both_ways_at_once_one_is_left():
    for _ in range(10):
        one, two = CustomerFactory(phones=["+14155550123"]), CustomerFactory()
        CaseFactory(customer=one)
        CaseFactory(customer=two)

        results = together(
            call(merge_customers, keep_id=one.pk, other_id=two.pk),
            call(merge_customers, keep_id=two.pk, other_id=one.pk),
        )

        left = Customer.objects.get(pk__in=[one.pk, two.pk])
        assert sum(isinstance(result, dict) for result in results) == 1
        assert left.cases.count() == 2
        assert left.phones.count() == 1
