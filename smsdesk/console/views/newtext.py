"""Texting first: the dialog, what is known of the number, and Send (I1, I2, I4, G12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, trigger_client_event

from routing.selectors.initiation import channels_to_text_over
from routing.selectors.quiet import their_time
from routing.services.initiate import start_conversation
from routing.services.outbound import TextRefused
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import refusal, unusable
from smsdesk.console.forms import NewTextForm, NumberForm, TextToForm
from smsdesk.console.newtext import new_text, number_hint
from smsdesk.console.views.desk import page
from smsdesk.lib import phone
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpResponse

AT_DIALOG = "#new-text-alert"


@require_safe
@agent_required
def show_new_text(request: DeskRequest) -> HttpResponse:
    """The dialog's content, with the number filled in where a text button was pressed."""
    form = TextToForm(request.GET)
    number = form.cleaned_data["number"] if form.is_valid() else ""
    return render(request, "console/new_text.html", {"new": new_text(request.agent, number)})


@require_safe
@agent_required
def check_number(request: DeskRequest) -> HttpResponse:
    """What is known of the number that is being typed."""
    form = NumberForm(request.GET)
    form.is_valid()
    channel_id = form.cleaned_data.get("channel", 0)
    channel = channels_to_text_over(request.agent.pk).filter(pk=channel_id).first()
    if channel is None:
        raise Http404("You have no such number to text from.")
    hint = number_hint(request.agent, channel, form.cleaned_data.get("number", ""))
    return render(request, "console/number_hint.html", {"hint": hint})


@require_POST
@agent_required
def send_first(request: DeskRequest) -> HttpResponse:
    """Send the text, and open its conversation. The same ``client_id`` again sends nothing."""
    form = NewTextForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_DIALOG)
    try:
        message = start_conversation(
            channel_id=form.cleaned_data["channel"],
            agent_id=request.agent.pk,
            number=form.cleaned_data["number"],
            body=form.cleaned_data["body"],
            client_id=form.cleaned_data["client_id"],
            now=now(),
        )
    except TextRefused as refused:
        return refusal(request, str(refused), at=AT_DIALOG)
    interaction = own_interaction(request, message.interaction_id)
    response = page(request, interaction)
    push_url(response, reverse("desk-conversation", args=[interaction.pk]))
    to = phone.display(interaction.customer_address)
    words = f"Text sent to {to}."
    if message.due_at and message.due_at > message.created_at:
        words = f"The text to {to} will be sent at {their_time(interaction.channel)}."
    return trigger_client_event(response, "text-sent", {"words": words})
