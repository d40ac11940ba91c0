"""The case pane: which customer, which case (G3–G8)."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from cases.selectors.screen_pop import screen_pop
from cases.services.cases import (
    AlreadyLinked,
    ConversationClosed,
    NoSuchCustomer,
    choose_customer,
    save_new_case,
)
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import refusal
from smsdesk.console.forms import CustomerForm, NewCaseForm
from smsdesk.console.panes import case_pane
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpResponse

    from routing.models import Interaction


@require_safe
@agent_required
def show_pane(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The case pane alone, for a desk that heard of another name."""
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
    except ConversationClosed as closed:
        return refusal(request, str(closed), at="#pane-alert")
    return _pane(request, interaction)


@require_POST
@agent_required
def choose(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Link the conversation to the customer who was picked from several (G6)."""
    interaction = own_interaction(request, interaction_id)
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return refusal(request, "Choose one of the customers.", at="#pane-alert")
    try:
        choose_customer(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            customer_id=form.cleaned_data["customer"],
            now=now(),
        )
    except (NoSuchCustomer, ConversationClosed) as refused:
        return refusal(request, str(refused), at="#pane-alert")
    return _pane(request, interaction)


def _pane(
    request: DeskRequest,
    interaction: Interaction,
    *,
    form: NewCaseForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    return render(
        request, "console/pane.html", {"pane": case_pane(interaction, form)}, status=status
    )
