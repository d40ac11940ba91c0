"""The case pane of a conversation: which customer, which case (G3–G11)."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from cases.selectors.screen_pop import screen_pop
from cases.selectors.search import find_customers
from cases.services.cases import (
    AlreadyLinked,
    CaseIsClosed,
    ConversationClosed,
    NoSuchCase,
    NoSuchCustomer,
    NotYourConversation,
    choose_customer,
    continue_case,
    save_new_case,
)
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import refusal
from smsdesk.console.case_forms import ContinueForm, CustomerForm, NewCaseForm
from smsdesk.console.case_panes import case_pane
from smsdesk.console.forms import SearchForm
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpResponse

    from routing.models import Interaction


@require_safe
@agent_required
def show_pane(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The case pane alone, for a desk that heard of another customer or case."""
    return _pane(request, own_interaction(request, interaction_id))


@require_POST
@agent_required
def save_case(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Save the New case form: customer, phone and case, linked to the conversation."""
    interaction = own_interaction(request, interaction_id)
    known = screen_pop(interaction).customer is not None
    form = NewCaseForm(request.POST, known=known)
    if not form.is_valid():
        return _pane(request, interaction, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        with suppress(AlreadyLinked):  # a second click, or another tab: the case is there
            save_new_case(
                interaction_id=interaction.pk,
                agent_id=request.agent.pk,
                now=now(),
                **{"name": "", "email": "", "address": ""} | form.cleaned_data,
            )
    except (ConversationClosed, NotYourConversation) as refused:
        return refusal(request, str(refused), at="#pane-alert")
    return _pane(request, interaction)


@require_POST
@agent_required
def choose(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Link the conversation to the customer who was picked, or searched for (G6, G9)."""
    interaction = own_interaction(request, interaction_id)
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return refusal(request, "Choose one of the customers.", at="#pane-alert")
    try:
        choose_customer(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            customer_id=form.cleaned_data["customer"],
            save_number=form.cleaned_data["save_number"],
            now=now(),
        )
    except (NoSuchCustomer, ConversationClosed, NotYourConversation) as refused:
        return refusal(request, str(refused), at="#pane-alert")
    return _pane(request, interaction)


@require_POST
@agent_required
def go_on_with_case(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Continue a case of the customer with this conversation (G11)."""
    interaction = own_interaction(request, interaction_id)
    form = ContinueForm(request.POST)
    if not form.is_valid():
        return refusal(request, "Choose one of the customer's cases.", at="#pane-alert")
    try:
        continue_case(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            case_id=form.cleaned_data["case"],
            reopen=form.cleaned_data["reopen"],
            now=now(),
        )
    except (CaseIsClosed, NoSuchCase) as refused:
        # The list was old: it is shown as it is now.
        return _pane(request, interaction, alert=str(refused), status=HTTPStatus.CONFLICT)
    except (ConversationClosed, NotYourConversation) as refused:
        return refusal(request, str(refused), at="#pane-alert")
    return _pane(request, interaction)


@require_safe
@agent_required
def search(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Customers by name, address, e-mail or number, to choose one for the conversation (G9)."""
    interaction = own_interaction(request, interaction_id)
    if not settings.ADDRESS_SEARCH:
        raise Http404("This desk looks for customers by their number alone.")
    form = SearchForm(request.GET)
    text = form.cleaned_data["words"] if form.is_valid() else ""
    context = {"interaction": interaction, "found": find_customers(text), "text": text}
    return render(request, "console/found_customers.html", context)


def _pane(
    request: DeskRequest,
    interaction: Interaction,
    *,
    form: NewCaseForm | None = None,
    alert: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    pane = case_pane(interaction, form, alert=alert)
    context = {"pane": pane, "with_head": True}
    return retarget(render(request, "console/pane.html", context, status=status), "#pane")
