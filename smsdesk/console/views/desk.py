"""The desk as a whole page, and as the frame that keeps it fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from agents.services.presence import hear_heartbeat
from smsdesk.console.access import DeskRequest, agent_required
from smsdesk.console.frames import desk_frame, desk_state
from smsdesk.console.missed import missed_words
from smsdesk.console.panes import work_pane
from smsdesk.console.words import initials
from smsdesk.lib import segments
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from routing.models import Interaction
    from smsdesk.console.records import CasePage, CustomerPage


@require_safe
@agent_required
def show_desk(request: DeskRequest) -> HttpResponse:
    """The desk with no conversation open."""
    return page(request, None)


@require_http_methods(["GET", "POST"])
@agent_required
def show_frame(request: DeskRequest) -> HttpResponse:
    """The frame the socket would push. A POST is also a heartbeat, for desks without a socket."""
    missed = ""
    if request.method == "POST":
        absent_since = hear_heartbeat(agent_id=request.agent.pk, now=now())
        missed = missed_words(request.agent.pk, absent_since)
    frame = desk_frame(request.agent, now())
    return HttpResponse(frame.as_json(missed=missed), content_type="application/json")


def page(
    request: DeskRequest,
    interaction: Interaction | None,
    *,
    main: str = "console/work.html",
    shown: CasePage | CustomerPage | None = None,
) -> HttpResponse:
    """The desk around a conversation: only its work where htmx asks, the whole page otherwise.

    ``main`` is another template than a conversation's, with what is ``shown`` in it.
    """
    desk = desk_state(request.agent, now())
    work = (
        work_pane(interaction, desk.rules, whispered=desk.was_whispered(interaction))
        if interaction
        else None
    )
    request.why_no_text = desk.why_no_text
    context: dict[str, object] = {"desk": desk, "work": work, "shown": shown}
    if request.htmx:
        return render(request, main, context)
    context["main"] = main
    context["initials"] = initials(request.agent.name)
    context["segments"] = segments.TABLE
    context["currency"] = settings.CURRENCY
    context["csrf_cookie"] = settings.CSRF_COOKIE_NAME
    return render(request, "console/desk.html", context)
