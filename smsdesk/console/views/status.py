"""The agent's status, "Stop new" and alerts (E1, D10, N12); the next frame shows them."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from agents.enums import StatusReason
from agents.services.alerts import set_alerts
from agents.services.status import NoSuchStatus, set_status, set_stop_new
from smsdesk.console.access import DeskRequest, agent_required
from smsdesk.console.answers import refusal, unusable
from smsdesk.console.forms import AlertsForm, StatusForm
from smsdesk.lib.clock import now


@require_POST
@agent_required
def change_status(request: DeskRequest) -> HttpResponse:
    """Give the agent the status of the menu that was chosen."""
    form = StatusForm(request.POST)
    if not form.is_valid():
        return unusable(request, form)
    try:
        set_status(
            agent_id=request.agent.pk,
            code=form.cleaned_data["status"],
            reason=StatusReason.CHOSEN,
            now=now(),
        )
    except NoSuchStatus as missing:
        return refusal(request, str(missing), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_POST
@agent_required
def switch_stop_new(request: DeskRequest) -> HttpResponse:
    """Turn "Stop new" to what was asked for, not to the opposite: two clicks do no harm."""
    set_stop_new(agent_id=request.agent.pk, stop=request.POST.get("stop") == "on")
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_POST
@agent_required
def choose_alerts(request: DeskRequest) -> HttpResponse:
    """Keep how an offer calls this agent. What is not ticked is not posted, as browsers do."""
    form = AlertsForm(request.POST)
    if not form.is_valid():
        return unusable(request, form)
    set_alerts(agent_id=request.agent.pk, **form.cleaned_data)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
