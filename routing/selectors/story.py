"""The routing receipt of a conversation, told in words from its life line and offers (N8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from routing.enums import EventKind

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Event, Interaction

# Who did it stands in front of these words.
DEEDS = {
    EventKind.ACCEPTED: "accepted it",
    EventKind.REJECTED: "rejected it",
    EventKind.LAPSED: "let the offer lapse",
    EventKind.WITHDRAWN: "could not take it any more; the offer was withdrawn",
    EventKind.STARTED: "began it by texting first; nobody was compared",
    EventKind.TRANSFERRED: "handed it over to {to}",
    EventKind.REQUEUED: "gave it back to {to}",
    EventKind.PARKED: "parked it",
    EventKind.TAKEN_OVER: "took it over",
    EventKind.ENDED: "had it when it was ended",
}
# What tells nothing of its way.
LEFT_OUT = (
    EventKind.RECEIVED,
    EventKind.ANSWERED,
    EventKind.EXTENDED,
    EventKind.CLOSED,
    EventKind.WHISPERED,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that befell it; ``details`` say what was known, and why not the others."""

    at: datetime
    words: str
    details: list[str] = field(default_factory=list)


def story_of(interaction: Interaction) -> list[Line]:
    """Why this queue, why this agent and not the others, and everything that moved it."""
    offers = iter(interaction.offers.order_by("pk"))
    lines: list[Line] = []
    for event in interaction.events.select_related("agent").order_by("pk"):
        if event.kind in LEFT_OUT:
            continue
        if event.kind == EventKind.OFFERED:
            offer = next(offers, None)
            lines.append(_offered(event, offer.receipt if offer else {}))
        elif event.kind in {EventKind.QUEUED, EventKind.HELD} and not lines:
            lines.append(_arrived(event, interaction.routing))
        else:
            lines.append(Line(event.at, _words(event)))
    return lines


def _arrived(event: Event, routing: dict[str, Any]) -> Line:
    then = "it was held for opening hours" if event.kind == EventKind.HELD else "it waited there"
    if not routing:
        return Line(event.at, f"It came to its queue, and {then}.")
    why: str = routing["why"]
    details = [
        f"First word: {routing['first_word'] or 'none'}",
        f"Country of the number: {routing['country'] or 'none'}",
        "The customer was known" if routing["known"] else "The customer was new",
        "Opted out" if routing["opted_out"] else "May be texted",
    ]
    words = f"{why[0].upper()}{why[1:]}, so it went to {routing['queue']}, and {then}."
    return Line(event.at, words, details)


def _offered(event: Event, receipt: dict[str, Any]) -> Line:
    name = event.agent.name if event.agent else "an agent"
    if not receipt:
        return Line(event.at, f"Offered to {name}.")
    details = [f"Before: {note}" for note in receipt.get("notes", [])]
    others = receipt["others"]
    if others:
        details.append(f"{receipt['eligible']} of {receipt['members']} members could take it then")
    details += [f"Not {other['name']}: {other['why_not']}" for other in others]
    left_out = receipt["members"] - len(others) - 1
    if left_out > 0:
        details.append(f"And {left_out} more")
    return Line(event.at, f"Offered to {name}: {receipt['why']}.", details)


def _words(event: Event) -> str:
    kind = EventKind(event.kind)
    if kind == EventKind.QUEUED:
        return "Opening hours came, and it waited for an agent."
    if kind == EventKind.OVERFLOWED:
        words: str = event.detail["words"]
        return f"{words[0].upper()}{words[1:]}."
    if kind == EventKind.KEPT_QUIET:
        return f"No automatic reply was sent. {event.detail['note']}"
    supervisor = event.detail.get("supervisor")
    if supervisor and kind == EventKind.ENDED:
        return f"{supervisor} ended it."
    who = supervisor or (event.agent and event.agent.name)
    if who and kind in DEEDS:
        return f"{who} {DEEDS[kind].format(to=event.detail.get('to', 'somebody'))}."
    return f"{kind.label.capitalize()}."
