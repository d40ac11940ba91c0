"""Signing out, and the question before it while conversations are open (E1, N4)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from agents.services.presence import leave
from routing.enums import InteractionState
from routing.selectors.strip import held_counts, tiles_of
from routing.selectors.waiting import colleagues_of
from routing.services.handover import HandOverRefused, requeue, transfer_to_agent
from routing.services.interactions import NotYours
from smsdesk.console.forms import SignOutForm
from smsdesk.console.handover import colleague_choices
from smsdesk.console.sessions import agent_of
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from agents.models import Agent
    from smsdesk.console.access import DeskRequest

HAND_BACK, HAND_OVER, ANYWAY = "hand-back", "hand-over", "anyway"


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; an agent with open conversations is asked what is to become of them."""
    htmx = cast("DeskRequest", request).htmx
    agent = agent_of(request.user)
    if agent is not None:
        choice = request.POST.get("choice", "")
        refused = _hand_over(agent.pk, request.POST) if choice == HAND_OVER else ""
        held = held_counts(agent.pk)
        decided = choice in {HAND_BACK, HAND_OVER, ANYWAY} and not refused
        if not decided and set(held) - {InteractionState.PARKED}:
            return _ask(request, agent, held, refused)
        if choice == HAND_BACK:
            _hand_back(agent.pk)
    logout(request)
    if htmx:
        return HttpResponseClientRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def _ask(request: HttpRequest, agent: Agent, held: dict[str, int], refused: str) -> HttpResponse:
    htmx = cast("DeskRequest", request).htmx
    many = held.get(InteractionState.ACTIVE, 0)
    colleagues = (
        colleague_choices(colleagues_of(agent.pk), many=many) if many and agent.may_transfer else []
    )
    context = {"held": held, "colleagues": colleagues, "refused": refused}
    template = "console/sign_out_choices.html" if htmx else "console/sign_out.html"
    return render(request, template, context)


def _hand_over(agent_id: int, posted: QueryDict) -> str:
    """Offer every open conversation to one colleague; why one stayed here, empty where none did."""
    form = SignOutForm(posted)
    if not form.is_valid():
        return "Choose a colleague first; you are still signed in."
    note, stayed = "Handed over on signing out.", ""
    for interaction in tiles_of(agent_id).filter(state=InteractionState.ACTIVE):
        try:
            transfer_to_agent(
                interaction_id=interaction.pk,
                agent_id=agent_id,
                to_agent_id=form.cleaned_data["colleague"],
                note=note,
                now=now(),
            )
        except HandOverRefused as refused:
            stayed = str(refused)
        except NotYours:
            continue  # it went elsewhere meanwhile
    return stayed


def _hand_back(agent_id: int) -> None:
    """Give every open conversation back to its queue, and be gone before, so that none returns."""
    leave(agent_id=agent_id)
    note = "Handed back on signing out."
    for interaction in tiles_of(agent_id).filter(state=InteractionState.ACTIVE):
        # One that was ended meanwhile, in another tab or for silence, has its own way.
        with suppress(HandOverRefused, NotYours):
            requeue(interaction_id=interaction.pk, agent_id=agent_id, note=note, now=now())
