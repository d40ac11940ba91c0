"""Where the agent is named in notes, as the list in the top bar shows it (N4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from cases.selectors.customers import linked_names
from cases.selectors.notes import mentions_of
from smsdesk.lib import phone

if TYPE_CHECKING:
    from agents.models import Agent
    from cases.models import Mention


@dataclass(frozen=True)
class MentionLine:
    """One mention: who wrote, what, and where. ``url`` is empty where there is no page of it."""

    mention: Mention
    near: str
    where: str
    url: str


def mention_lines(agent: Agent) -> list[MentionLine]:
    """The mentions the agent has not opened, newest first."""
    mentions = mentions_of(agent.pk)
    names = linked_names({one.note.interaction_id for one in mentions if one.note.interaction_id})
    return [
        MentionLine(
            mention=mention,
            near=_number(mention),
            where=_where(mention, names),
            url=page_of(mention, agent),
        )
        for mention in mentions
    ]


def page_of(mention: Mention, agent: Agent) -> str:
    """The agent's own conversation with the note in it, else its case; empty where it has none."""
    note = mention.note
    if note.interaction and note.interaction.agent_id == agent.pk:
        return reverse("desk-conversation", args=[note.interaction_id])
    return reverse("desk-case-page", args=[note.case_id]) if note.case_id else ""


def _number(mention: Mention) -> str:
    """Of whom the note is."""
    note = mention.note
    if note.interaction:
        return note.interaction.customer_address
    return note.case.phone if note.case else ""


def _where(mention: Mention, names: dict[int, str]) -> str:
    note = mention.note
    case, interaction = note.case, note.interaction
    parts = [f"case #{case.number}"] if case else []
    if interaction:
        parts.append(names.get(interaction.pk) or phone.display(interaction.customer_address))
    elif case:
        parts.append(case.customer.name if case.customer else phone.display(case.phone))
    return ", ".join(parts)
