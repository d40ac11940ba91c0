"""G3 G6 G8 H8 B13: the case a conversation belongs to, and whose it is."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, Customer, CustomerPhone
from cases.services.cases import (
    AlreadyLinked,
    ConversationClosed,
    NoSuchCustomer,
    NotYourConversation,
    choose_customer,
    linked_case,
    save_new_case,
)
from routing.enums import InteractionState
from routing.services.interactions import end_interaction
from smsdesk.lib import clock
from tests.factories import AgentFactory, CustomerFactory, active_interaction

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def save(interaction, *, agent=None, **fields) -> Case:
    return save_new_case(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        **{
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "address": "12 St James's Square",
            "subject": "Where is my order?",
            "description": "Number 42.",
            "now": clock.now(),
            **fields,
        },
    )


def choose(interaction, customer, *, agent=None) -> None:
    choose_customer(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        customer_id=customer.pk,
        now=clock.now(),
    )


def nothing_was_saved() -> bool:
    return (Case.objects.count(), Customer.objects.count(), CaseLink.objects.count()) == (0, 0, 0)


def test_G3_saving_makes_the_customer_with_the_number_and_the_linked_case(interaction):
    now = clock.now()

    case = save(interaction, now=now)

    customer = Customer.objects.get()
    assert (customer.name, customer.email, customer.address) == (
        "Ada Lovelace",
        "ada@example.org",
        "12 St James's Square",
    )
    assert [phone.number for phone in customer.phones.all()] == [NUMBER]
    case = fresh(case)
    assert (case.customer, case.phone, case.subject, case.description) == (
        customer,
        NUMBER,
        "Where is my order?",
        "Number 42.",
    )
    assert (case.opened_at, case.updated_at) == (now, now)
    link = CaseLink.objects.get()
    assert (link.interaction, link.customer, link.case) == (interaction, customer, case)
    assert fresh(interaction.agent).desk_version == interaction.agent.desk_version + 1


def test_G3_a_form_sent_twice_makes_one_case(interaction):
    save(interaction)

    with pytest.raises(AlreadyLinked, match=r"^The case of this conversation is saved already\.$"):
        save(interaction, subject="again")

    assert [case.subject for case in Case.objects.all()] == ["Where is my order?"]
    assert Customer.objects.count() == 1


def test_G3_a_known_customer_gets_the_case_and_no_double(interaction):
    known = CustomerFactory(phones=[NUMBER])

    case = save(interaction)

    assert case.customer == known
    assert Customer.objects.get() == known


def test_G6_the_customer_chosen_of_several_gets_the_case(interaction):
    _, chosen = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    choose(interaction, chosen)

    assert save(interaction).customer == chosen
    assert Customer.objects.count() == 2


def test_G6_none_of_several_chosen_makes_a_new_customer_of_the_number(interaction):
    CustomerFactory(phones=[NUMBER])
    CustomerFactory(phones=[NUMBER])

    case = save(interaction)

    assert case.customer.name == "Ada Lovelace"
    assert CustomerPhone.objects.filter(number=NUMBER).count() == 3


def test_G3_the_form_may_still_be_saved_in_wrap_up(interaction):
    end_interaction(interaction_id=interaction.pk, agent_id=interaction.agent_id, now=clock.now())
    kept = Case.objects.get()
    assert kept.customer is None

    case = save(interaction)

    assert case == kept
    assert Case.objects.get().customer == Customer.objects.get()
    assert interaction.chat_log.case == case


def test_S3_another_agents_conversation_gets_no_case(interaction):
    with pytest.raises(NotYourConversation, match=r"^This conversation is not yours\.$"):
        save(interaction, agent=AgentFactory())

    assert nothing_was_saved()


# Choosing one of several


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


def test_G6_a_customer_without_the_number_cannot_be_chosen(interaction):
    stranger = CustomerFactory(phones=["+14155550199"])

    with pytest.raises(
        NoSuchCustomer, match=r"^This customer does not have the conversation's number\.$"
    ):
        choose(interaction, stranger)

    assert CaseLink.objects.count() == 0


def test_S3_another_agent_cannot_choose(interaction):
    customer = CustomerFactory(phones=[NUMBER])

    with pytest.raises(NotYourConversation):
        choose(interaction, customer, agent=AgentFactory())

    assert CaseLink.objects.count() == 0


# The case that a log is kept on


def test_H8_a_conversation_without_a_case_gets_one_of_its_single_match(interaction):
    customer = CustomerFactory(phones=[NUMBER])

    case = linked_case(interaction, clock.now())

    assert (case.customer, case.phone) == (customer, NUMBER)
    assert case.subject == f"SMS conversation over {interaction.channel.name}"


def test_G6_without_a_choice_it_is_the_first_match(interaction):
    first, _ = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])

    assert linked_case(interaction, clock.now()).customer == first


def test_H8_without_a_match_the_case_keeps_the_number_alone(interaction):
    case = linked_case(interaction, clock.now())

    assert (case.customer, case.phone) == (None, NUMBER)
    assert Customer.objects.count() == 0


def test_H8_the_case_of_a_conversation_stays_the_same(interaction):
    first = linked_case(interaction, clock.now())

    assert linked_case(interaction, clock.now()) == first
    assert Case.objects.count() == 1


def test_G3_after_the_close_nothing_is_saved_or_chosen_any_more(interaction):
    customer = CustomerFactory(phones=[interaction.customer_address])
    type(interaction).objects.filter(pk=interaction.pk).update(state=InteractionState.CLOSED)

    with pytest.raises(ConversationClosed):
        save(interaction)
    with pytest.raises(ConversationClosed):
        choose(interaction, customer)

    assert not Case.objects.exists()
    assert not CaseLink.objects.exists()
