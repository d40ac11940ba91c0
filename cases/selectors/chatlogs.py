"""The chat logs that conversations left (H6, H7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.models import ChatLog

if TYPE_CHECKING:
    from routing.models import Interaction


def chat_log_of(interaction: Interaction) -> ChatLog | None:
    """The log of an ended conversation, with its case."""
    return ChatLog.objects.filter(interaction=interaction).select_related("case").first()
