"""What an agent has typed and not sent yet, kept for every device (N6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from routing.enums import InteractionState
from routing.models import Interaction, Message

if TYPE_CHECKING:
    import uuid

# A text has 1500 characters; a draft may be too long for now, within reason.
LONGEST_DRAFT = 6000


@transaction.atomic
def keep_draft(*, interaction_id: int, agent_id: int, text: str, client_id: uuid.UUID) -> bool:
    """Keep what is being typed, as the text ``client_id`` will be. False where it is too late.

    It is too late when that text was sent already, however late its last draft arrives, or when
    the conversation is not an active one of this agent any more.
    """
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(pk=interaction_id, agent_id=agent_id, state=InteractionState.ACTIVE)
        .first()
    )
    if interaction is None or Message.objects.filter(client_id=client_id).exists():
        return False
    text = text.replace("\x00", "")
    if text != interaction.draft:
        Interaction.objects.filter(pk=interaction.pk).update(draft=text)
        touch_desk(agent_id)
    return True
