"""G3 G10 G11: a case that a conversation goes on with."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseLink, CaseState, ChatLog, Note
from cases.selectors.screen_pop import screen_pop
from cases.services.cases import AlreadyLinked, CaseIsClosed, NoSuchCase, NotYourConversation
from cases.services.records import set_case_state
from smsdesk.lib import clock
from tests.cases.steps import NUMBER, case_of, end, fresh, go_on, save
from tests.factories import AgentFactory, CustomerFactory, active_interaction, inbound_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def interaction():
    return active_interaction(AgentFactory(), customer_address=NUMBER)


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
