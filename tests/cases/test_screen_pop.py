"""G1 G3-G7 C8 H13: what pops for a number - a customer, a choice, or the New case form."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Case, CaseState, ChatLog
from cases.selectors.customers import customers_with, match_counts, names_for
from cases.selectors.screen_pop import screen_pop
from cases.services.cases import choose_customer, save_new_case
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, CustomerFactory, active_interaction
from tests.factories.agents import LONG_AGO

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


def case_of(customer, subject="A case", *, age=timedelta(0), **fields) -> Case:
    return Case.objects.create(
        customer=customer,
        subject=subject,
        opened_at=LONG_AGO - age,
        updated_at=LONG_AGO - age,
        **fields,
    )


def test_G4_no_match_pops_nobody_and_fills_in_the_number(interaction):
    CustomerFactory(phones=["+14155550199"])

    pop = screen_pop(interaction)

    assert (pop.customers, pop.customer, pop.case, pop.address) == ([], None, None, NUMBER)
    assert (pop.open_cases, pop.recent_cases, pop.logs) == ([], [], [])


def test_G5_a_single_match_pops(interaction):
    customer = CustomerFactory(phones=["+14155550199", NUMBER])

    pop = screen_pop(interaction)

    assert (pop.customers, pop.customer) == ([customer], customer)


def test_G6_several_matches_pop_nobody_and_preselect_the_one_seen_last(interaction):
    long_ago, lately, never = (CustomerFactory(phones=[NUMBER]) for _ in range(3))
    case_of(long_ago, age=timedelta(days=9))
    case_of(lately, age=timedelta(days=1))

    pop = screen_pop(interaction)

    assert pop.customer is None
    assert pop.customers == [lately, long_ago, never]
    assert (pop.open_cases, pop.recent_cases) == ([], [])


def test_G6_the_customer_chosen_pops_from_then_on(interaction):
    _, chosen = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose_customer(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        customer_id=chosen.pk,
        now=clock.now(),
    )

    assert screen_pop(interaction).customer == chosen


def test_G7_the_customers_open_and_recent_cases_are_shown_newest_first(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    old = case_of(customer, age=timedelta(days=2))
    new = case_of(customer, age=timedelta(days=1))
    closed = case_of(customer, state=CaseState.CLOSED)
    case_of(CustomerFactory(phones=["+14155550199"]))

    pop = screen_pop(interaction)

    assert (pop.open_cases, pop.recent_cases) == ([new, old], [closed])


def test_G7_five_cases_of_each_kind_are_enough(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    made = [case_of(customer, age=timedelta(days=n)) for n in range(6)]

    assert screen_pop(interaction).open_cases == made[:5]


def test_G3_the_saved_case_is_the_conversations(interaction):
    case = save_new_case(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        name="Ada",
        email="",
        address="",
        subject="Order",
        description="",
        now=clock.now(),
    )

    pop = screen_pop(interaction)

    assert (pop.case, pop.customer) == (case, case.customer)


def test_H13_the_last_ten_logs_of_the_number_are_shown_newest_first(interaction):
    channel = ChannelFactory()
    logs = [
        ChatLog.objects.create(
            interaction=active_interaction(
                AgentFactory(),
                channel=ChannelFactory(queue=channel.queue, account=channel.account),
                customer_address=number,
            ),
            case=case_of(None),
            agent_name="Anna",
            initiated_at=LONG_AGO,
            terminated_at=LONG_AGO + timedelta(hours=hour),
            ended_by="AGENT",
            transcript="",
        )
        for hour, number in enumerate([*[NUMBER] * 11, "+14155550199"])
    ]
    ChatLog.objects.create(
        interaction=interaction,
        case=case_of(None),
        agent_name="Anna",
        initiated_at=LONG_AGO,
        terminated_at=LONG_AGO,
        ended_by="AGENT",
        transcript="",
    )

    assert screen_pop(interaction).logs == logs[10:0:-1]


def test_G1_the_number_is_searched_among_all_phones_of_a_customer():
    shared = CustomerFactory(phones=[NUMBER, "+14155550199"])

    assert customers_with(NUMBER) == [shared]
    assert customers_with("+14155550100") == []


def test_C8_the_number_of_matches_is_known_for_many_numbers_at_once(django_assert_num_queries):
    CustomerFactory(phones=[NUMBER])
    CustomerFactory(phones=[NUMBER, "+14155550199"])

    with django_assert_num_queries(1):
        counts = match_counts([NUMBER, "+14155550199", "+14155550100"])

    assert counts == {NUMBER: 2, "+14155550199": 1, "+14155550100": 0}


def test_G5_a_number_is_called_by_name_where_it_is_one_customers():
    CustomerFactory(phones=[NUMBER])
    CustomerFactory(phones=[NUMBER])
    CustomerFactory(name="Ada", phones=["+14155550199"])

    assert names_for([NUMBER, "+14155550199", "+14155550100"]) == {"+14155550199": "Ada"}


@pytest.mark.parametrize("matches", [1, 3])
def test_G1_a_screen_pop_costs_the_same_whatever_matches(
    interaction, matches, django_assert_max_num_queries
):
    for _ in range(matches):
        case_of(CustomerFactory(phones=[NUMBER]))

    with django_assert_max_num_queries(6):
        pop = screen_pop(interaction)
        [phone for one in pop.customers for phone in one.phones.all()]
