"""The command bar: one request a pause in typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from smsdesk.console.access import DeskRequest, agent_required
from smsdesk.console.finds import find_all
from smsdesk.console.forms import SearchForm

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_safe
@agent_required
def find(request: DeskRequest) -> HttpResponse:
    """Customers and cases that match, and those of the agent's own conversations that do."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["words"] if form.is_valid() else ""
    found = find_all(text, agent_id=request.agent.pk)
    return render(request, "console/finds.html", {"found": found})
