"""The life line of what a carrier sent: how it came, whether it was proven, and what it became.

Told from the rows themselves, for a text, each of its pieces, and a receipt (N15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localtime

from agents.selectors.audit import entries_of
from routing.enums import EventKind, RequestSource, RequestState
from routing.models import CarrierRequest, Event, Message, TextPart
from routing.selectors.story import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is told of a conversation after a text, up to the first answer.
UNTIL_ANSWERED = {
    EventKind.HELD: "It was held for opening hours.",
    EventKind.QUEUED: "It waited for an agent.",
    EventKind.OFFERED: "It was offered to {who}.",
    EventKind.ACCEPTED: "{who} accepted it.",
    EventKind.AUTO_REPLIED: "The desk answered by itself.",
    EventKind.ANSWERED: "{who} answered.",
    EventKind.ENDED: "The conversation was ended.",
}
LAST = {EventKind.ANSWERED, EventKind.ENDED}


def life_of(request: CarrierRequest) -> list[Line]:
    """What befell a request, from its coming to the answer."""
    lines = [_came(request), *_tried(request), *_pieces(request)]
    texts = _texts(request)
    if not texts and request.state != RequestState.QUARANTINED:
        lines.append(_settled(request))
    for message in texts:
        lines += _threaded(message)
    lines += _told_of_ours(request)
    return sorted(lines, key=lambda line: line.at)


def told_of(message: Message) -> str:
    """How a customer's text came, or what its carrier said of ours; for a list of them."""
    if message.is_ours:
        return ", ".join(
            f"{each.status} {localtime(each.received_at):%H:%M:%S}"
            for each in message.receipts.all()
        )
    request = message.request
    if request is None:
        return ""
    pieces = len(_siblings(request)) if request.parts.all() else 0
    return request.get_source_display() + (f", in {pieces} pieces" if pieces else "")


def _came(request: CarrierRequest) -> Line:
    if request.source == RequestSource.FOUND:
        words = "The carrier had it, and no webhook brought it: it was found in the carrier's list."
    elif request.state == RequestState.QUARANTINED:
        words = f"It came by webhook, and is not proven to be the carrier's. {request.note}"
    else:
        words = "It came by webhook, and is proven to be the carrier's."
    return Line(request.received_at, words.rstrip())


def _tried(request: CarrierRequest) -> Iterator[Line]:
    """Who had it read once more."""
    for entry in entries_of(request).filter(act__endswith=" again"):
        did = entry.act.removesuffix(" again")
        yield Line(entry.at, f"{entry.actor_name or 'The desk'} {did} it again.")


def _siblings(request: CarrierRequest) -> list[TextPart]:
    """The pieces of the text of which this request brought one, in their order."""
    names = request.parts.values("text")
    pieces = TextPart.objects.filter(account=request.account_id, text__in=names)
    return list(pieces.select_related("request").order_by("number"))


def _pieces(request: CarrierRequest) -> Iterator[Line]:
    for piece in _siblings(request):
        which = "This request" if piece.request_id == request.pk else f"Request {piece.request_id}"
        waits = ", and waits for the others" if piece.due_at else ""
        yield Line(piece.request.received_at, f"{which} brought piece {piece.number}{waits}.")


def _texts(request: CarrierRequest) -> list[Message]:
    """What became of its texts; a text of pieces belongs to the request that came first."""
    brought = {request.pk, *(piece.request_id for piece in _siblings(request))}
    messages = Message.objects.filter(request__in=brought)
    return list(messages.select_related("interaction__channel").order_by("pk"))


def _settled(request: CarrierRequest) -> Line:
    state = request.get_state_display()
    return Line(request.received_at, f"{state[0].upper()}{state[1:]}. {request.note}".rstrip())


def _threaded(message: Message) -> Iterator[Line]:
    interaction = message.interaction
    words = f"It is in the conversation {interaction.call_id} over {interaction.channel.name}."
    yield Line(message.created_at, words)
    received = Event.objects.filter(message=message, kind=EventKind.RECEIVED).first()
    if received is None:
        return
    since = interaction.events.filter(pk__gt=received.pk, kind__in=UNTIL_ANSWERED)
    for event in since.select_related("agent").order_by("pk"):
        kind = EventKind(event.kind)
        who = event.agent.name if event.agent else "An agent"
        yield Line(event.at, UNTIL_ANSWERED[kind].format(who=who))
        if kind in LAST:
            return


def _told_of_ours(request: CarrierRequest) -> Iterator[Line]:
    for receipt in request.receipts.select_related("message__interaction").order_by("pk"):
        code = f" ({receipt.error_code})" if receipt.error_code else ""
        of = (
            f"our text in the conversation {receipt.message.interaction.call_id}"
            if receipt.message
            else "no text of ours that is known"
        )
        yield Line(receipt.received_at, f"It says “{receipt.status}”{code} of {of}.")
