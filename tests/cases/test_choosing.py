"""G6 G9: whose a conversation is, where the agent chooses."""

from __future__ import annotations

import pytest

from cases.models import CaseLink, ChatLog
from cases.selectors.screen_pop import screen_pop
from cases.services.cases import NoSuchCustomer, NotYourConversation, choose_customer
from smsdesk.lib import clock
from tests.cases.steps import NUMBER, case_of, choose, end, fresh, go_on, save
from tests.factories import AgentFactory, CustomerFactory, active_interaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


def test_G6_choosing_links_the_customer(interaction):
    _, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])

    choose(interaction, second)

    link = CaseLink.objects.get()
    assert (link.interaction, link.customer, link.case) == (interaction, second, None)
    assert fresh(interaction.agent).desk_version == interaction.agent.desk_version + 1


def test_G6_choosing_again_moves_the_case_with_its_customer(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose(interaction, first)
    case = save(interaction)

    choose(interaction, second)

    assert fresh(case).customer == second
    assert CaseLink.objects.get().customer == second


def test_G9_somebody_who_was_searched_for_is_linked_and_gets_no_number(interaction):
    known = CustomerFactory(phones=["+14155550199"])

    choose(interaction, known)

    assert CaseLink.objects.get().customer == known
    assert [phone.number for phone in known.phones.all()] == ["+14155550199"]


def test_G9_the_number_is_saved_for_them_only_where_the_agent_says_so_and_once(interaction):
    known = CustomerFactory(phones=["+14155550199"])

    choose(interaction, known, save_number=True)
    choose(interaction, known, save_number=True)

    assert sorted(phone.number for phone in known.phones.all()) == [NUMBER, "+14155550199"]


def test_G6_choosing_teaches_nothing_to_the_next_conversation(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose(interaction, second)

    other = active_interaction(AgentFactory(), customer_address=NUMBER)

    assert screen_pop(other).customer is None
    assert {customer.pk for customer in screen_pop(other).customers} == {first.pk, second.pk}


def test_G6_a_customer_who_is_gone_cannot_be_chosen(interaction):
    with pytest.raises(
        NoSuchCustomer, match=r"^This customer is not on file any more\. Search again\.$"
    ):
        choose_customer(
            interaction_id=interaction.pk,
            agent_id=interaction.agent_id,
            customer_id=10**30,
            now=clock.now(),
        )

    assert CaseLink.objects.count() == 0


def test_G6_a_case_that_was_continued_stays_with_its_customer_when_another_is_chosen(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose(interaction, first)
    case = case_of(first, with_history=True)
    go_on(interaction, case)

    choose(interaction, second)

    assert fresh(case).customer == first
    link = CaseLink.objects.get(interaction=interaction)
    assert (link.customer, link.case) == (second, None)


def test_G6_in_wrap_up_the_log_leaves_a_continued_case_with_the_customer(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose(interaction, first)
    case = case_of(first, with_history=True)
    go_on(interaction, case)
    end(interaction)

    choose(interaction, second)

    log = ChatLog.objects.get(interaction=interaction)
    assert (log.case.customer, log.case.automatic) == (second, True)
    assert case.chat_logs.count() == 1


def test_S3_another_agent_cannot_choose(interaction):
    customer = CustomerFactory(phones=[NUMBER])

    with pytest.raises(NotYourConversation):
        choose(interaction, customer, agent=AgentFactory())

    assert CaseLink.objects.count() == 0
