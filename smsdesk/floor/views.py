"""The floor's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from routing.selectors.floor import read_floor
from smsdesk.floor.board import board_of, frame_of, wanted_by
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    View = Callable[..., HttpResponse]


def supervised(view: View, *, permission: str = "routing.supervise") -> View:
    """A page of the admin for those with the permission; whoever else is in there is told so."""
    allowed: Any = permission_required(permission, raise_exception=True)(view)
    guarded: View = admin.site.admin_view(allowed)
    return guarded


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in the admin's frame."""
    return render(request, template, admin.site.each_context(request) | context, status=status)


@require_safe
def show_floor(request: HttpRequest) -> HttpResponse:
    """The whole page; its board is kept fresh over the socket."""
    wanted = wanted_by(request.GET.dict())
    floor = read_floor(now())
    teams = sorted({(one.team, one.team_id) for one in floor.agents if one.team_id is not None})
    return page(
        request,
        "floor/floor.html",
        {
            "title": "Live floor",
            "base": "floor/wall.html" if wanted.wall else "admin/base_site.html",
            "wanted": wanted,
            "queues": floor.queues,
            "teams": teams,
            "now": floor.now,
            "board": board_of(floor, wanted),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
def show_frame(request: HttpRequest) -> HttpResponse:
    """What the socket would push, for browsers whose socket does not come up."""
    frame = frame_of(read_floor(now()), wanted_by(request.GET.dict()))
    return HttpResponse(frame, content_type="application/json")
