"""Customers and cases, changed by whoever reads them (K2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.audit import record_act
from agents.services.desks import touch_desks
from cases.models import Case, CaseState, Customer
from cases.selectors.customers import agents_who_see_case, agents_who_see_customer

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User


class RecordGone(Exception):
    """There is no such customer or case any more."""


class ChangedMeanwhile(Exception):
    """Somebody else changed what the agent was editing."""


@transaction.atomic
def edit_case(*, case_id: int, seen: str, subject: str, description: str, now: datetime) -> None:
    """Name and describe a case anew; ``seen`` is the ``Case.seen`` that the agent edited.

    Raises RecordGone, and ChangedMeanwhile where somebody else has changed it since.
    """
    case = _locked_case(case_id)
    if (case.subject, case.description) == (subject, description):
        return  # sent twice
    if case.seen != seen:
        raise ChangedMeanwhile(
            "Somebody else changed this case while you were writing. What you typed is kept; look"
            " at what the case says now, and save again."
        )
    Case.objects.filter(pk=case_id).update(
        subject=subject, description=description, automatic=False, updated_at=now
    )
    touch_desks(agents_who_see_case(case_id))


@transaction.atomic
def set_case_state(*, case_id: int, state: CaseState, now: datetime) -> None:
    """Close a case, or open it again. Raises RecordGone. One that is so already stays as it is."""
    case = _locked_case(case_id)
    if case.state != state:
        Case.objects.filter(pk=case_id).update(state=state, updated_at=now)
        touch_desks(agents_who_see_case(case_id))


@transaction.atomic
def edit_customer(
    *, customer_id: int, seen: str, name: str, email: str, address: str, notes: str
) -> None:
    """Change a customer's details; ``seen`` is the ``Customer.seen`` that the agent edited.

    Raises RecordGone, and ChangedMeanwhile where somebody else has changed them since.
    """
    rows = Customer.objects.select_for_update(no_key=True)
    customer = rows.filter(pk=customer_id).first()
    if customer is None:
        raise RecordGone("This customer is not on file any more. What you typed is kept here.")
    if (customer.name, customer.email, customer.address, customer.notes) == (
        name,
        email,
        address,
        notes,
    ):
        return  # sent twice
    if customer.seen != seen:
        raise ChangedMeanwhile(
            "Somebody else changed these details while you were writing. What you typed is kept;"
            " look at what is on file now, and save again."
        )
    Customer.objects.filter(pk=customer_id).update(
        name=name, email=email, address=address, notes=notes
    )
    touch_desks(agents_who_see_customer(customer_id))


@transaction.atomic
def close_cases(*, case_ids: Collection[int], actor: User | AnonymousUser, now: datetime) -> int:
    """Close those of these cases that are open, as a supervisor asks. Returns how many were."""
    rows = Case.objects.select_for_update(no_key=True)
    cases = list(rows.filter(pk__in=case_ids, state=CaseState.OPEN).order_by("pk"))
    for case in cases:
        record_act(
            actor=actor, act="closed", subject=case, label=f"case {case.pk}", after={}, now=now
        )
    ids = [case.pk for case in cases]
    Case.objects.filter(pk__in=ids).update(state=CaseState.CLOSED, updated_at=now)
    touch_desks({agent_id for case_id in ids for agent_id in agents_who_see_case(case_id)})
    return len(ids)


def _locked_case(case_id: int) -> Case:
    case = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
    if case is None:
        raise RecordGone("This case is not there any more. What you typed is kept here.")
    return case
