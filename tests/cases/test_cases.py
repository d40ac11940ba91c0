"""G3 G8 H8 B13: the case of a conversation, as it is saved and as a log is kept on it."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, ChatLog, Customer, CustomerPhone
from cases.services.cases import AlreadyLinked, ConversationClosed, NotYourConversation, linked_case
from cases.services.records import edit_case
from routing.enums import InteractionState
from smsdesk.lib import clock
from tests.cases.steps import NUMBER, choose, close, end, fresh, go_on, nothing_was_saved, save
from tests.factories import AgentFactory, CaseFactory, CustomerFactory, active_interaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


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
    end(interaction)
    kept = Case.objects.get()
    assert (kept.customer, kept.automatic) == (None, True)

    case = save(interaction)

    assert case == kept
    assert not fresh(case).automatic
    assert Case.objects.get().customer == Customer.objects.get()
    assert interaction.chat_log.case == case


def test_S3_another_agents_conversation_gets_no_case(interaction):
    with pytest.raises(NotYourConversation, match="not with you any more; nothing was saved"):
        save(interaction, agent=AgentFactory())

    assert nothing_was_saved()


def test_H8_a_conversation_without_a_case_gets_one_of_its_single_match(interaction):
    customer = CustomerFactory(phones=[NUMBER])

    case = linked_case(interaction, clock.now())

    assert (case.customer, case.phone) == (customer, NUMBER)
    assert case.subject == f"SMS conversation over {interaction.channel.name}"


def test_G6_without_a_choice_it_is_the_first_match(interaction):
    first, _ = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])

    assert linked_case(interaction, clock.now()).customer == first


def test_B13_a_case_that_nobody_chose_says_so_until_somebody_names_it(interaction):
    case = linked_case(interaction, clock.now())
    assert case.automatic

    edit_case(case_id=case.pk, seen=case.seen, subject="Glass", description="", now=clock.now())

    assert not fresh(case).automatic


def test_H8_without_a_match_the_case_keeps_the_number_alone(interaction):
    case = linked_case(interaction, clock.now())

    assert (case.customer, case.phone) == (None, NUMBER)
    assert Customer.objects.count() == 0


def test_H8_the_case_of_a_conversation_stays_the_same(interaction):
    first = linked_case(interaction, clock.now())

    assert linked_case(interaction, clock.now()) == first
    assert Case.objects.count() == 1


def test_G3_after_the_close_the_form_can_still_be_saved_where_no_case_was_chosen(interaction):
    end(interaction)
    close(interaction)
    case = ChatLog.objects.get().case

    saved = save(interaction, instead_of=case.pk)

    assert (saved, saved.automatic) == (case, False)
    assert saved.customer is not None
    assert ChatLog.objects.get().case == saved
    with pytest.raises(ConversationClosed):
        save(interaction, instead_of=saved.pk)
    with pytest.raises(AlreadyLinked):  # a second click
        save(interaction, instead_of=None)


def test_G6_G11_after_the_close_customer_and_case_can_still_be_chosen_where_none_was(interaction):
    end(interaction)
    close(interaction)
    automatic = ChatLog.objects.get().case
    customer = CustomerFactory()
    theirs = CaseFactory(customer=customer)

    choose(interaction, customer)
    go_on(interaction, theirs)

    assert ChatLog.objects.get().case == theirs
    assert not Case.objects.filter(pk=automatic.pk).exists()
    with pytest.raises(ConversationClosed):
        choose(interaction, customer)


def test_G3_after_the_close_nothing_is_saved_or_chosen_any_more(interaction):
    customer = CustomerFactory(phones=[interaction.customer_address])
    type(interaction).objects.filter(pk=interaction.pk).update(state=InteractionState.CLOSED)

    with pytest.raises(ConversationClosed):
        save(interaction)
    with pytest.raises(ConversationClosed):
        choose(interaction, customer)
    with pytest.raises(ConversationClosed):
        go_on(interaction, Case(pk=1))

    assert not Case.objects.exists()
    assert not CaseLink.objects.exists()
