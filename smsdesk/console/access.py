"""Who may use the desk: signed-in agents, and only on what is theirs (S3)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from routing.selectors.access import interaction_for_agent
from routing.selectors.initiation import why_not_text_first
from smsdesk.console.sessions import agent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_htmx.middleware import HtmxDetails

    from agents.models.agent import AgentWithLimit
    from routing.models import Interaction

P = ParamSpec("P")


class DeskRequest(HttpRequest):
    """A request of an agent's desk."""

    htmx: HtmxDetails
    agent: AgentWithLimit
    # Why the agent cannot text first; read where a page has a button that would (I1, G12).
    why_no_text: str


def agent_required(
    view: Callable[Concatenate[DeskRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only agents in, as ``request.agent``.

    The others are sent where they belong: strangers to sign in (a fragment's request makes the
    whole page go there), supervisors to their own site, anyone else to a page that says what is
    missing. Nothing of a desk is ever kept in a cache.
    """

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        desk_request = cast("DeskRequest", request)
        if not request.user.is_authenticated:
            return _to_sign_in(desk_request)
        agent = agent_of(request.user)
        if agent is None:
            return _no_agent(desk_request)
        desk_request.agent = agent
        desk_request.why_no_text = cast("str", SimpleLazyObject(lambda: why_not_text_first(agent)))
        response = view(desk_request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return never_cache(checked)


def own_interaction(request: DeskRequest, interaction_id: int) -> Interaction:
    """The conversation, if it is this agent's. Raises Http404 for foreign and unknown ones."""
    interaction = interaction_for_agent(interaction_id=interaction_id, agent_id=request.agent.pk)
    if interaction is None:
        raise Http404("You have no such conversation.")
    return interaction


def _to_sign_in(request: DeskRequest) -> HttpResponseBase:
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path())


def _no_agent(request: DeskRequest) -> HttpResponseBase:
    user: Any = request.user
    if user.is_staff and not request.htmx:
        return redirect("admin:index")
    return render(request, "console/no_agent.html", status=403)
