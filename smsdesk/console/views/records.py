"""The pages of cases and customers inside the desk, readable and editable by every agent (K2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import retarget

from cases.models import CaseState
from cases.selectors.records import (
    case_logs,
    case_record,
    case_with_customer,
    customer_logs,
    customer_record,
    customer_with_phones,
    log_with_words,
)
from cases.services.records import (
    ChangedMeanwhile,
    RecordGone,
    edit_case,
    edit_customer,
    set_case_state,
)
from smsdesk.console.access import DeskRequest, agent_required
from smsdesk.console.answers import refusal, unusable
from smsdesk.console.case_forms import BeforeForm, CaseStateForm, EditCaseForm, EditCustomerForm
from smsdesk.console.case_panes import phone_lines
from smsdesk.console.records import case_form, case_page, customer_form, customer_page
from smsdesk.console.views.desk import page
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpResponse

    from cases.models import Case, Customer

T = TypeVar("T")


@require_safe
@agent_required
def show_case(request: DeskRequest, case_id: int) -> HttpResponse:
    """The case with its chat logs and its customer, in place of a conversation."""
    shown = case_page(_or_404(case_record(case_id)))
    return page(request, None, main="console/case_page.html", shown=shown)


@require_safe
@agent_required
def show_customer(request: DeskRequest, customer_id: int) -> HttpResponse:
    """The customer with their cases and chat logs, in place of a conversation."""
    shown = customer_page(_or_404(customer_record(customer_id)))
    return page(request, None, main="console/customer_page.html", shown=shown)


@require_safe
@agent_required
def show_case_logs(request: DeskRequest, case_id: int) -> HttpResponse:
    """Ten more chat logs of the case, before the one named."""
    case = _or_404(case_with_customer(case_id))
    logs, more = case_logs(case.pk, before=_before(request))
    return render(request, "console/more_logs.html", {"logs": logs, "more": more, "case": case})


@require_safe
@agent_required
def show_customer_logs(request: DeskRequest, customer_id: int) -> HttpResponse:
    """Ten more chat logs of the customer, before the one named."""
    customer = _or_404(customer_with_phones(customer_id))
    logs, more = customer_logs(customer.pk, before=_before(request))
    context = {"logs": logs, "more": more, "customer": customer}
    return render(request, "console/more_logs.html", context)


@require_safe
@agent_required
def show_log_words(request: DeskRequest, log_id: int) -> HttpResponse:
    """What was said in a conversation that has ended."""
    log = log_with_words(log_id)
    if log is None:
        raise Http404("There is no such chat log.")
    return render(request, "console/log_words.html", {"log": log})


@require_safe
@agent_required
def show_case_card(request: DeskRequest, case_id: int) -> HttpResponse:
    """The case's own details, as they are read."""
    return _case_card(request, _or_404(case_with_customer(case_id)))


@require_http_methods(["GET", "POST"])
@agent_required
def change_case(request: DeskRequest, case_id: int) -> HttpResponse:
    """The case's details as a form; and what was typed into it, saved."""
    case = _or_404(case_with_customer(case_id))
    if request.method != "POST":
        return _case_form(request, case, case_form(case))
    form = EditCaseForm(request.POST)
    if not form.is_valid():
        return _case_form(request, case, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        edit_case(case_id=case.pk, now=now(), **form.cleaned_data)
    except ChangedMeanwhile as changed:
        case = _or_404(case_with_customer(case_id))
        again = EditCaseForm({**request.POST.dict(), "seen": case.seen})
        return _case_form(request, case, again, alert=str(changed))
    except RecordGone as gone:
        return refusal(request, str(gone))
    return _case_card(request, _or_404(case_with_customer(case_id)))


@require_POST
@agent_required
def change_case_state(request: DeskRequest, case_id: int) -> HttpResponse:
    """Close the case, or open it again."""
    _or_404(case_with_customer(case_id))
    form = CaseStateForm(request.POST)
    if not form.is_valid():
        return unusable(request, form)
    try:
        set_case_state(case_id=case_id, state=CaseState(form.cleaned_data["state"]), now=now())
    except RecordGone as gone:
        return refusal(request, str(gone))
    return _case_card(request, _or_404(case_with_customer(case_id)))


@require_safe
@agent_required
def show_customer_card(request: DeskRequest, customer_id: int) -> HttpResponse:
    """The customer's details, as they are read."""
    return _customer_card(request, _or_404(customer_with_phones(customer_id)))


@require_http_methods(["GET", "POST"])
@agent_required
def change_customer(request: DeskRequest, customer_id: int) -> HttpResponse:
    """The customer's details as a form; and what was typed into it, saved."""
    customer = _or_404(customer_with_phones(customer_id))
    if request.method != "POST":
        return _customer_form(request, customer, customer_form(customer))
    form = EditCustomerForm(request.POST)
    if not form.is_valid():
        return _customer_form(request, customer, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        edit_customer(customer_id=customer.pk, **form.cleaned_data)
    except ChangedMeanwhile as changed:
        customer = _or_404(customer_with_phones(customer_id))
        again = EditCustomerForm({**request.POST.dict(), "seen": customer.seen})
        return _customer_form(request, customer, again, alert=str(changed))
    except RecordGone as gone:
        return refusal(request, str(gone))
    return _customer_card(request, _or_404(customer_with_phones(customer_id)))


def _or_404(record: T | None) -> T:
    if record is None:
        raise Http404("There is no such case or customer.")
    return record


def _before(request: DeskRequest) -> int:
    form = BeforeForm(request.GET)
    if not form.is_valid():
        raise Http404("Say before which chat log.")
    return int(form.cleaned_data["before"])


def _case_card(request: DeskRequest, case: Case) -> HttpResponse:
    return render(request, "console/case_card.html", {"case": case})


def _customer_card(request: DeskRequest, customer: Customer) -> HttpResponse:
    context = {"customer": customer, "phones": phone_lines(customer)}
    return render(request, "console/customer_card.html", context)


def _case_form(
    request: DeskRequest, case: Case, form: EditCaseForm, *, alert: str = "", status: int = 0
) -> HttpResponse:
    """With ``alert``, what the case says now stands beside what was typed, to be saved over it."""
    draft = f"{case.pk}-{case.seen}"
    context = {"case": case, "form": form, "alert": alert, "draft": draft}
    answer = render(request, "console/edit_case.html", context, status=_status(alert, status))
    return retarget(answer, "#case-card")


def _customer_form(
    request: DeskRequest,
    customer: Customer,
    form: EditCustomerForm,
    *,
    alert: str = "",
    status: int = 0,
) -> HttpResponse:
    draft = f"{customer.pk}-{customer.seen}"
    context = {"customer": customer, "form": form, "alert": alert, "draft": draft}
    answer = render(request, "console/edit_customer.html", context, status=_status(alert, status))
    return retarget(answer, "#customer-card")


def _status(alert: str, status: int) -> int:
    return status or (HTTPStatus.CONFLICT if alert else HTTPStatus.OK)
