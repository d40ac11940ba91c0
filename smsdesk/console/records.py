"""The pages of a case and of a customer, as they stand inside the desk (K2, G7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.selectors.notes import notes_of_case
from smsdesk.console.case_forms import EditCaseForm, EditCustomerForm
from smsdesk.console.case_panes import PhoneLine, phone_lines
from smsdesk.console.lines import NoteLine, note_line
from smsdesk.console.words import hue, initials

if TYPE_CHECKING:
    from cases.models import Case, Customer
    from cases.selectors.records import CaseRecord, CustomerRecord


@dataclass(frozen=True)
class CasePage:
    """Everything inside ``#work`` for one case."""

    record: CaseRecord
    phones: list[PhoneLine]
    notes: list[NoteLine]

    @property
    def title(self) -> str:
        return f"Case #{self.record.case.number}"


@dataclass(frozen=True)
class CustomerPage:
    """Everything inside ``#work`` for one customer."""

    record: CustomerRecord
    phones: list[PhoneLine]

    @property
    def title(self) -> str:
        return self.record.customer.name

    @property
    def initials(self) -> str:
        return initials(self.title)

    @property
    def hue(self) -> int:
        return hue(next((line.number for line in self.phones), self.title))


def case_page(record: CaseRecord) -> CasePage:
    return CasePage(
        record=record,
        phones=phone_lines(record.customer),
        notes=case_notes(record.case),
    )


def case_notes(case: Case) -> list[NoteLine]:
    """What agents noted on the case, and in its conversations (N4)."""
    return [note_line(note, case.opened_at, case.phone) for note in notes_of_case(case.pk)]


def customer_page(record: CustomerRecord) -> CustomerPage:
    return CustomerPage(record=record, phones=phone_lines(record.customer))


def case_form(case: Case) -> EditCaseForm:
    return EditCaseForm(
        initial={"subject": case.subject, "description": case.description, "seen": case.seen}
    )


def customer_form(customer: Customer) -> EditCustomerForm:
    return EditCustomerForm(
        initial={
            "name": customer.name,
            "email": customer.email,
            "address": customer.address,
            "notes": customer.notes,
            "seen": customer.seen,
        }
    )
