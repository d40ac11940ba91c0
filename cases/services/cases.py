"""Customers and cases as agents make and link them (G3, G6, H8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from cases.models import Case, CaseLink, Customer, CustomerPhone
from cases.selectors.customers import customers_with
from cases.services.links import locked_link
from cases.services.notes import tie_notes
from routing.enums import InteractionState
from routing.selectors.access import interaction_for_agent

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Interaction


class NotYourConversation(Exception):
    """The conversation is another agent's."""


class NoSuchCustomer(Exception):
    """The customer chosen is none of those who have this number."""


class ConversationClosed(Exception):
    """The conversation is closed; what it left is changed on the case itself."""


class AlreadyLinked(Exception):
    """The conversation has its case already."""


@transaction.atomic
def save_new_case(
    *,
    interaction_id: int,
    agent_id: int,
    name: str,
    email: str,
    address: str,
    subject: str,
    description: str,
    now: datetime,
) -> Case:
    """Save a new customer with the conversation's number, and the case; link both (G3).

    Where the conversation's customer is known, only the case is new; a case that End made to keep
    the log, and that is nobody's yet, becomes the one saved. Raises NotYourConversation,
    ConversationClosed, and AlreadyLinked where a case of a customer is linked (a form sent twice
    makes one case).
    """
    interaction = _conversation(interaction_id, agent_id)
    link = locked_link(interaction)
    if link.case and link.case.customer_id:
        raise AlreadyLinked("The case of this conversation is saved already.")
    customer = link.customer or _single_match(interaction.customer_address)
    if customer is None:
        customer = Customer.objects.create(name=name, email=email, address=address)
        CustomerPhone.objects.create(customer=customer, number=interaction.customer_address)
    case = link.case or Case(phone=interaction.customer_address, opened_at=now)
    case.customer, case.subject, case.description = customer, subject, description
    case.updated_at = now
    case.save()
    CaseLink.objects.filter(pk=link.pk).update(customer=customer, case=case)
    tie_notes(interaction_id=interaction.pk, case_id=case.pk)
    touch_desk(agent_id)
    return case


@transaction.atomic
def choose_customer(*, interaction_id: int, agent_id: int, customer_id: int, now: datetime) -> None:
    """Say which of several matches the customer is (G6).

    Raises NotYourConversation, ConversationClosed, and NoSuchCustomer for one without this number.
    """
    interaction = _conversation(interaction_id, agent_id)
    matches = {one.pk: one for one in customers_with(interaction.customer_address)}
    if customer_id not in matches:
        raise NoSuchCustomer("This customer does not have the conversation's number.")
    link = locked_link(interaction)
    CaseLink.objects.filter(pk=link.pk).update(customer=matches[customer_id])
    if link.case_id:
        Case.objects.filter(pk=link.case_id).update(customer=matches[customer_id], updated_at=now)
    touch_desk(agent_id)


def linked_case(interaction: Interaction, now: datetime) -> Case:
    """The case of a conversation; a new one for its customer where none was linked (B13, H8).

    With several matches and no choice it is the first match's, as S1:42 has it; with none the case
    keeps the number alone, so that the log is never lost. Runs in the caller's transaction.
    """
    link = locked_link(interaction)
    if link.case is not None:
        return link.case
    matches = customers_with(interaction.customer_address)
    customer = link.customer or (matches[0] if matches else None)
    case = Case.objects.create(
        customer=customer,
        phone=interaction.customer_address,
        subject=f"SMS conversation over {interaction.channel.name}",
        opened_at=now,
        updated_at=now,
    )
    CaseLink.objects.filter(pk=link.pk).update(customer=customer, case=case)
    tie_notes(interaction_id=interaction.pk, case_id=case.pk)
    return case


def _conversation(interaction_id: int, agent_id: int) -> Interaction:
    interaction = interaction_for_agent(interaction_id=interaction_id, agent_id=agent_id)
    if interaction is None:
        raise NotYourConversation("This conversation is not yours.")
    if interaction.state == InteractionState.CLOSED:
        raise ConversationClosed("This conversation is closed; its case is kept as it is.")
    return interaction


def _single_match(address: str) -> Customer | None:
    matches = customers_with(address)
    return matches[0] if len(matches) == 1 else None
