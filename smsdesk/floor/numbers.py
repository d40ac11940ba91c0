"""How the numbers do, behind the floor (N2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_safe

from routing.selectors.health import number_health
from smsdesk.floor.views import page
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def show_numbers(request: HttpRequest) -> HttpResponse:
    """A line for each number; why its texts failed unfolds. Poor ones come first."""
    numbers = sorted(number_health(now()), key=lambda number: not number.is_poor)
    return page(request, "floor/numbers.html", {"title": "Numbers", "numbers": numbers})
