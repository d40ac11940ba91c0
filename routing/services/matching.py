"""Who takes a waiting text, and why: pure, and explained (B2, B5, B6, D1–D10, N8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import datetime

    from routing.selectors.waiting import Candidate

NOT_PRESENT = "has no open desk"
AWAY = "is {status}"
STOPS_NEW = "takes nothing new"
NO_SKILL = "lacks the skill"
NO_ROOM = "has {load} of {capacity} conversations"
NAMED_IN_RECEIPT = 20


@dataclass(frozen=True, slots=True)
class Ranking:
    """Eligible members, the best first, and why each other member is none."""

    eligible: list[Candidate]
    passed_over: list[tuple[Candidate, str]] = field(default_factory=list)


def why_not(candidate: Candidate) -> str:
    """Why this member may not take a text now; empty where nothing is in the way."""
    if not candidate.available:
        return AWAY.format(status=candidate.status)
    if not candidate.present:
        return NOT_PRESENT
    if candidate.stop_new:
        return STOPS_NEW
    if candidate.level is None:
        return NO_SKILL
    if candidate.load >= candidate.capacity:
        return NO_ROOM.format(load=candidate.load, capacity=candidate.capacity)
    return ""


def rank(candidates: Iterable[Candidate], *, declined: Container[int] = ()) -> Ranking:
    """Order who may take a text: highest skill level, then longest idle, then the lowest id.

    Who ``declined`` this text (rejected it, let it lapse or handed it over) comes after everyone
    who did not.
    """
    eligible: list[Candidate] = []
    passed_over: list[tuple[Candidate, str]] = []
    for candidate in candidates:
        reason = why_not(candidate)
        if reason:
            passed_over.append((candidate, reason))
        else:
            eligible.append(candidate)
    eligible.sort(
        key=lambda one: (
            one.agent_id in declined,
            -(one.level or 0),
            one.idle_since,
            one.agent_id,
        )
    )
    return Ranking(eligible, passed_over)


def explain(ranking: Ranking, *, declined: Mapping[int, str], now: datetime) -> dict[str, Any]:
    """The routing receipt of giving the text to the first of ``ranking``: ids and words, as JSON.

    ``declined`` says of whom what put them last. Names at most twenty of the others; ``members``
    counts all of them.
    """
    best, *others = ranking.eligible
    notes = [
        (other, declined.get(other.agent_id) or _why_after(best, other)) for other in others
    ] + ranking.passed_over
    return {
        "agent": {"id": best.agent_id, "name": best.name},
        "why": _why_first(best, alone=not others, declined=declined, now=now),
        "others": [
            {"id": other.agent_id, "name": other.name, "why_not": reason}
            for other, reason in notes[:NAMED_IN_RECEIPT]
        ],
        "members": len(ranking.eligible) + len(ranking.passed_over),
        "eligible": len(ranking.eligible),
    }


def explain_direct(agent_id: int, name: str, why: str) -> dict[str, Any]:
    """The receipt of an offer for which nobody was compared."""
    agent = {"id": agent_id, "name": name}
    return {"agent": agent, "why": why, "others": [], "members": 1, "eligible": 1}


def _why_first(best: Candidate, *, alone: bool, declined: Mapping[int, str], now: datetime) -> str:
    skill = f"skill level {best.level}, " if best.level else ""
    minutes, seconds = divmod(max(0, int((now - best.idle_since).total_seconds())), 60)
    facts = f"{skill}idle for {minutes}:{seconds:02}, {best.load} of {best.capacity} conversations"
    if best.agent_id in declined:
        words = declined[best.agent_id]
        return f"{words} before, but nobody else can take it now: {facts}"
    return f"the only one who can take it now: {facts}" if alone else facts


def _why_after(best: Candidate, other: Candidate) -> str:
    if (other.level or 0) < (best.level or 0):
        return f"has skill level {other.level}"
    if other.idle_since > best.idle_since:
        return "has been idle for less time"
    return "comes after in the list"
