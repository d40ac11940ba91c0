"""Internal notes, and the mentions in them (N4)."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseLocation, trigger_client_event

from agents.selectors.agents import colleagues_like
from cases.selectors.notes import mention_for_agent
from cases.selectors.records import case_with_customer
from cases.services.notes import NoteRefused, add_note, see_mention
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import refusal, unusable
from smsdesk.console.forms import ColleagueForm, NoteForm
from smsdesk.console.mentions import mention_lines, page_of
from smsdesk.console.records import case_notes
from smsdesk.console.views.conversations import answer_thread
from smsdesk.lib.clock import now

AT_NOTE = "#note-alert"
COLLEAGUES_OFFERED = 6


@require_POST
@agent_required
def add(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Add a note to the conversation; nothing of it goes to the customer."""
    interaction = own_interaction(request, interaction_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_NOTE)
    try:
        added = add_note(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            body=form.cleaned_data["body"],
            now=now(),
        )
    except NoteRefused as refused:
        return refusal(request, str(refused), at=AT_NOTE)
    answer = answer_thread(request, own_interaction(request, interaction_id))
    return trigger_client_event(answer, "desk:noted", {"strangers": added.strangers})


@require_POST
@agent_required
def add_to_case(request: DeskRequest, case_id: int) -> HttpResponse:
    """Add a note to a case, whoever's customer it is (K2)."""
    case = case_with_customer(case_id)
    if case is None:
        raise Http404("There is no such case.")
    form = NoteForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_NOTE)
    try:
        added = add_note(
            case_id=case.pk,
            agent_id=request.agent.pk,
            body=form.cleaned_data["body"],
            now=now(),
        )
    except NoteRefused as refused:
        return refusal(request, str(refused), at=AT_NOTE)
    answer = render(request, "console/case_notes.html", {"case": case, "notes": case_notes(case)})
    return trigger_client_event(answer, "desk:noted", {"strangers": added.strangers})


@require_safe
@agent_required
def show_mentions(request: DeskRequest) -> HttpResponse:
    """Where the agent is named and has not looked yet."""
    return render(request, "console/mentions.html", {"mentions": mention_lines(request.agent)})


@require_POST
@agent_required
def open_mention(request: DeskRequest, mention_id: int) -> HttpResponse:
    """Mark a mention as seen, and go where it was written, as far as there is a page of it."""
    mention = mention_for_agent(mention_id=mention_id, agent_id=request.agent.pk)
    if mention is None:
        raise Http404("You have no such mention.")
    see_mention(mention_id=mention.pk, agent_id=request.agent.pk, now=now())
    url = page_of(mention, request.agent)
    if url:
        return HttpResponseLocation(url, target="#work", swap="outerHTML")
    return render(request, "console/mentions.html", {"mentions": mention_lines(request.agent)})


@require_safe
@agent_required
def show_colleagues(request: DeskRequest) -> HttpResponse:
    """Whom the letters behind an @ may mean."""
    form = ColleagueForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    found = colleagues_like(
        form.cleaned_data["words"], but=request.agent.pk, most=COLLEAGUES_OFFERED
    )
    return render(request, "console/colleagues.html", {"colleagues": found})
