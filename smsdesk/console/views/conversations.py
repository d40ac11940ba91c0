"""The open conversation: reading, sending, ending and wrapping up (F2, F11, H1–H5)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import push_url, trigger_client_event

from cases.selectors.customers import first_name, names_by_address
from routing.enums import Author, InteractionState
from routing.selectors.access import message_for_agent
from routing.selectors.threads import past_of
from routing.services.interactions import (
    AlreadyEnded,
    DispositionRequired,
    NotYours,
    end_interaction,
    keep_wrap_up_draft,
    wrap_up,
)
from routing.services.outbound import HeldBack, TextRefused, retry_message, send_text, take_back
from routing.services.sla import note_opened
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import AT_COMPOSER, refusal, unusable
from smsdesk.console.composer import wrap_up_digest
from smsdesk.console.forms import ClientIdForm, EarlierForm, LineForm, SendForm, WrapUpForm
from smsdesk.console.panes import may_retry, work_pane
from smsdesk.console.threads import NoSuchLine, newest_lines, older_lines, past_lines
from smsdesk.console.views.desk import page
from smsdesk.console.words import name_of
from smsdesk.lib.clock import now
from smsdesk.lib.states import StaleState

if TYPE_CHECKING:
    from routing.models import Interaction


@require_safe
@agent_required
def show_conversation(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The desk with this conversation open."""
    return page(request, own_interaction(request, interaction_id))


@require_safe
@agent_required
def show_thread(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The newest lines alone, for a desk that heard of a newer revision: those from ``line`` on."""
    interaction = own_interaction(request, interaction_id)
    return answer_thread(request, interaction, since=_line(request))


@require_safe
@agent_required
def show_older(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The page of the conversation before a line (F9)."""
    interaction = own_interaction(request, interaction_id)
    line = _line(request)
    if not line:
        raise Http404("Say before which line.")
    try:
        page = older_lines(interaction, before=line, may_retry=may_retry(interaction))
    except NoSuchLine as missing:
        raise Http404(str(missing)) from None
    return render(request, "console/older.html", {"page": page})


@require_safe
@agent_required
def show_past(request: DeskRequest, interaction_id: int, past_id: int) -> HttpResponse:
    """A page of another conversation of the number: the first, or the one after a line."""
    interaction = own_interaction(request, interaction_id)
    try:
        page = past_lines(interaction, past_id, after=_line(request))
    except NoSuchLine as missing:
        raise Http404(str(missing)) from None
    return render(request, "console/past_lines.html", {"interaction": interaction, "page": page})


@require_safe
@agent_required
def show_earlier(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Ten more past conversations of the number, before the one named (F9)."""
    interaction = own_interaction(request, interaction_id)
    form = EarlierForm(request.GET)
    if not form.is_valid():
        raise Http404("Say before which conversation.")
    past, more = past_of(interaction, before=form.cleaned_data["before"])
    return render(
        request,
        "console/past.html",
        {"interaction": interaction, "past_conversations": past, "more": more},
    )


@require_POST
@agent_required
def note_seen(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The agent has the conversation on the screen: it need not call any more (F6)."""
    interaction = own_interaction(request, interaction_id)
    note_opened(interaction_id=interaction.pk, agent_id=request.agent.pk, now=now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_POST
@agent_required
def send(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Send one text. The same ``client_id`` again changes nothing and answers the same."""
    interaction = own_interaction(request, interaction_id)
    form = SendForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_COMPOSER)
    try:
        send_text(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            body=form.cleaned_data["body"],
            client_id=form.cleaned_data["client_id"],
            seen=form.cleaned_data["seen"],
            drafted=form.cleaned_data["drafted"],
            now=now(),
        )
    except HeldBack as held:
        return _held(request, own_interaction(request, interaction_id), held)
    except TextRefused as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return answer_thread(request, own_interaction(request, interaction_id))


@require_POST
@agent_required
def retry(request: DeskRequest, message_id: int) -> HttpResponse:
    """Send a text again that failed, or of which nobody knows."""
    message = message_for_agent(message_id=message_id, agent_id=request.agent.pk)
    if message is None:
        raise Http404("You have no such message.")
    form = ClientIdForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_COMPOSER)
    try:
        retry_message(
            message_id=message.pk,
            agent_id=request.agent.pk,
            client_id=form.cleaned_data["client_id"],
            now=now(),
        )
    except TextRefused as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return answer_thread(request, own_interaction(request, message.interaction_id))


@require_POST
@agent_required
def take_back_text(request: DeskRequest, message_id: int) -> HttpResponse:
    """Withdraw a text that quiet hours put off."""
    message = message_for_agent(message_id=message_id, agent_id=request.agent.pk)
    if message is None:
        raise Http404("You have no such message.")
    try:
        take_back(message_id=message.pk, agent_id=request.agent.pk)
    except TextRefused as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return answer_thread(request, own_interaction(request, message.interaction_id))


@require_POST
@agent_required
def end(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """End the conversation; wrap-up begins. One that has ended before is shown as it is."""
    interaction = own_interaction(request, interaction_id)
    try:
        end_interaction(interaction_id=interaction.pk, agent_id=request.agent.pk, now=now())
    except AlreadyEnded:
        pass
    except NotYours as foreign:
        return refusal(request, str(foreign))
    return page(request, own_interaction(request, interaction_id))


@require_POST
@agent_required
def finish(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Wrap up, and go on to the desk, or to the chat log where it pops (H6)."""
    interaction = own_interaction(request, interaction_id)
    form = WrapUpForm(request.POST, queue_id=interaction.queue_id)
    if not form.is_valid():
        return unusable(request, form, at=AT_COMPOSER)
    try:
        wrap_up(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            disposition=form.cleaned_data["disposition"],
            note=form.cleaned_data["note"],
            now=now(),
        )
    except DispositionRequired as required:
        return refusal(
            request, str(required), status=HTTPStatus.UNPROCESSABLE_ENTITY, at=AT_COMPOSER
        )
    except AlreadyEnded:
        return page(request, own_interaction(request, interaction_id))
    except (NotYours, StaleState) as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    if interaction.queue.chat_log_pops:
        return page(request, own_interaction(request, interaction_id))
    return push_url(page(request, None), reverse("desk"))


@require_http_methods(["GET", "POST"])
@agent_required
def keep_draft(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """What is filled in during wrap-up, for the agent's other devices; a POST keeps it (H5).

    Only what is posted is changed. What was on its way at zero is answered with how it closed.
    """
    interaction = own_interaction(request, interaction_id)
    if request.method == "POST":
        form = WrapUpForm(request.POST, queue_id=interaction.queue_id)
        if not form.is_valid():
            return unusable(request, form, at=AT_COMPOSER)
        typed = {name: form.cleaned_data[name] for name in form.fields if name in request.POST}
        try:
            keep_wrap_up_draft(interaction_id=interaction.pk, agent_id=request.agent.pk, **typed)
        except (AlreadyEnded, NotYours, StaleState) as refused:
            return refusal(request, str(refused))
        interaction = own_interaction(request, interaction_id)
        if interaction.state == InteractionState.CLOSED:
            return render(request, "console/foot.html", {"work": work_pane(interaction)})
        # Nothing is drawn anew under the hands of who types.
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return JsonResponse(
        {
            "disposition": interaction.disposition,
            "note": interaction.note,
            "kept": wrap_up_digest(interaction),
        }
    )


def answer_thread(
    request: DeskRequest, interaction: Interaction, *, since: str = ""
) -> HttpResponse:
    """The newest lines of a conversation, to be put in the place of those that are shown."""
    try:
        page = newest_lines(interaction, may_retry=may_retry(interaction), since=since)
    except NoSuchLine as missing:
        raise Http404(str(missing)) from None
    return render(request, "console/newest.html", {"page": page})


def _line(request: DeskRequest) -> str:
    form = LineForm(request.GET)
    if not form.is_valid():
        raise Http404("Say which line.")
    line: str = form.cleaned_data["line"]
    return line


def _held(request: DeskRequest, interaction: Interaction, held: HeldBack) -> HttpResponse:
    """The thread with what its author has not seen; the composer keeps the text and says why."""
    response = answer_thread(request, interaction)
    response.status_code = HTTPStatus.CONFLICT
    newer = held.newer
    if newer.author == Author.CUSTOMER:
        name = name_of(interaction, names_by_address({interaction.customer_address}))
        sentence = f"{first_name(name)} wrote while you were typing."
    elif newer.agent_id == request.agent.pk:
        sentence = "You sent another text from another window."
    elif newer.agent is not None:
        sentence = f"{newer.agent.name} wrote while you were typing."
    else:
        sentence = "An automatic text went out while you were typing."
    sentence += " Read it, then press Send again."
    return trigger_client_event(response, "desk:held", {"sentence": sentence})
