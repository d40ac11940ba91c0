"""The chat log a conversation leaves on its customer's case (H6–H8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.models import Case, ChatLog
from cases.services.cases import linked_case
from routing.enums import Author
from routing.models import Interaction
from routing.selectors.threads import thread_of

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Message

# In the transcript's place, so that it is read wherever the log is (H9).
NOT_SAVED = "Transcripts are not saved in this queue. The messages stand in the conversation."


def save_chat_log(*, interaction_id: int) -> None:
    """Write the log of an ended conversation; write it again when it is closed with a disposition.

    Where the queue saves no transcripts it has the times, the disposition and the note alone.
    Called by routing (settings.CONVERSATION_LOG_HOOK) inside the transaction of the end.
    """
    interaction = Interaction.objects.select_related("agent", "channel", "queue").get(
        pk=interaction_id
    )
    assert interaction.ended_at is not None
    moment = interaction.closed_at or interaction.ended_at
    case = linked_case(interaction, moment)
    ChatLog.objects.update_or_create(
        interaction=interaction,
        defaults={
            "case": case,
            "agent_name": interaction.agent.name if interaction.agent else "",
            "initiated_at": interaction.initiated_at,
            "accepted_at": interaction.accepted_at,
            "terminated_at": interaction.ended_at,
            "ended_by": interaction.ended_by,
            "disposition": interaction.disposition,
            "note": interaction.note,
            "transcript": (
                transcript_of(interaction) if interaction.queue.transcripts_saved else NOT_SAVED
            ),
        },
    )
    Case.objects.filter(pk=case.pk).update(updated_at=moment)


def transcript_of(interaction: Interaction) -> str:
    """One line a message: age since the conversation began, who, and what."""
    return "\n".join(
        f"[{_age(message.created_at, interaction.initiated_at)}] {_who(message)}: {message.body}"
        for message in thread_of(interaction.pk)
    )


def _age(at: datetime, start: datetime) -> str:
    minutes, seconds = divmod(max(0, int((at - start).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _who(message: Message) -> str:
    if message.author == Author.AGENT and message.agent:
        return message.agent.name
    return "Automatic reply" if message.author == Author.AUTOMATIC else "Customer"
