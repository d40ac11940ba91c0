"""The dialog "Hand over": the queues and colleagues a conversation may go to (N4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.selectors.handover import queues_with_load
from routing.selectors.waiting import colleagues_of
from routing.services.matching import why_not

if TYPE_CHECKING:
    from datetime import datetime

    from agents.models import Agent
    from routing.models import Interaction
    from routing.selectors.waiting import Candidate

NAMED = 3


@dataclass(frozen=True)
class QueueChoice:
    id: int
    name: str
    own: bool
    waiting: int
    oldest: datetime | None
    who: str


@dataclass(frozen=True)
class ColleagueChoice:
    """``why_not`` says why the colleague cannot be chosen now; empty for who can."""

    id: int
    name: str
    load: int
    capacity: int
    why_not: str


@dataclass(frozen=True)
class HandOver:
    interaction: Interaction
    may_transfer: bool
    queues: list[QueueChoice]
    colleagues: list[ColleagueChoice]


def hand_over_choices(interaction: Interaction, agent: Agent) -> HandOver:
    """Everywhere the conversation may go; its own queue alone without the permission."""
    colleagues = colleagues_of(agent.pk)
    queues = [
        QueueChoice(
            id=load.queue.pk,
            name=load.queue.name,
            own=load.queue.pk == interaction.queue_id,
            waiting=load.waiting,
            oldest=load.oldest,
            who=_who(
                [one.name for one in load.members if not why_not(one, asks=load.queue.asked_level)]
            ),
        )
        for load in queues_with_load(colleagues)
    ]
    queues.sort(key=lambda one: not one.own)
    if not agent.may_transfer:
        return HandOver(interaction, False, [one for one in queues if one.own], [])
    return HandOver(interaction, True, queues, colleague_choices(colleagues))


def colleague_choices(colleagues: list[Candidate], *, many: int = 1) -> list[ColleagueChoice]:
    """Who can take so many conversations now, before who cannot."""
    choices = [
        ColleagueChoice(
            id=one.agent_id,
            name=one.name,
            load=one.load,
            capacity=one.capacity,
            why_not=why_not(one) or _no_room(one.capacity - one.load, many),
        )
        for one in colleagues
    ]
    choices.sort(key=lambda one: bool(one.why_not))
    return choices


def _no_room(room: int, many: int) -> str:
    return f"has room for {room}" if room < many else ""


def _who(names: list[str]) -> str:
    """Who can take a text there now, in words."""
    if not names:
        return "nobody is free there now"
    named = names if len(names) <= NAMED else [*names[:NAMED], f"{len(names) - NAMED} more"]
    *first, last = named
    return f"{', '.join(first)} and {last} can take it now" if first else f"{last} can take it now"
