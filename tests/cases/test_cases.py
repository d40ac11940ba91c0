"""G3 G6 G8 G9 G11 H8 B13: the case a conversation belongs to, and whose it is."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, CaseState, ChatLog, Customer, CustomerPhone, Note
from cases.selectors.screen_pop import screen_pop
from cases.services.cases import (
    AlreadyLinked,
    CaseIsClosed,
    ConversationClosed,
    NoSuchCase,
    NoSuchCustomer,
    NotYourConversation,
    choose_customer,
    continue_case,
    linked_case,
    save_new_case,
)
from cases.services.records import edit_case, set_case_state
from routing.enums import InteractionState
from routing.services.interactions import end_interaction, wrap_up
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChatLogFactory,
    CustomerFactory,
    active_interaction,
    inbound_text,
)

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


def choose(interaction, customer, *, agent=None, **fields) -> None:
    choose_customer(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        customer_id=customer.pk,
        now=clock.now(),
        **fields,
    )


def go_on(interaction, case, *, agent=None, reopen=False, now=None) -> None:
    continue_case(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        case_id=case.pk,
        reopen=reopen,
        now=now or clock.now(),
    )


def end(interaction) -> None:
    end_interaction(interaction_id=interaction.pk, agent_id=interaction.agent_id, now=clock.now())


def close(interaction) -> None:
    wrap_up(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        disposition="",
        note="",
        now=clock.now(),
    )


def case_of(customer, *, with_history=False, **fields) -> Case:
    case = CaseFactory(customer=customer, **fields)
    if with_history:
        ChatLogFactory(case=case)
    return case


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


# Going on with a case


def test_G11_the_next_text_goes_on_with_the_most_recent_case(interaction):
    customer = CustomerFactory(phones=[NUMBER])
    case = case_of(customer)
    now = clock.now()

    go_on(interaction, case, now=now)
    end(interaction)

    link = CaseLink.objects.get(interaction=interaction)
    assert (link.customer, link.case) == (customer, case)
    assert ChatLog.objects.get().case == case
    assert Case.objects.count() == 1
    assert fresh(interaction.agent).desk_version > interaction.agent.desk_version


def test_G11_going_on_twice_is_going_on_once(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))

    go_on(interaction, case)
    go_on(interaction, case)

    assert CaseLink.objects.get().case == case


def test_G11_a_closed_case_is_opened_again_only_after_the_agent_said_so(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]), state=CaseState.CLOSED)

    with pytest.raises(CaseIsClosed, match=rf"^Case #{case.number} is closed\."):
        go_on(interaction, case)
    assert CaseLink.objects.filter(case=case).count() == 0

    go_on(interaction, case, reopen=True)
    assert fresh(case).state == CaseState.OPEN
    assert CaseLink.objects.get().case == case


def test_G11_another_customers_case_is_refused(interaction):
    CustomerFactory(phones=[NUMBER])
    foreign = case_of(CustomerFactory(phones=["+14155550199"]))

    with pytest.raises(NoSuchCase, match=r"^This is no case of the conversation's customer\."):
        go_on(interaction, foreign)
    with pytest.raises(NoSuchCase):
        go_on(interaction, Case(pk=10**30))

    assert not CaseLink.objects.filter(case__isnull=False).exists()


def test_G11_while_nobody_of_several_is_chosen_no_case_goes_on(interaction):
    first, _ = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])

    with pytest.raises(NoSuchCase):
        go_on(interaction, case_of(first))


def test_G11_in_wrap_up_the_log_moves_and_the_case_made_for_it_goes(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))
    end(interaction)
    made = ChatLog.objects.get().case
    assert (made.automatic, made == case) == (True, False)

    go_on(interaction, case)

    assert ChatLog.objects.get().case == case
    assert list(Case.objects.all()) == [case]


def test_G11_a_case_made_for_a_log_stays_while_there_is_something_on_it(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))
    end(interaction)
    made = ChatLog.objects.get().case
    note = Note.objects.create(
        case=made, agent=interaction.agent, body="look", created_at=clock.now()
    )

    go_on(interaction, case)

    assert fresh(made) == note.case
    assert ChatLog.objects.get().case == case


def test_G11_a_new_case_may_take_the_place_of_the_one_that_went_on(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))
    go_on(interaction, case)

    with pytest.raises(AlreadyLinked):
        save(interaction)
    new = save(interaction, instead_of=case.pk)
    with pytest.raises(AlreadyLinked):  # the same form, sent twice
        save(interaction, instead_of=case.pk)

    assert CaseLink.objects.get().case == new
    assert Case.objects.count() == 2


def test_G3_in_wrap_up_a_known_customers_new_case_takes_the_log(interaction):
    CustomerFactory(phones=[NUMBER])
    end(interaction)
    made = Case.objects.get()

    case = save(interaction)

    assert (case, case.subject) == (made, "Where is my order?")
    assert ChatLog.objects.get().case == case


def test_G10_texts_come_to_the_case_until_the_agent_ends(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))
    go_on(interaction, case)
    set_case_state(case_id=case.pk, state=CaseState.CLOSED, now=clock.now())

    inbound_text(interaction.channel, NUMBER, "one more thing")
    assert interaction.messages.get().body == "one more thing"
    assert CaseLink.objects.get().case == case

    end(interaction)
    inbound_text(interaction.channel, NUMBER, "and another day")
    later = type(interaction).objects.exclude(pk=interaction.pk).get()
    pop = screen_pop(later)
    assert (pop.case, pop.latest) == (None, case)


def test_S3_another_agent_cannot_go_on_with_a_case(interaction):
    case = case_of(CustomerFactory(phones=[NUMBER]))

    with pytest.raises(NotYourConversation):
        go_on(interaction, case, agent=AgentFactory())

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
