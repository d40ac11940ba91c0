"""Around the composer: drafts, consent, canned replies and the knowledge base (I3, N1, N4, N6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.selectors.articles import published_article, search_articles
from cases.selectors.canned import canned_replies, filled
from routing.selectors.access import message_for_agent
from routing.selectors.initiation import channels_to_text_over
from routing.selectors.threads import replies_since
from routing.services.consent import NotNoted, note_no_opt_out, note_opt_out
from routing.services.drafts import digest, keep_draft
from smsdesk.console.access import DeskRequest, agent_required, own_interaction
from smsdesk.console.answers import AT_COMPOSER, refusal, unusable
from smsdesk.console.composer import composer_of, next_text_id
from smsdesk.console.forms import ClientIdForm, DraftForm, OptOutForm, RepliesForm, SearchForm
from smsdesk.console.replies import values_for_conversation, values_for_new_text
from smsdesk.console.views.conversations import answer_thread
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from django.http import HttpResponse

    from cases.models import CannedReply
    from routing.models import Interaction


@require_safe
@agent_required
def show_composer(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The composer alone, for a desk that heard that it is locked now, or open again."""
    interaction = own_interaction(request, interaction_id)
    return _composer(request, interaction.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def draft(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Keep what is typed; or tell another window of the agent's what was typed, and what sent."""
    interaction = own_interaction(request, interaction_id)
    if request.method != "POST":
        return JsonResponse(_draft_and_sent(request, interaction))
    form = DraftForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_COMPOSER)
    kept = keep_draft(interaction_id=interaction.pk, agent_id=request.agent.pk, **form.cleaned_data)
    if kept is None:
        return JsonResponse({"kept": False})
    return JsonResponse({"kept": True, "text": kept, "drafted": digest(kept)})


@require_POST
@agent_required
def opt_out(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """Note that the customer asked the agent for no more texts; the composer is locked."""
    interaction = own_interaction(request, interaction_id)
    form = OptOutForm(request.POST)
    if not form.is_valid():
        return unusable(request, form, at=AT_COMPOSER)
    try:
        note_opt_out(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            note=form.cleaned_data["opt_out_note"],
            now=now(),
        )
    except NotNoted as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return _composer(request, interaction.pk)


@require_POST
@agent_required
def opt_out_by(request: DeskRequest, message_id: int) -> HttpResponse:
    """Note that the customer asked for no more texts, as a flagged text says."""
    interaction = _of_flagged(request, message_id)
    try:
        note_opt_out(
            interaction_id=interaction.pk,
            agent_id=request.agent.pk,
            message_id=message_id,
            now=now(),
        )
    except NotNoted as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return answer_thread(request, interaction)


@require_POST
@agent_required
def no_opt_out(request: DeskRequest, message_id: int) -> HttpResponse:
    """Note that a flagged text does not ask for no more texts."""
    interaction = _of_flagged(request, message_id)
    try:
        note_no_opt_out(message_id=message_id, agent_id=request.agent.pk)
    except NotNoted as refused:
        return refusal(request, str(refused), at=AT_COMPOSER)
    return answer_thread(request, own_interaction(request, interaction.pk))


def _of_flagged(request: DeskRequest, message_id: int) -> Interaction:
    message = message_for_agent(message_id=message_id, agent_id=request.agent.pk)
    if message is None:
        raise Http404("You have no such message.")
    return own_interaction(request, message.interaction_id)


@require_safe
@agent_required
def show_replies(request: DeskRequest, interaction_id: int) -> HttpResponse:
    """The canned replies of the conversation's queue, filled in."""
    interaction = own_interaction(request, interaction_id)
    replies = canned_replies(interaction.queue_id)
    return _replies(request, replies, values_for_conversation(interaction) if replies else {})


@require_safe
@agent_required
def show_replies_for_new_text(request: DeskRequest) -> HttpResponse:
    """The canned replies for a text that is about to begin a conversation over a channel."""
    form = RepliesForm(request.GET)
    channel = (
        channels_to_text_over(request.agent.pk).filter(pk=form.cleaned_data["channel"]).first()
        if form.is_valid()
        else None
    )
    if channel is None:
        raise Http404("You have no such channel.")
    replies = canned_replies(channel.queue_id)
    values = values_for_new_text(channel, request.agent, form.cleaned_data["number"])
    return _replies(request, replies, values)


@require_safe
@agent_required
def show_articles(request: DeskRequest) -> HttpResponse:
    """What the knowledge base has for the words typed so far."""
    form = SearchForm(request.GET)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return render(
        request, "console/articles.html", {"words": words, "articles": search_articles(words)}
    )


@require_safe
@agent_required
def show_article(request: DeskRequest, slug: str) -> HttpResponse:
    """One article, to be read before it is sent."""
    article = published_article(slug)
    if article is None:
        raise Http404("There is no such article.")
    link = f"{settings.PUBLIC_URL}{reverse('article', args=[article.slug])}"
    return render(request, "console/article.html", {"article": article, "link": link})


def _draft_and_sent(request: DeskRequest, interaction: Interaction) -> dict[str, object]:
    """The draft, the next text's id, and what was sent since the id that the window knows."""
    form = ClientIdForm(request.GET)
    known = form.cleaned_data["client_id"] if form.is_valid() else None
    return {
        "text": interaction.draft,
        "drafted": digest(interaction.draft),
        "next": str(next_text_id(interaction.pk)),
        "sent": replies_since(interaction.pk, known) if known else [],
    }


def _composer(request: DeskRequest, interaction_id: int) -> HttpResponse:
    composer = composer_of(own_interaction(request, interaction_id))
    return render(request, "console/composer.html", {"composer": composer})


def _replies(
    request: DeskRequest, replies: list[CannedReply], values: dict[str, str]
) -> HttpResponse:
    ready = [(reply, filled(reply.body, values)) for reply in replies]
    return render(request, "console/replies.html", {"replies": ready})
