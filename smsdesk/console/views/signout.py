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
from routing.services.handover import HandOverRefused, requeue
from routing.services.interactions import NotYours
from smsdesk.console.sessions import agent_of
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from smsdesk.console.access import DeskRequest

HAND_BACK, ANYWAY = "hand-back", "anyway"


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; an agent with open conversations is asked what is to become of them."""
    htmx = cast("DeskRequest", request).htmx
    agent = agent_of(request.user)
    if agent is not None:
        held = held_counts(agent.pk)
        choice = request.POST.get("choice", "")
        if choice not in {HAND_BACK, ANYWAY} and set(held) - {InteractionState.PARKED}:
            template = "console/sign_out_choices.html" if htmx else "console/sign_out.html"
            return render(request, template, {"held": held})
        if choice == HAND_BACK:
            _hand_back(agent.pk)
    logout(request)
    if htmx:
        return HttpResponseClientRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def _hand_back(agent_id: int) -> None:
    """Give every open conversation back to its queue, and be gone before, so that none returns."""
    leave(agent_id=agent_id)
    note = "Handed back on signing out."
    for interaction in tiles_of(agent_id).filter(state=InteractionState.ACTIVE):
        # One that was ended meanwhile, in another tab or for silence, has its own way.
        with suppress(HandOverRefused, NotYours):
            requeue(interaction_id=interaction.pk, agent_id=agent_id, note=note, now=now())
