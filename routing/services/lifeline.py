"""The life line: one entry for everything that happens to a conversation (N14, N15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Subquery

from routing.models import Event, Interaction

if TYPE_CHECKING:
    from datetime import datetime

    from routing.enums import EventKind, InteractionState


def record(
    interaction_id: int,
    kind: EventKind,
    *,
    at: datetime,
    state: InteractionState | str = "",
    agent_id: int | None = None,
    message_id: int | None = None,
    **detail: str | int,
) -> None:
    """Write an entry, in the transaction of what it tells. ``state`` names a move's new state."""
    Event.objects.create(
        interaction_id=interaction_id,
        kind=kind,
        state=state,
        at=at,
        queue_id=Subquery(Interaction.objects.filter(pk=interaction_id).values("queue")),
        agent_id=agent_id,
        message_id=message_id,
        detail=detail,
    )
