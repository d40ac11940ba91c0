"""Which customer and which case a conversation belongs to (G3, G6, G11, H8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desks
from cases.models import Case, CaseLink, CaseState, ChatLog, Customer, CustomerPhone
from cases.selectors.customers import (
    agents_who_see_case,
    agents_who_see_customer,
    customers_with,
)
from cases.services.links import locked_customer, locked_link
from cases.services.notes import tie_notes
from routing.enums import InteractionState
from routing.selectors.access import interaction_for_agent

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Interaction


class NotYourConversation(Exception):
    """The conversation is another agent's."""


class NoSuchCustomer(Exception):
    """There is no such customer."""


class NoSuchCase(Exception):
    """There is no such case of this conversation's customer."""


class CaseIsClosed(Exception):
    """The case is closed, and nobody said that it is to be opened again."""


class ConversationClosed(Exception):
    """The conversation is closed with its case; what it left is changed on the case itself."""


class AlreadyLinked(Exception):
    """The conversation has another case than its agent saw."""


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
    instead_of: int | None = None,
) -> Case:
    """Save a new customer with the conversation's number, and the case; link both (G3).

    Where the conversation's customer is known, only the case is new; a case that End made to keep
    the log becomes the one saved. ``instead_of`` is the case it was linked to so far. Raises
    NotYourConversation, ConversationClosed, and AlreadyLinked where it is linked to another one (a
    form sent twice makes one case).
    """
    interaction = _conversation(interaction_id, agent_id)
    link = locked_link(interaction)
    kept = link.case if link.case and link.case.automatic else None
    if link.case_id != instead_of and kept is None:
        raise AlreadyLinked("The case of this conversation is saved already.")
    _refuse_settled(interaction, link)
    customer = link.customer or _single_match(interaction.customer_address)
    if customer is None:
        customer = Customer.objects.create(name=name, email=email, address=address)
        CustomerPhone.objects.create(customer=customer, number=interaction.customer_address)
    case = kept or Case(phone=interaction.customer_address, opened_at=now)
    case.customer, case.subject, case.description = customer, subject, description
    case.automatic, case.updated_at = False, now
    case.save()
    _link(link, customer=customer, case=case)
    touch_desks({agent_id, *agents_who_see_customer(customer.pk)})
    return case


@transaction.atomic
def choose_customer(
    *,
    interaction_id: int,
    agent_id: int,
    customer_id: int,
    now: datetime,
    save_number: bool = False,
) -> None:
    """Say who the customer is: one of several matches, or one who was searched for (G6, G9).

    The conversation alone is linked; the customer gets its number only with ``save_number``. A case
    of its own goes along, a case of the customer before stays with them. Raises
    NotYourConversation, ConversationClosed and NoSuchCustomer.
    """
    interaction = _conversation(interaction_id, agent_id)
    link = locked_link(interaction)
    customer = locked_customer(customer_id)
    if customer is None:
        raise NoSuchCustomer("This customer is not on file any more. Search again.")
    _refuse_settled(interaction, link)
    case = link.case
    if case and case.customer_id != customer.pk:
        if _belongs_to_this_alone(case, interaction):
            Case.objects.filter(pk=case.pk).update(customer=customer, updated_at=now)
        else:
            has_log = ChatLog.objects.filter(interaction=interaction).exists()
            case = _automatic_case(interaction, customer, now) if has_log else None
    _link(link, customer=customer, case=case)
    if save_number:
        CustomerPhone.objects.bulk_create(
            [CustomerPhone(customer=customer, number=interaction.customer_address)],
            ignore_conflicts=True,
        )
    touch_desks({agent_id, *agents_who_see_customer(customer.pk)})


@transaction.atomic
def continue_case(
    *, interaction_id: int, agent_id: int, case_id: int, reopen: bool, now: datetime
) -> None:
    """Go on with an open or recent case of the conversation's customer (G11).

    A case that End made only to keep the log goes when its log has moved. ``reopen`` says that the
    agent knows the case to be closed. Raises NotYourConversation, ConversationClosed, NoSuchCase
    for a case of somebody else, CaseIsClosed.
    """
    interaction = _conversation(interaction_id, agent_id)
    link = locked_link(interaction)
    _refuse_settled(interaction, link)
    customer = link.customer or _single_match(interaction.customer_address)
    case = Case.objects.select_for_update(of=["self"], no_key=True).filter(pk=case_id).first()
    if case is None or customer is None or case.customer_id != customer.pk:
        raise NoSuchCase("This is no case of the conversation's customer. Choose one of the list.")
    if not case.is_open and not reopen:
        raise CaseIsClosed(
            f"Case #{case.number} is closed. Continue it once more, and it is opened again."
        )
    Case.objects.filter(pk=case.pk).update(state=CaseState.OPEN, updated_at=now)
    _link(link, customer=customer, case=case)
    touch_desks({agent_id, *agents_who_see_case(case.pk)})


def linked_case(interaction: Interaction, now: datetime) -> Case:
    """The case of a conversation; a new one for its customer where none was linked (B13, H8).

    With several matches and no choice it is the first match's, as S1:42 has it; with none the case
    keeps the number alone, so that the log is never lost. Runs in the caller's transaction.
    """
    link = locked_link(interaction)
    if link.case is not None:
        return link.case
    customer = link.customer or _first_match(interaction.customer_address)
    case = _automatic_case(interaction, customer, now)
    _link(link, customer=customer, case=case)
    return case


def _automatic_case(interaction: Interaction, customer: Customer | None, now: datetime) -> Case:
    return Case.objects.create(
        customer=customer,
        phone=interaction.customer_address,
        subject=f"SMS conversation over {interaction.channel.name}",
        automatic=True,
        opened_at=now,
        updated_at=now,
    )


def _link(link: CaseLink, *, customer: Customer | None, case: Case | None) -> None:
    """Link a locked conversation to these; its notes go to the case, and its log if it ended."""
    before = link.case
    CaseLink.objects.filter(pk=link.pk).update(customer=customer, case=case)
    tie_notes(interaction_id=link.interaction_id, case_id=case.pk if case else None)
    if before is None or case is None or before.pk == case.pk:
        return
    ChatLog.objects.filter(interaction=link.interaction_id).update(case=case)
    # Whoever has it locked is about to use it.
    empty = Case.objects.select_for_update(skip_locked=True).filter(pk=before.pk, automatic=True)
    for kept in empty:
        if not (kept.links.exists() or kept.chat_logs.exists() or kept.notes.exists()):
            kept.delete()


def _belongs_to_this_alone(case: Case, interaction: Interaction) -> bool:
    """Whether no other conversation ever came to this case."""
    others = CaseLink.objects.filter(case=case).exclude(interaction=interaction)
    logs = ChatLog.objects.filter(case=case).exclude(interaction=interaction)
    return not others.exists() and not logs.exists()


def _conversation(interaction_id: int, agent_id: int) -> Interaction:
    interaction = interaction_for_agent(
        interaction_id=interaction_id, agent_id=agent_id, locked=True
    )
    if interaction is None:
        raise NotYourConversation("This conversation is not with you any more; nothing was saved.")
    return interaction


def _refuse_settled(interaction: Interaction, link: CaseLink) -> None:
    """A closed conversation keeps its case, unless nobody chose it: that one only kept the log."""
    if interaction.state == InteractionState.CLOSED and not (link.case and link.case.automatic):
        raise ConversationClosed("This conversation is closed; its case is kept as it is.")


def _single_match(address: str) -> Customer | None:
    matches = customers_with(address)
    return _kept(address, matches[0]) if len(matches) == 1 else None


def _first_match(address: str) -> Customer | None:
    matches = customers_with(address)
    return _kept(address, matches[0]) if matches else None


def _kept(address: str, match: Customer) -> Customer | None:
    """The match, locked; where they were merged meanwhile, who has the number now."""
    return locked_customer(match.pk) or next(iter(customers_with(address)), None)
