"""What an agent has typed and not sent yet, kept for every device (N6)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from routing.enums import EventKind, InteractionState
from routing.models import Event, Interaction, Message

if TYPE_CHECKING:
    import uuid

LETTING_GO = (
    EventKind.PARKED,
    EventKind.TRANSFERRED,
    EventKind.REQUEUED,
    EventKind.TAKEN_OVER,
)
# A text has 1500 characters; a draft may be too long for now, within reason.
LONGEST_DRAFT = 6000


def digest(draft: str) -> str:
    """A few letters that tell one draft from another, so that a frame need not carry it whole."""
    return f"{zlib.crc32(draft.encode()):x}" if draft else ""


def joined(theirs: str, mine: str) -> str:
    """Both of two texts that were typed over the same draft; one, where the other is part of it."""
    if theirs in mine:
        return mine
    return theirs if mine in theirs else f"{theirs}\n{mine}"


def left_of(draft: str, sent: str) -> str:
    """What is left of a draft whose beginning was sent: what was typed on in another window."""
    return draft[len(sent) :].lstrip() if draft.startswith(sent) else ""


def draft_for(interaction: Interaction, agent_id: int) -> str:
    """The draft that who takes a conversation finds: their own, from before they let it go."""
    if not interaction.draft:
        return ""
    let_go = Event.objects.filter(interaction=interaction, kind__in=LETTING_GO)
    by = let_go.order_by("-pk").values_list("agent_id", flat=True).first()
    return interaction.draft if by == agent_id else ""


@transaction.atomic
def keep_draft(
    *, interaction_id: int, agent_id: int, text: str, client_id: uuid.UUID, drafted: str
) -> str | None:
    """Keep what is being typed, as the text ``client_id`` will be. None where it is too late.

    It is too late when that text was sent already, however late its last draft arrives, or when
    the conversation is not an active one of this agent any more. Returns the draft as it is now:
    where ``drafted``, the digest of the draft it was typed over, is not that of the one that is
    kept, another device of the agent's typed meanwhile, and both are kept.
    """
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(pk=interaction_id, agent_id=agent_id, state=InteractionState.ACTIVE)
        .first()
    )
    if interaction is None or Message.objects.filter(client_id=client_id).exists():
        return None
    text = text.replace("\x00", "")
    if drafted != digest(interaction.draft):
        text = joined(interaction.draft, text)
    if text != interaction.draft:
        Interaction.objects.filter(pk=interaction.pk).update(draft=text)
        touch_desk(agent_id)
    return text
