"""What agents do with customers and cases, for tests of each."""

from __future__ import annotations

from cases.models import Case, CaseLink, Customer
from cases.services.cases import choose_customer, continue_case, save_new_case
from routing.services.interactions import end_interaction, wrap_up
from smsdesk.lib import clock
from tests.factories import CaseFactory, ChatLogFactory

NUMBER = "+14155550123"


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
