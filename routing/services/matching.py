"""Who takes a waiting text, and why: pure, and explained (B2, B5, B6, D1–D10, N8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from datetime import datetime

    from routing.selectors.waiting import Candidate

NOT_CAPABLE = "has an account that is not for SMS"
NOT_PRESENT = "has no open desk"
AWAY = "is {status}"
STOPS_NEW = "takes nothing new"
NO_SKILL = "lacks the skill"
TOO_LOW = "has skill level {level}, and {asks} is asked"
NO_ROOM = "has {load} of {capacity} conversations"
TALKED_LAST = "talked with this customer last"
NAMED_IN_RECEIPT = 20


@dataclass(frozen=True, slots=True)
class Ranking:
    """Eligible members, the best first, and why each other member is none."""

    eligible: list[Candidate]
    passed_over: list[tuple[Candidate, str]] = field(default_factory=list)
    sticky: int | None = None


def why_not(candidate: Candidate, *, asks: int = 1) -> str:
    """Why this member may not take a text now; empty where nothing is in the way.

    ``asks``: the level of the queue's skill that is asked of members; 0: none.
    """
    if not candidate.capable:
        return NOT_CAPABLE
    if not candidate.available:
        return AWAY.format(status=candidate.status)
    if not candidate.present:
        return NOT_PRESENT
    if candidate.stop_new:
        return STOPS_NEW
    unskilled = why_not_skilled(candidate.level, asks)
    if unskilled or candidate.load < candidate.capacity:
        return unskilled
    return NO_ROOM.format(load=candidate.load, capacity=candidate.capacity)


def why_not_skilled(level: int | None, asks: int) -> str:
    """Why the level is not enough; empty where it is. It is 0 where the queue has no skill."""
    if level is None:
        return NO_SKILL if asks else ""
    return TOO_LOW.format(level=level, asks=asks) if 0 < level < asks else ""


def rank(
    candidates: Iterable[Candidate],
    *,
    declined: Container[int] = (),
    asks: int = 1,
    sticky: int | None = None,
) -> Ranking:
    """Order who may take a text: highest skill level, then longest idle, then the lowest id.

    ``sticky``, who talked with the customer last, comes first. Who ``declined`` this text (rejected
    it, let it lapse or handed it over) comes after everyone who did not.
    """
    eligible: list[Candidate] = []
    passed_over: list[tuple[Candidate, str]] = []
    for candidate in candidates:
        reason = why_not(candidate, asks=asks)
        if reason:
            passed_over.append((candidate, reason))
        else:
            eligible.append(candidate)
    eligible.sort(
        key=lambda one: (
            one.agent_id in declined,
            one.agent_id != sticky,
            -(one.level or 0),
            one.idle_since,
            one.agent_id,
        )
    )
    return Ranking(eligible, passed_over, sticky)


def best_level(candidates: Iterable[Candidate]) -> int:
    """The highest skill level of who could take a text that asks for none; -1: nobody could."""
    able = [one.level or 0 for one in candidates if not why_not(one, asks=0)]
    return max(able, default=-1)


def explain(
    ranking: Ranking, *, declined: Mapping[int, str], now: datetime, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """The routing receipt of giving the text to the first of ``ranking``: ids and words, as JSON.

    ``declined`` says of whom what put them last; ``notes`` what came before. Names at most twenty
    of the others; ``members`` counts all of them.
    """
    best, *others = ranking.eligible
    reasons = [
        (other, declined.get(other.agent_id) or _why_after(best, other, ranking.sticky))
        for other in others
    ] + ranking.passed_over
    return {
        "agent": {"id": best.agent_id, "name": best.name},
        "why": _why_first(best, ranking, declined=declined, now=now),
        "others": [
            {"id": other.agent_id, "name": other.name, "why_not": reason}
            for other, reason in _sticky_first(reasons, ranking.sticky)[:NAMED_IN_RECEIPT]
        ],
        "notes": [*notes, *_sticky_elsewhere(ranking)],
        "members": len(ranking.eligible) + len(ranking.passed_over),
        "eligible": len(ranking.eligible),
    }


def explain_direct(agent_id: int, name: str, why: str) -> dict[str, Any]:
    """The receipt of an offer for which nobody was compared."""
    agent = {"id": agent_id, "name": name}
    return {"agent": agent, "why": why, "others": [], "members": 1, "eligible": 1}


def _why_first(
    best: Candidate, ranking: Ranking, *, declined: Mapping[int, str], now: datetime
) -> str:
    skill = f"skill level {best.level}, " if best.level else ""
    minutes, seconds = divmod(max(0, int((now - best.idle_since).total_seconds())), 60)
    facts = f"{skill}idle for {minutes}:{seconds:02}, {best.load} of {best.capacity} conversations"
    if best.agent_id in declined:
        words = declined[best.agent_id]
        return f"{words} before, but nobody else can take it now: {facts}"
    if best.agent_id == ranking.sticky:
        return f"{TALKED_LAST}: {facts}"
    alone = len(ranking.eligible) == 1
    return f"the only one who can take it now: {facts}" if alone else facts


def _sticky_first(
    reasons: list[tuple[Candidate, str]], sticky: int | None
) -> list[tuple[Candidate, str]]:
    """Who talked with the customer last is named first, and as that."""
    return sorted(
        (
            (one, f"{TALKED_LAST}, but {why}" if one.agent_id == sticky else why)
            for one, why in reasons
        ),
        key=lambda reason: reason[0].agent_id != sticky,
    )


def _sticky_elsewhere(ranking: Ranking) -> list[str]:
    members = {one.agent_id for one in (*ranking.eligible, *dict(ranking.passed_over))}
    if ranking.sticky is None or ranking.sticky in members:
        return []
    return ["who talked with this customer last is not in this queue"]


def _why_after(best: Candidate, other: Candidate, sticky: int | None) -> str:
    if best.agent_id == sticky:
        return "is not who talked with this customer last"
    if (other.level or 0) < (best.level or 0):
        return f"has skill level {other.level}"
    if other.idle_since > best.idle_since:
        return "has been idle for less time"
    return "comes after in the list"
