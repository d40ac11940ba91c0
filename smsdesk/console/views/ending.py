"""What becomes of a conversation: more time, handed over, parked, and why it came (H2, N4, N8)."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, trigger_client_event

from routing.selectors.access import receipt_of_acceptance, receipt_of_offer
from routing.services.handover import (
    HandOverRefused,
    TransferNotAllowed,
    transfer_to_agent,
    transfer_to_queue,
)
from routing.services.interactions import AlreadyEnded, NoMoreTime, NotYours, extend_wrap_up
from routing.services.parking import ParkRefused, park, resume
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import AT_COMPOSER, refusal, unusable
from smsdesk.console.forms import HandOverForm, ParkForm
from smsdesk.console.handover import hand_over_choices
from smsdesk.console.panes import work_pane
from smsdesk.console.views.desk import page
from smsdesk.lib.clock import now
from smsdesk.lib.states import StaleState

AT_SHEET = "#sheet-alert"


@require_POST
@agent_required
def more_time(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Give the wrap-up more time, once; what is being typed is not touched."""
    interaction = own_interaction(request, interaction_id)
    try:
        extend_wrap_up(interaction_id=interaction.pk, agent_id=request.agent.pk, now=now())
    except (NotYours, AlreadyEnded, NoMoreTime, StaleState) as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    work = work_pane(own_interaction(request, interaction_id))
    return render(request, "console/wrap_up_head.html", {"work": work})


@require_safe
@agent_required
def show_hand_over(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The dialog with the queues and colleagues this conversation may go to."""
    interaction = own_interaction(request, interaction_id)
    choices = hand_over_choices(interaction, request.agent)
    return render(request, "console/hand_over.html", {"choices": choices})


@require_POST
@agent_required
def hand_over(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Hand the conversation to a queue or a colleague, and go on to the desk."""
    interaction = own_interaction(request, interaction_id)
    form = HandOverForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_SHEET)
    (kind, pk), note = form.cleaned_data["to"], form.cleaned_data["note"]
    names = {"interaction_id": interaction.pk, "agent_id": request.agent.pk}
    try:
        if kind == "queue":
            transfer_to_queue(**names, queue_id=pk, note=note, now=now())
        else:
            transfer_to_agent(**names, to_agent_id=pk, note=note, now=now())
    except TransferNotAllowed as refused:
        return refusal(request, str(refused), status=HTTPStatus.FORBIDDEN, at=AT_SHEET)
    except (HandOverRefused, NotYours) as refused:
        return refusal(request, str(refused), at=AT_SHEET)
    return _to_the_desk(request, "Handed over.")


@require_safe
@agent_required
def show_park_times(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The dialog with the times until which this conversation may be put aside."""
    interaction = own_interaction(request, interaction_id)
    return render(request, "console/park.html", {"interaction": interaction})


@require_POST
@agent_required
def put_aside(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Park the conversation, and go on to the desk."""
    interaction = own_interaction(request, interaction_id)
    form = ParkForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_SHEET)
    try:
        park(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            until=form.cleaned_data["until"],
            now=now(),
        )
    except (ParkRefused, NotYours) as refused:
        return refusal(request, str(refused), at=AT_SHEET)
    return _to_the_desk(request, "Parked. It comes back by itself.")


@require_POST
@agent_required
def take_up(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Go on with a parked conversation."""
    interaction = own_interaction(request, interaction_id)
    try:
        resume(interaction_id=interaction.pk, agent_id=request.agent.pk, now=now())
    except (ParkRefused, NotYours) as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return page(request, own_interaction(request, interaction_id))


@require_safe
@agent_required
def why_mine(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Why the conversation was offered to the agent who accepted it."""
    interaction = own_interaction(request, interaction_id)
    receipt = receipt_of_acceptance(interaction_id=interaction.pk, agent_id=request.agent.pk)
    context = {"receipt": receipt, "interaction": interaction}
    return render(request, "console/why.html", context)


@require_safe
@agent_required
def why_offered(request: DeskRequest, offer_id: int) -> HttpResponse:
    """Why a conversation is offered to this agent."""
    receipt = receipt_of_offer(offer_id=offer_id, agent_id=request.agent.pk)
    if receipt is None:
        raise Http404("You have no such offer.")
    return render(request, "console/why_text.html", {"receipt": receipt})


def _to_the_desk(request: DeskRequest, words: str) -> HttpResponse:
    response = push_url(page(request, None), reverse("desk"))
    return trigger_client_event(response, "desk:toast", {"words": words})
