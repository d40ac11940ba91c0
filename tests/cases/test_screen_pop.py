"""G1 G3-G7 C8 H13: what pops for a number - a customer, a choice, or the New case form."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Case, CaseLink, CaseState
from cases.selectors.customers import (
    customers_with,
    link_of,
    names_for,
    with_links,
)
from cases.selectors.screen_pop import screen_pop
from cases.services.cases import choose_customer, linked_case, save_new_case
from routing.models import Interaction
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    CustomerFactory,
    active_interaction,
)
from tests.factories.agents import LONG_AGO

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


def case_of(customer, subject="A case", *, age=timedelta(0), **fields) -> Case:
    return CaseFactory(customer=customer, subject=subject, opened_at=LONG_AGO - age, **fields)


def test_G4_no_match_pops_nobody_and_fills_in_the_number(interaction):
    CustomerFactory(phones=["+14155550199"])

    pop = screen_pop(interaction)

    assert (pop.customers, pop.customer, pop.case) == ([], None, None)
    assert (pop.open_cases, pop.recent_cases, pop.logs) == ([], [], [])


def test_G5_a_single_match_pops(interaction):
    customer = CustomerFactory(phones=["+14155550199", NUMBER])

    pop = screen_pop(interaction)

    assert (pop.customers, pop.customer) == ([customer], customer)


def test_G6_several_matches_pop_nobody(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    case_of(first)

    pop = screen_pop(interaction)

    assert (pop.customer, pop.must_choose) == (None, True)
    assert pop.customers == [first, second]
    assert (pop.open_cases, pop.recent_cases) == ([], [])


def test_G6_the_first_match_has_an_open_case_then_was_in_touch_last_then_is_the_oldest():
    never, again, long_ago, lately, texting, outstanding = (
        CustomerFactory(phones=[NUMBER]) for _ in range(6)
    )
    day = timedelta(days=1)
    for customer, age in ((long_ago, 9 * day), (lately, day), (outstanding, 90 * day)):
        is_open = customer is outstanding
        state = CaseState.OPEN if is_open else CaseState.CLOSED
        ChatLogFactory(case=case_of(customer, state=state), terminated_at=LONG_AGO - age)
    # A conversation that goes on is contact, too; it has left no log yet.
    CaseLink.objects.create(
        interaction=active_interaction(AgentFactory(), initiated_at=LONG_AGO), customer=texting
    )

    assert customers_with(NUMBER) == [outstanding, texting, lately, long_ago, never, again]


def test_G6_of_two_with_open_cases_the_one_in_touch_last_is_first():
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    ChatLogFactory(case=case_of(first), terminated_at=LONG_AGO)
    ChatLogFactory(case=case_of(second), terminated_at=LONG_AGO + timedelta(seconds=1))

    assert customers_with(NUMBER) == [second, first]


def test_G6_of_two_in_touch_at_the_same_moment_the_older_one_is_first():
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    for customer in (second, first):
        ChatLogFactory(case=case_of(customer), terminated_at=LONG_AGO)

    assert customers_with(NUMBER) == [first, second]


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


def test_G7_every_open_case_is_shown_and_of_the_closed_the_last_five(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    made = [case_of(customer, age=timedelta(days=n)) for n in range(6)]

    assert screen_pop(interaction).open_cases == made
    Case.objects.update(state=CaseState.CLOSED)
    assert screen_pop(interaction).recent_cases == made[:5]


def test_G11_the_case_to_continue_is_the_latest_open_one_else_the_latest_of_all(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    assert screen_pop(interaction).latest is None

    closed = case_of(customer, state=CaseState.CLOSED)
    assert screen_pop(interaction).latest == closed

    older, newer = (case_of(customer, age=timedelta(days=n)) for n in (9, 3))
    pop = screen_pop(interaction)
    assert pop.latest == newer
    assert pop.others == [newer, older, closed]


def test_G11_the_case_that_keeps_the_log_so_far_is_none_to_continue(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    case = case_of(customer)
    made = linked_case(interaction, clock.now())

    pop = screen_pop(interaction)

    assert (pop.case, pop.chosen_case, pop.others) == (made, None, [case])


def test_G9_somebody_chosen_who_has_another_number_pops(interaction):
    customer = CustomerFactory(phones=["+14155550199"])
    choose_customer(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        customer_id=customer.pk,
        now=clock.now(),
    )

    pop = screen_pop(interaction)

    assert (pop.customer, pop.customers) == (customer, [])


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
        ChatLogFactory(
            interaction=active_interaction(
                AgentFactory(),
                channel=ChannelFactory(queue=channel.queue, account=channel.account),
                customer_address=number,
            ),
            case=case_of(None),
            terminated_at=LONG_AGO + timedelta(hours=hour),
        )
        for hour, number in enumerate([*[NUMBER] * 11, "+14155550199"])
    ]
    ChatLogFactory(interaction=interaction, case=case_of(None))

    assert screen_pop(interaction).logs == logs[10:0:-1]


def test_G1_the_number_is_searched_among_all_phones_of_a_customer():
    shared = CustomerFactory(phones=[NUMBER, "+14155550199"])

    assert customers_with(NUMBER) == [shared]
    assert customers_with("+14155550100") == []


def test_J3_what_conversations_are_linked_to_is_read_at_once(django_assert_num_queries):
    case = case_of(CustomerFactory())
    talks = [active_interaction(AgentFactory()) for _ in range(3)]
    for talk in talks[:2]:
        CaseLink.objects.create(interaction=talk, customer=case.customer, case=case)

    with django_assert_num_queries(1):
        links = [link_of(talk) for talk in with_links(Interaction.objects.order_by("pk"))]
        assert [link and (link.customer, link.case) for link in links] == [
            (case.customer, case),
            (case.customer, case),
            None,
        ]


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

    with django_assert_max_num_queries(5):
        pop = screen_pop(interaction)
        [phone for one in pop.customers for phone in one.phones.all()]
