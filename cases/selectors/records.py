"""A case or a customer with all that is on file about them; every agent may read it (K2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.models import Case, ChatLog, Customer

if TYPE_CHECKING:
    from django.db.models import QuerySet

# A page of either: a transcript may be long.
LOGS = 10
OTHER_CASES = 20


@dataclass(frozen=True)
class CaseRecord:
    """``others`` are the customer's other cases; ``elsewhere`` their conversations on those."""

    case: Case
    customer: Customer | None
    logs: list[ChatLog]
    more_logs: bool
    others: list[Case]
    elsewhere: list[ChatLog]


@dataclass(frozen=True)
class CustomerRecord:
    customer: Customer
    cases: list[Case]
    logs: list[ChatLog]
    more_logs: bool


def case_with_customer(case_id: int) -> Case | None:
    return Case.objects.filter(pk=case_id).select_related("customer").first()


def customer_with_phones(customer_id: int) -> Customer | None:
    return Customer.objects.filter(pk=customer_id).prefetch_related("phones").first()


def case_record(case_id: int) -> CaseRecord | None:
    """The case with its latest chat logs, newest first. None: there is no such case."""
    case = case_with_customer(case_id)
    if case is None:
        return None
    customer = customer_with_phones(case.customer_id) if case.customer_id else None
    logs, more = case_logs(case_id)
    others, elsewhere = Case.objects.none(), ChatLog.objects.none()
    if customer:
        others = _latest_cases(customer).exclude(pk=case_id)
        elsewhere = _latest_logs().filter(case__customer=customer).exclude(case=case_id)
    return CaseRecord(
        case=case,
        customer=customer,
        logs=logs,
        more_logs=more,
        others=list(others[:OTHER_CASES]),
        elsewhere=list(elsewhere[:LOGS]),
    )


def customer_record(customer_id: int) -> CustomerRecord | None:
    """The customer with their cases and latest chat logs. None: there is no such customer."""
    customer = customer_with_phones(customer_id)
    if customer is None:
        return None
    logs, more = customer_logs(customer_id)
    return CustomerRecord(
        customer=customer,
        cases=list(_latest_cases(customer)[:OTHER_CASES]),
        logs=logs,
        more_logs=more,
    )


def case_logs(case_id: int, *, before: int | None = None) -> tuple[list[ChatLog], bool]:
    """Ten chat logs of a case before the one named, newest first, and whether there are more."""
    return _page(_latest_logs().filter(case=case_id), before)


def customer_logs(customer_id: int, *, before: int | None = None) -> tuple[list[ChatLog], bool]:
    """Ten chat logs of all cases of a customer before the one named, and whether there are more."""
    return _page(_latest_logs().filter(case__customer=customer_id), before)


def log_with_words(log_id: int) -> ChatLog | None:
    """One chat log with its transcript; None where there is no such log."""
    return ChatLog.objects.filter(pk=log_id).select_related("interaction__channel").first()


def _latest_cases(customer: Customer) -> QuerySet[Case]:
    return Case.objects.filter(customer=customer).order_by("-updated_at", "-pk")


def _latest_logs() -> QuerySet[ChatLog]:
    # The words are fetched when one is unfolded: a long conversation's are longer than the page.
    logs = ChatLog.objects.defer("transcript").select_related("case", "interaction__channel")
    return logs.order_by("-pk")


def _page(logs: QuerySet[ChatLog], before: int | None) -> tuple[list[ChatLog], bool]:
    if before is not None:
        logs = logs.filter(pk__lt=before)
    found = list(logs[: LOGS + 1])
    return found[:LOGS], len(found) > LOGS
