"""Offers: Accept and Reject (C1–C4)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import push_url

from routing.selectors.access import offer_for_agent
from routing.services.offers import OfferGone, RejectNotAllowed, accept_offer, reject_offer
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import refusal
from smsdesk.console.views.desk import page
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from routing.models import Offer


@require_POST
@agent_required
def accept(request: DeskRequest, offer_id: int) -> HttpResponse:
    """Take the conversation and open it."""
    _own_offer(request, offer_id)
    try:
        interaction_id = accept_offer(offer_id=offer_id, agent_id=request.agent.pk, now=now())
    except OfferGone as gone:
        return refusal(request, str(gone))
    interaction = own_interaction(request, interaction_id)
    response = page(request, interaction)
    return push_url(response, reverse("desk-conversation", args=[interaction_id]))


@require_POST
@agent_required
def reject(request: DeskRequest, offer_id: int) -> HttpResponse:
    """Let a colleague take it; the desk's next frame shows the status that follows."""
    _own_offer(request, offer_id)
    try:
        reject_offer(offer_id=offer_id, agent_id=request.agent.pk, now=now())
    except OfferGone as gone:
        return refusal(request, str(gone))
    except RejectNotAllowed as not_allowed:
        return refusal(request, str(not_allowed), status=HTTPStatus.FORBIDDEN)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _own_offer(request: DeskRequest, offer_id: int) -> Offer:
    offer = offer_for_agent(offer_id=offer_id, agent_id=request.agent.pk)
    if offer is None:
        raise Http404("You have no such offer.")
    return offer
