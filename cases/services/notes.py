"""Internal notes: what agents tell one another, and whom they name in it (N4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from agents.selectors.agents import agents_called
from agents.services.desks import touch_desk
from cases.models import Case, Mention, Note
from cases.services.links import locked_link
from routing.selectors.access import interaction_for_agent
from routing.services.threads import revise_thread
from smsdesk.lib.mentions import named_in

if TYPE_CHECKING:
    from datetime import datetime

    from agents.models import Agent

NOTE_LIMIT = 4000


class NoteRefused(Exception):
    """A note cannot be added here, or not like this. Says why; nothing was written."""


@dataclass(frozen=True)
class AddedNote:
    """A note that was written. ``strangers`` are the names behind an @ that nobody has."""

    note: Note
    strangers: list[str]


@transaction.atomic
def add_note(
    *,
    agent_id: int,
    body: str,
    now: datetime,
    interaction_id: int | None = None,
    case_id: int | None = None,
) -> AddedNote:
    """Write a note in a conversation of the agent's, or on any case, and tell whom it names.

    ``@username`` names a colleague: exactly so, or with other capitals where only one colleague is
    meant. Raises NoteRefused where the note is empty or too long, the conversation is not this
    agent's, or there is no such case.
    """
    body = body.replace("\x00", "").strip()
    if not body:
        raise NoteRefused("Write the note first.")
    if len(body) > NOTE_LIMIT:
        raise NoteRefused(f"The note has {len(body)} characters; at most {NOTE_LIMIT} can be kept.")
    if interaction_id is not None:
        case_id = _enter(interaction_id, agent_id)
    elif case_id is None or not Case.objects.filter(pk=case_id).exists():
        raise NoteRefused("There is no such case.")
    note = Note.objects.create(
        interaction_id=interaction_id,
        case_id=case_id,
        agent_id=agent_id,
        body=body,
        created_at=now,
    )
    mentioned, strangers = _mentioned_in(body)
    told = {agent.pk for agent in mentioned} - {agent_id}
    Mention.objects.bulk_create(Mention(note=note, agent_id=told_id) for told_id in sorted(told))
    for desk_id in sorted(told | {agent_id}):
        touch_desk(desk_id)
    return AddedNote(note, strangers)


@transaction.atomic
def see_mention(*, mention_id: int, agent_id: int, now: datetime) -> None:
    """Note that an agent has read where they were named. Seen before, it changes nothing."""
    seen = Mention.objects.filter(pk=mention_id, agent_id=agent_id, seen_at__isnull=True)
    if seen.update(seen_at=now):
        touch_desk(agent_id)


def tie_notes(*, interaction_id: int, case_id: int | None) -> None:
    """Put a conversation's notes on the case it was linked to, in the caller's transaction."""
    Note.objects.filter(interaction_id=interaction_id).update(case_id=case_id)


def _enter(interaction_id: int, agent_id: int) -> int | None:
    """Lock the agent's conversation and its link, and return its case, if it has one."""
    interaction = interaction_for_agent(interaction_id=interaction_id, agent_id=agent_id)
    if interaction is None or revise_thread(interaction.pk) != agent_id:
        raise NoteRefused("This conversation is not yours.")
    # Under the link's lock: a case that is linked meanwhile takes this note along, or waits for it.
    return locked_link(interaction).case_id


def _mentioned_in(body: str) -> tuple[list[Agent], list[str]]:
    """Who is named in a note, and the names that nobody has."""
    places = list(named_in(body))
    called = agents_called({place.username for pair in places for place in pair if place.username})
    found: dict[int, Agent] = {}
    strangers: list[str] = []
    for whole, bare in places:
        agent = called.get(whole.username) or called.get(bare.username)
        if agent is not None:
            found[agent.pk] = agent
        elif bare.username and bare.username not in strangers:
            strangers.append(bare.username)
    return list(found.values()), strangers
