"""A thread as the desk shows it: bubbles, their ages and the delivery ladder (F9, F10, N2)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.enums import Author, MessageState
from routing.selectors.threads import past_of, thread_of
from smsdesk.console.composer import next_text_id
from smsdesk.console.links import linked
from smsdesk.console.words import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.utils.safestring import SafeString

    from routing.models import Interaction, Message

LADDER = {
    MessageState.QUEUED: "queued",
    MessageState.SENDING: "sending",
    MessageState.SENT: "sent",
    MessageState.DELIVERED: "delivered",
    MessageState.FAILED: "failed",
    MessageState.UNKNOWN: "may have been sent",
}


@dataclass(frozen=True)
class Bubble:
    """One message. ``step`` is its place on the ladder, empty for a customer's."""

    id: int
    author: str
    who: str
    text: SafeString
    age: str
    at: datetime
    step: str
    words: str
    failure: str
    parts: int
    may_retry: bool
    retried: bool
    # The same for every tab and every click, so that a retry, too, is sent once.
    retry_id: uuid.UUID


@dataclass(frozen=True)
class PastConversation:
    """An earlier conversation of the number, folded."""

    interaction: Interaction
    bubbles: list[Bubble]


@dataclass(frozen=True)
class Thread:
    """A conversation, and the ten last ones with the number before it (F9, H13)."""

    interaction: Interaction
    past: list[PastConversation]
    more: bool
    bubbles: list[Bubble]
    # Under which id the agent's next text goes out (N5).
    next_id: uuid.UUID

    @property
    def last(self) -> int:
        """The newest message shown: what a Send's author has seen."""
        return max((bubble.id for bubble in self.bubbles), default=0)


def thread(interaction: Interaction, *, may_retry: bool) -> Thread:
    """The thread of a conversation; ``may_retry`` offers to send failed texts again."""
    past, more = past_conversations(interaction)
    return Thread(
        interaction=interaction,
        past=past,
        more=more,
        bubbles=_bubbles(interaction, thread_of(interaction.pk), may_retry=may_retry),
        next_id=next_text_id(interaction.pk),
    )


def past_conversations(
    interaction: Interaction, *, before: int | None = None
) -> tuple[list[PastConversation], bool]:
    """Ten earlier conversations of the number, folded, and whether there are still more."""
    found, more = past_of(interaction, before=before)
    return [
        PastConversation(past, _bubbles(past, past.messages.all(), may_retry=False))
        for past in found
    ], more


def _bubbles(
    interaction: Interaction, messages: Iterable[Message], *, may_retry: bool
) -> list[Bubble]:
    messages = list(messages)
    retried = {message.retry_of_id for message in messages}
    return [
        _bubble(interaction, message, may_retry=may_retry, retried=message.pk in retried)
        for message in messages
    ]


def _bubble(
    interaction: Interaction, message: Message, *, may_retry: bool, retried: bool
) -> Bubble:
    state = MessageState(message.state)
    stuck = state in {MessageState.FAILED, MessageState.UNKNOWN}
    return Bubble(
        id=message.pk,
        author=message.author,
        who=_who(message),
        text=linked(message.body),
        age=clock(message.created_at - interaction.initiated_at),
        at=message.created_at,
        step="" if message.author == Author.CUSTOMER else state.lower(),
        words=LADDER.get(state, ""),
        failure=message.failure if stuck else "",
        parts=message.parts,
        may_retry=may_retry and stuck and not retried and message.author == Author.AGENT,
        retried=retried,
        retry_id=uuid.uuid5(message.client_id, "retry"),
    )


def _who(message: Message) -> str:
    if message.author == Author.CUSTOMER:
        return "Customer"
    if message.author == Author.AUTOMATIC:
        return "Automatic reply"
    return message.agent.name if message.agent else "Agent"
