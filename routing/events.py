"""What happens on a text's way. Published after commit; ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - part of the events' runtime shape


@dataclass(frozen=True)
class TextWaiting:
    """A conversation came to wait in a queue, anew or again."""

    queue_id: int


@dataclass(frozen=True)
class MemberJoined:
    """An agent was put into a queue or given a skill."""

    queue_id: int


@dataclass(frozen=True)
class OfferMade:
    offer_id: int
    expires_at: datetime


@dataclass(frozen=True)
class OverflowArmed:
    """A waiting conversation moves on at that time, if nobody takes it."""

    interaction_id: int
    due_at: datetime


@dataclass(frozen=True)
class WrapUpStarted:
    interaction_id: int
    due_at: datetime


@dataclass(frozen=True)
class ConversationParked:
    interaction_id: int
    parked_until: datetime


@dataclass(frozen=True)
class DisconnectForced:
    disconnect_id: int


@dataclass(frozen=True)
class TurnGiven:
    """It is this message's turn then, unless one comes that goes before it."""

    message_id: int
    turn: datetime


@dataclass(frozen=True)
class MessageQueued:
    """A message waits in the outbox."""

    message_id: int
