"""I4: a wrap-up ends once, by the click or by its countdown (H4, H5)."""

from __future__ import annotations

import pytest

from agents.enums import AVAILABLE
from cases.models import Case, CaseLink
from cases.services.cases import AlreadyLinked, choose_customer, save_new_case
from routing.enums import EventKind, InteractionState
from routing.services.interactions import (
    AlreadyEnded,
    close_if_wrap_up_is_over,
    end_interaction,
    wrap_up,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory, CustomerFactory, active_interaction
from tests.races.together import call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent():
    return AgentFactory(limit=12)


def test_I4_the_wrap_up_click_races_the_countdown_at_zero_and_one_closes(agent, channel):
    for run in range(50):
        interaction = active_interaction(agent, channel=channel)
        end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())
        interaction.refresh_from_db()
        due = interaction.wrap_up_due_at
        steps = [
            call(
                wrap_up,
                interaction_id=interaction.pk,
                agent_id=agent.pk,
                disposition="Solved",
                note="",
                now=due,
            ),
            call(close_if_wrap_up_is_over, interaction_id=interaction.pk, now=due),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, AlreadyEnded) == []
        clicked, ran_out = results if run % 2 else reversed(results)
        assert ran_out is isinstance(clicked, AlreadyEnded)
        interaction.refresh_from_db()
        agent.refresh_from_db()
        assert interaction.state == InteractionState.CLOSED
        assert interaction.disposition == ("" if ran_out else "Solved")
        assert interaction.chat_log.disposition == interaction.disposition
        assert agent.load == 0
        assert agent.status.name == AVAILABLE


def test_I4_four_countdowns_close_one_wrap_up_once(agent, channel):
    interaction = active_interaction(agent, channel=channel)
    end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())
    interaction.refresh_from_db()
    zero = call(
        close_if_wrap_up_is_over, interaction_id=interaction.pk, now=interaction.wrap_up_due_at
    )

    assert sorted(together(zero, zero, zero, zero)) == [False, False, False, True]
    assert interaction.events.filter(kind=EventKind.CLOSED).count() == 1


def test_H8_saving_the_new_case_races_the_end_and_the_log_is_on_that_case(agent, channel):
    for run in range(40):
        interaction = active_interaction(agent, channel=channel)
        if run % 4 < 2:  # a link is there already, as yet without a case
            CaseLink.objects.create(interaction=interaction)
        steps = [
            call(
                save_new_case,
                interaction_id=interaction.pk,
                agent_id=agent.pk,
                name="Ada",
                email="",
                address="",
                subject="A question",
                description="",
                now=clock.now(),
            ),
            call(
                end_interaction, interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now()
            ),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results, AlreadyLinked) == []
        link = CaseLink.objects.get(interaction=interaction)
        assert interaction.chat_log.case_id == link.case_id
        assert Case.objects.filter(phone=interaction.customer_address).count() == 1
        finish(agent, interaction)


def test_H8_choosing_the_customer_races_the_end_and_the_log_is_the_customers(agent, channel):
    for run in range(20):
        interaction = active_interaction(agent, channel=channel)
        _, second = CustomerFactory.create_batch(2, phones=[interaction.customer_address])
        steps = [
            call(
                choose_customer,
                interaction_id=interaction.pk,
                agent_id=agent.pk,
                customer_id=second.pk,
                now=clock.now(),
            ),
            call(
                end_interaction, interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now()
            ),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results) == []
        assert interaction.chat_log.case.customer_id == second.pk
        finish(agent, interaction)
