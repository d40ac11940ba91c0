"""What came while no desk of an agent was open, in a sentence for the first that is (J4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.selectors.strip import texts_since
from smsdesk.console.words import count

if TYPE_CHECKING:
    from datetime import datetime


def missed_words(agent_id: int, since: datetime | None) -> str:
    """``While you were away: 3 new texts in 2 conversations.``; empty where nothing came."""
    texts, conversations = texts_since(agent_id, since) if since else (0, 0)
    if not texts:
        return ""
    news = count(texts, "new text", "new texts")
    return (
        f"While you were away: {news} in {count(conversations, 'conversation', 'conversations')}."
    )
