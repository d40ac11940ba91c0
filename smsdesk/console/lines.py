"""The lines of a thread as the desk shows them: texts, notes, and what befell (F10, N2, N4)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.html import format_html

from routing.enums import Author, EventKind, MessageState
from routing.selectors.quiet import their_time
from smsdesk.console.words import clock

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from cases.models import Note
    from routing.models import Event, Interaction
    from routing.selectors.threads import MessageRow

LADDER = {
    MessageState.QUEUED: "queued",
    MessageState.SENDING: "sending",
    MessageState.SENT: "sent",
    MessageState.DELIVERED: "delivered",
    MessageState.FAILED: "failed",
    MessageState.UNKNOWN: "may have been sent",
}

BEFELL = {
    EventKind.STARTED: "{who} began this conversation",
    EventKind.TRANSFERRED: "{who} transferred this conversation to {to}",
    EventKind.REQUEUED: "{who} gave this conversation back to the queue {to}",
    EventKind.TAKEN_OVER: "{who} took this conversation over",
    EventKind.PARKED: "{who} parked this conversation",
    EventKind.RESUMED: "{who} resumed this conversation",
    EventKind.ANNOUNCED: "Sent by the campaign {campaign}",
    EventKind.KEPT_QUIET: "No automatic reply was sent",
}
RESUMED_BY = {
    "text": "The customer’s text resumed this conversation",
    "time": "The time came that this conversation was parked until",
}


@dataclass(frozen=True)
class Line:
    """What every line has: its id in the page, when it was, how old the conversation was."""

    id: str
    at: datetime
    age: str
    # The number in whose country the numbers in it are written.
    near: str


@dataclass(frozen=True)
class Bubble(Line):
    """One message. ``step`` is its place on the ladder, empty for a customer's."""

    pk: int
    author: str
    who: str
    # Whether it is neither the customer's nor the agent's whose conversation it is.
    is_named: bool
    text: str
    step: str
    words: str
    failure: str
    may_retry: bool
    retried: bool
    # The same for every tab and every click, so that a retry, too, is sent once.
    retry_id: uuid.UUID
    # When quiet hours let it go, as its reader says it; empty where nothing puts it off (N17).
    put_off: str
    # Whether a person is to say if it asks for no more texts (N1), and whether the reader is one.
    may_ask_to_stop: bool
    may_decide: bool
    template = "console/bubble.html"


@dataclass(frozen=True)
class NoteLine(Line):
    """An internal note, which no customer sees."""

    who: str
    note: Note
    template = "console/note.html"


@dataclass(frozen=True)
class EventLine(Line):
    """What befell the conversation: who did it, and what they wrote for the next agent."""

    words: SafeString
    note: str
    until: datetime | None
    template = "console/event.html"


def bubble(interaction: Interaction, message: MessageRow, *, may_retry: bool) -> Bubble:
    """A message's bubble; ``may_retry`` offers to send a failed one again."""
    state = MessageState(message.state)
    stuck = state in {MessageState.FAILED, MessageState.UNKNOWN}
    return Bubble(
        id=f"message-{message.pk}",
        at=message.created_at,
        age=clock(message.created_at - interaction.initiated_at),
        near=interaction.channel.number,
        pk=message.pk,
        author=message.author,
        who="Campaign" if interaction.is_announcement else _who(message),
        is_named=message.author == Author.AUTOMATIC
        or (message.author == Author.AGENT and message.agent_id != interaction.agent_id),
        text=message.body,
        step="" if message.author == Author.CUSTOMER else state.lower(),
        words=LADDER.get(state, ""),
        failure=message.failure if stuck else "",
        may_retry=may_retry and stuck and not message.retried and message.author == Author.AGENT,
        retried=message.retried,
        retry_id=uuid.uuid5(message.client_id, "retry"),
        put_off=_put_off(interaction, message),
        may_ask_to_stop=message.may_ask_to_stop,
        may_decide=may_retry,
    )


def note_line(note: Note, began: datetime, near: str) -> NoteLine:
    """A note, with its age since what it belongs to ``began``."""
    return NoteLine(
        id=f"note-{note.pk}",
        at=note.created_at,
        age=clock(note.created_at - began),
        near=near,
        who=note.agent.name,
        note=note,
    )


def event_line(interaction: Interaction, event: Event) -> EventLine:
    """What befell a conversation, in words."""
    return EventLine(
        id=f"event-{event.pk}",
        at=event.at,
        age=clock(event.at - interaction.initiated_at),
        near=interaction.channel.number,
        words=_befell(event),
        note=str(event.detail.get("note", "")),
        until=_moment(event.detail.get("until")),
    )


def _who(message: MessageRow) -> str:
    if message.author == Author.CUSTOMER:
        return "Customer"
    if message.author == Author.AUTOMATIC:
        return "Automatic reply"
    return message.agent.name if message.agent else "Agent"


def _put_off(interaction: Interaction, message: MessageRow) -> str:
    if message.state != MessageState.QUEUED or message.attempts:
        return ""
    waits = message.due_at is not None and message.due_at > message.created_at
    return their_time(interaction.channel) if waits else ""


def _befell(event: Event) -> SafeString:
    words = BEFELL[EventKind(event.kind)]
    if event.kind == EventKind.RESUMED:
        words = RESUMED_BY.get(str(event.detail.get("by")), words)
    return format_html(
        words,
        who=format_html("<bdi>{}</bdi>", _doer(event)),
        to=format_html("<bdi>{}</bdi>", event.detail.get("to", "")),
        campaign=format_html("<bdi>{}</bdi>", event.detail.get("campaign", "")),
    )


def _doer(event: Event) -> str:
    supervisor: str = event.detail.get("supervisor", "")
    return supervisor or (event.agent.name if event.agent else "Somebody")


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
