"""What nobody has answered yet, several at once: ended with a reason, or moved to a queue (N11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from cases.selectors.dispositions import dispositions_of
from routing.models import Interaction, Queue
from routing.selectors.floor import unanswered_talks
from routing.services import supervision
from routing.services.supervision import ActRefused
from smsdesk.console.words import count
from smsdesk.floor.acts import actor_of, chosen, why_of
from smsdesk.floor.board import wanted_by
from smsdesk.floor.views import page
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# Of every queue; no queue has this id.
NO_QUEUE = 0


@require_http_methods(["GET", "HEAD", "POST"])
def show_waiting(request: HttpRequest) -> HttpResponse:
    """Choose among what waits, is held or is offered, and do one thing to all of it."""
    queue_id = wanted_by(request.GET.dict()).queue_id
    refused = ""
    if request.method == "POST":
        try:
            _do(request)
            return redirect(request.get_full_path())
        except ActRefused as error:
            refused = str(error)
    context = {
        "title": "Waiting texts",
        "talks": unanswered_talks(now(), queue_id=queue_id),
        "now": now(),
        "queues": Queue.objects.order_by("name"),
        "queue_id": queue_id,
        "dispositions": dispositions_of(queue_id or NO_QUEUE),
        "longest": supervision.LONGEST_REASON,
        "chosen": {int(pk) for pk in _marked(request)},
        "posted": request.POST,
        "refused": refused,
    }
    return page(request, "floor/waiting.html", context, status=422 if refused else 200)


def _do(request: HttpRequest) -> None:
    act, done = ACTS["move" if request.POST.get("act") == "move" else "end"]
    marked = Interaction.objects.filter(pk__in=_marked(request)).order_by("queued_at", "pk")
    if not marked:
        raise ActRefused("Mark at least one text first. Nothing was changed.")
    act(request)  # what is missing is said before anything is done
    refused = []
    for talk in marked:
        try:
            act(request, talk.pk)
        except ActRefused as error:
            refused.append(f"{talk.call_id}: {error}")
    words = count(len(marked) - len(refused), "text is", "texts are")
    messages.success(request, f"{words} {done}.")
    for words in refused:
        messages.error(request, words)


def _marked(request: HttpRequest) -> list[str]:
    return [pk for pk in request.POST.getlist("talk") if wanted_by({"queue": pk}).queue_id]


def _end(request: HttpRequest, pk: int | None = None) -> None:
    why = why_of(request)
    if pk is None:
        supervision.check(why)
    else:
        supervision.end_unanswered(interaction_id=pk, why=why, actor=actor_of(request), now=now())


def _move(request: HttpRequest, pk: int | None = None) -> None:
    queue_id = chosen(request, "queue", "Choose a queue first. Nothing was changed.")
    if pk is not None:
        supervision.move_to_queue(
            interaction_id=pk,
            queue_id=queue_id,
            actor=actor_of(request),
            now=now(),
        )


ACTS: dict[str, tuple[Callable[..., None], str]] = {
    "end": (_end, "ended, each with its transcript kept"),
    "move": (_move, "moved"),
}
