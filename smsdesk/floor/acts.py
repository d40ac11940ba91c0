"""What a supervisor does from the floor: every act is one form, and answers in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Agent
from agents.selectors.agents import status_menu
from agents.services.status import NoSuchStatus
from agents.services.supervision import LimitRefused, name_of, set_agent_limit, set_agent_status
from cases.selectors.dispositions import dispositions_of
from routing.models import Interaction, Queue
from routing.services import supervision
from routing.services.disconnect import affected, force_disconnect
from routing.services.supervision import ActRefused, Why
from smsdesk.console.threads import newest_lines
from smsdesk.console.words import count
from smsdesk.floor.board import wanted_by
from smsdesk.floor.views import page
from smsdesk.lib import phone
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.http import HttpRequest

# What is typed before everything that agents have is ended.
WORD = "DISCONNECT"


@require_safe
def show_conversation(request: HttpRequest, interaction_id: int) -> HttpResponse:
    """Follow a conversation; that it was opened is written down."""
    interaction = _interaction(interaction_id)
    supervision.note_monitoring(interaction_id=interaction.pk, actor=actor_of(request), now=now())
    return page(
        request,
        "floor/conversation.html",
        {
            "title": f"Conversation with {phone.display(interaction.customer_address)}",
            "base": "admin/base_site.html",
            "interaction": interaction,
            "now": now(),
            "thread": _thread(interaction),
            "queues": Queue.objects.order_by("name"),
            "agents": Agent.objects.filter(user__is_active=True).order_by("name"),
            "longest": supervision.LONGEST_WHISPER,
            "over": interaction.state in supervision.OVER,
            "dispositions": dispositions_of(interaction.queue_id),
            "can_take_over": Agent.objects.filter(user=actor_of(request)).exists(),
        },
    )


@require_safe
def show_thread(request: HttpRequest, interaction_id: int) -> HttpResponse:  # noqa: ARG001
    """The conversation as it stands now, for a page that follows it."""
    html = _thread(_interaction(interaction_id))
    return JsonResponse({"type": "floor", "now": now().isoformat(), "html": html})


def _thread(interaction: Interaction) -> str:
    lines = newest_lines(interaction, may_retry=False)
    return render_to_string("floor/thread.html", {"interaction": interaction, "page": lines})


def _end(request: HttpRequest, pk: int) -> str:
    who: Any = {"actor": actor_of(request), "now": now()}
    if "reason" not in request.POST:
        supervision.end_conversation(interaction_id=pk, **who)
        return "Ended. Its agent wraps it up."
    supervision.end_unanswered(interaction_id=pk, why=why_of(request), **who)
    return "Ended. It is closed, and its transcript stands on the case."


def why_of(request: HttpRequest) -> Why:
    """Why something that nobody answered is ended."""
    return Why(*(request.POST.get(name, "").strip() for name in ("disposition", "reason")))


def _move(request: HttpRequest, pk: int) -> str:
    queue_id = chosen(request, "queue", "Choose a queue first.")
    supervision.move_to_queue(
        interaction_id=pk, queue_id=queue_id, actor=actor_of(request), now=now()
    )
    return "Moved. It waits there for anybody who can take it."


def _give(request: HttpRequest, pk: int) -> str:
    agent_id = chosen(request, "agent", "Choose an agent first.")
    supervision.move_to_agent(
        interaction_id=pk, to_agent_id=agent_id, actor=actor_of(request), now=now()
    )
    return "It is offered to that agent now, and to nobody else."


def _whisper(request: HttpRequest, pk: int) -> str:
    words = request.POST.get("words", "")
    supervision.whisper(interaction_id=pk, words=words, actor=actor_of(request), now=now())
    return "Whispered. The agent reads it above the composer; the customer never does."


ACTS: dict[str, Callable[[HttpRequest, int], str]] = {
    "end": _end,
    "move": _move,
    "give": _give,
    "whisper": _whisper,
}


@require_POST
def act(request: HttpRequest, interaction_id: int, name: str) -> HttpResponse:
    """Do one of these to a conversation, and say what came of it."""
    if name not in ACTS:
        raise Http404
    interaction = _interaction(interaction_id)
    try:
        messages.success(request, ACTS[name](request, interaction.pk))
    except ActRefused as refused:
        messages.error(request, str(refused))
    return redirect("floor-conversation", interaction.pk)


@require_POST
def take_over(request: HttpRequest, interaction_id: int) -> HttpResponse:
    """Put a conversation on the supervisor's own desk, and go there."""
    interaction = _interaction(interaction_id)
    try:
        supervision.take_over(interaction_id=interaction.pk, actor=actor_of(request), now=now())
    except ActRefused as refused:
        messages.error(request, str(refused))
        return redirect("floor-conversation", interaction.pk)
    return redirect("desk-conversation", interaction.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def agent(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Set an agent's status or limit."""
    found = get_object_or_404(
        Agent.objects.select_related("status", "team").with_limit(), pk=agent_id
    )
    if request.method == "POST":
        try:
            messages.success(request, _set(request, found))
        except (NoSuchStatus, LimitRefused) as refused:
            messages.error(request, str(refused))
        return redirect("floor-agent", agent_id)
    context = {"title": found.name, "agent": found, "statuses": status_menu()}
    return page(request, "floor/agent.html", context)


def _set(request: HttpRequest, found: Agent) -> str:
    if "status" in request.POST:
        code = request.POST["status"]
        set_agent_status(agent_id=found.pk, code=code, actor=actor_of(request), now=now())
        return f"{found.name} is {code} now, and reads that you set it."
    limit = request.POST.get("limit", "").strip()
    if limit and not (limit.isascii() and limit.isdigit()):
        raise LimitRefused("Write the limit as a whole number, or leave it empty.")
    set_agent_limit(agent_id=found.pk, limit=int(limit[:4]) if limit else None)
    return f"The limit of {found.name} is {limit or 'the team’s'} now."


@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest) -> HttpResponse:
    """Warn of a forced disconnect with the number it would end; do it when the word is typed."""
    queue_id = wanted_by(request.GET.dict()).queue_id
    queue = get_object_or_404(Queue, pk=queue_id) if queue_id is not None else None
    refused = ""
    if request.method == "POST":
        if request.POST.get("word", "").strip().upper() == WORD:
            actor = actor_of(request)
            ended = force_disconnect(queue_id=queue_id, actor=actor, by=name_of(actor), now=now())
            words = count(ended, "conversation is", "conversations are")
            messages.success(request, f"{words} being ended, each with its transcript saved.")
            return redirect(reverse("floor"))
        refused = f"Nothing was ended. Type {WORD} to do it."
    context = {
        "title": "Forced disconnect",
        "queue": queue,
        "count": affected(queue_id).count(),
        "word": WORD,
        "refused": refused,
    }
    return page(request, "floor/disconnect.html", context, status=422 if refused else 200)


def _interaction(interaction_id: int) -> Interaction:
    found: Interaction = get_object_or_404(
        Interaction.objects.select_related("queue", "channel", "agent"), pk=interaction_id
    )
    return found


def actor_of(request: HttpRequest) -> User:
    """The supervisor."""
    return cast("User", request.user)


def chosen(request: HttpRequest, name: str, otherwise: str) -> int:
    """The id that was chosen in a form. Raises ActRefused with these words where none was."""
    chosen: Any = wanted_by({"queue": request.POST.get(name, "")}).queue_id
    if chosen is None:
        raise ActRefused(otherwise)
    return int(chosen)
