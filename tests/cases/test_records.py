"""G7 K2: cases and customers, read and changed by every agent, and never over one another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from cases.models import Case, CaseLink, CaseState, Customer
from cases.selectors.records import case_logs, case_record, customer_record
from cases.services.records import (
    ChangedMeanwhile,
    RecordGone,
    edit_case,
    edit_customer,
    set_case_state,
)
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChatLogFactory,
    active_interaction,
)
from tests.factories.agents import LONG_AGO

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def case() -> Case:
    return CaseFactory(subject="Glass", description="Cracked", customer__phones=[NUMBER])


def edit(case, *, seen=None, now=None, **fields) -> None:
    edit_case(
        case_id=case.pk,
        seen=seen or case.seen,
        now=now or clock.now(),
        **{"subject": case.subject, "description": case.description, **fields},
    )


def change(customer, *, seen=None, **fields) -> None:
    edit_customer(
        customer_id=customer.pk,
        seen=seen or customer.seen,
        **{
            "name": customer.name,
            "email": customer.email,
            "address": customer.address,
            "notes": customer.notes,
            **fields,
        },
    )


def versions_after(*agents: Agent) -> list[int]:
    """How often each desk was told since the agent was made."""
    return [Agent.objects.get(pk=agent.pk).desk_version - agent.desk_version for agent in agents]


# A case


def test_G7_a_case_is_named_anew(case):
    now = clock.now()

    edit(case, subject="Windscreen", now=now)

    case.refresh_from_db()
    assert (case.subject, case.description, case.updated_at) == ("Windscreen", "Cracked", now)


def test_a_case_that_somebody_else_changed_is_not_written_over(case):
    edit(case, subject="Theirs")

    with pytest.raises(ChangedMeanwhile, match=r"^Somebody else changed this case while you were"):
        edit(case, description="Mine")

    now_is = Case.objects.get()
    assert (now_is.subject, now_is.description) == ("Theirs", "Cracked")
    edit(case, seen=now_is.seen, description="Mine")
    assert Case.objects.get().description == "Mine"


def test_the_same_change_sent_twice_is_one_change(case):
    edit(case, subject="Windscreen")
    edit(case, subject="Windscreen")

    assert Case.objects.get().subject == "Windscreen"


def test_a_log_that_comes_in_meanwhile_is_no_change_of_what_is_typed(case):
    Case.objects.filter(pk=case.pk).update(updated_at=clock.now(), state=CaseState.CLOSED)

    edit(case, subject="Windscreen")

    assert Case.objects.get().subject == "Windscreen"


def test_G11_a_case_is_closed_and_opened_again(case):
    now = clock.now()
    set_case_state(case_id=case.pk, state=CaseState.CLOSED, now=now)
    set_case_state(case_id=case.pk, state=CaseState.CLOSED, now=now + timedelta(hours=1))

    closed = Case.objects.get()
    assert (closed.state, closed.updated_at) == (CaseState.CLOSED, now)

    set_case_state(case_id=case.pk, state=CaseState.OPEN, now=now)
    assert Case.objects.get().is_open


def test_what_is_gone_is_said(case):
    with pytest.raises(RecordGone, match=r"^This case is not there any more\."):
        edit_case(case_id=0, seen="", subject="A", description="", now=clock.now())
    with pytest.raises(RecordGone):
        set_case_state(case_id=0, state=CaseState.OPEN, now=clock.now())
    with pytest.raises(RecordGone, match=r"^This customer is not on file any more\."):
        edit_customer(customer_id=0, seen="", name="A", email="", address="", notes="")


# A customer


def test_G7_a_customers_details_are_changed(case):
    change(case.customer, name="Ada", email="ada@example.org", address="1 Way", notes="Calls back")

    customer = Customer.objects.get()
    assert (customer.name, customer.email, customer.address, customer.notes) == (
        "Ada",
        "ada@example.org",
        "1 Way",
        "Calls back",
    )


def test_a_customer_whom_somebody_else_changed_is_not_written_over(case):
    change(case.customer, name="Theirs")

    with pytest.raises(ChangedMeanwhile, match=r"^Somebody else changed these details while"):
        change(case.customer, notes="Mine")
    change(case.customer, name="Theirs")  # the same again is no other change

    customer = Customer.objects.get()
    assert (customer.name, customer.notes) == ("Theirs", "")


# Who hears of it


def test_J2_the_desks_that_show_it_are_told_and_no_others(case):
    by_link, by_number, elsewhere = (AgentFactory() for _ in range(3))
    linked = active_interaction(by_link)
    CaseLink.objects.create(interaction=linked, customer=case.customer, case=case)
    active_interaction(by_number, customer_address=NUMBER)
    active_interaction(elsewhere)

    change(case.customer, name="Ada")
    assert versions_after(by_link, by_number, elsewhere) == [1, 1, 0]

    edit(case, subject="Windscreen")
    set_case_state(case_id=case.pk, state=CaseState.CLOSED, now=clock.now())
    assert versions_after(by_link, by_number, elsewhere) == [3, 1, 0]


# Reading


def test_K2_a_case_has_its_logs_its_customer_and_what_else_they_wanted(case):
    logs = [ChatLogFactory(case=case) for _ in range(2)]
    other = CaseFactory(customer=case.customer, opened_at=LONG_AGO + timedelta(days=1))
    elsewhere = ChatLogFactory(case=other)
    ChatLogFactory()

    record = case_record(case.pk)

    assert (record.case, record.customer) == (case, case.customer)
    assert (record.logs, record.more_logs) == (logs[::-1], False)
    assert (record.others, record.elsewhere) == ([other], [elsewhere])


def test_K2_a_case_of_a_number_alone_is_read_as_well():
    case = CaseFactory(customer=None, phone=NUMBER)

    record = case_record(case.pk)

    assert (record.customer, record.others, record.elsewhere) == (None, [], [])


def test_K2_logs_come_ten_at_a_time(case):
    logs = [ChatLogFactory(case=case) for _ in range(12)]

    record = case_record(case.pk)
    assert (record.logs, record.more_logs) == (logs[:1:-1], True)
    assert case_logs(case.pk, before=logs[2].pk) == (logs[1::-1], False)


def test_K2_a_customer_has_all_cases_and_logs(case):
    other = CaseFactory(customer=case.customer, opened_at=LONG_AGO + timedelta(days=1))
    logs = [ChatLogFactory(case=one) for one in (case, other)]

    record = customer_record(case.customer_id)

    assert (record.customer, record.cases) == (case.customer, [other, case])
    assert (record.logs, record.more_logs) == (logs[::-1], False)


def test_what_is_not_on_file_is_none(case):
    assert case_record(case.pk + 1) is None
    assert customer_record(case.customer_id + 1) is None


@pytest.mark.parametrize("many", [1, 10])
def test_K2_reading_costs_the_same_however_much_there_is(case, many, django_assert_num_queries):
    for _ in range(many):
        ChatLogFactory(case=case)
        ChatLogFactory(case=CaseFactory(customer=case.customer))

    with django_assert_num_queries(6):  # case, customer, phones, logs, other cases, their logs
        record = case_record(case.pk)
    with django_assert_num_queries(4):
        customer_record(record.customer.pk)
