"""What happened at the demo desk before today: conversations that are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cases.models import CaseState
from routing.enums import Author, EndedBy, OfferState

if TYPE_CHECKING:
    from collections.abc import Sequence

CUSTOMER, AGENT = Author.CUSTOMER, Author.AGENT


ACCEPTS_WITHIN = 6
DECIDES_WITHIN = {OfferState.REJECTED: 5, OfferState.LAPSED: 20}


@dataclass(frozen=True)
class Story:
    """A closed conversation; what is in seconds is counted since it began.

    ``declined``: who was offered it before the agent who took it, and what came of that.
    ``whisper``: when a supervisor whispered to its agent, and what.
    """

    ago: timedelta
    customer: str
    channel: str
    agent: str
    subject: str
    disposition: str
    lines: Sequence[tuple[int, Author, str]]
    case_state: CaseState = CaseState.CLOSED
    note: str = ""
    waited: int = 3
    declined: Sequence[tuple[str, OfferState]] = ()
    whisper: tuple[int, str] | None = None
    ended_by: EndedBy = EndedBy.AGENT
    ends_after_last_text: int = 30
    wrap_up: int = 22

    @property
    def offers(self) -> list[tuple[str, OfferState, int, int]]:
        """To whom it was offered and what came of it, when, and when that was decided."""
        made, at = [], self.waited
        for username, state in self.declined:
            made.append((username, state, at, at + DECIDES_WITHIN[state]))
            at += DECIDES_WITHIN[state]
        return [*made, (self.agent, OfferState.ACCEPTED, at, at + ACCEPTS_WITHIN)]

    @property
    def accepted(self) -> int:
        return self.offers[-1][-1]

    @property
    def ended(self) -> int:
        return self.lines[-1][0] + self.ends_after_last_text

    @property
    def closed(self) -> int:
        return self.ended + self.wrap_up


STORIES = [
    Story(
        ago=timedelta(days=34, hours=2),
        customer="Dana Whitfield",
        channel="Acme Policies",
        agent="lea",
        subject="Add a second driver to the policy",
        disposition="Policy changed",
        note="Daughter added from the first of next month.",
        lines=[
            (0, CUSTOMER, "Hi, can I add my daughter to my policy? She turned 18 last week."),
            (48, AGENT, "Hello Dana, Lea here. Of course, and congratulations to her!"),
            (70, AGENT, "May I have her full name and the date on her driver’s licence?"),
            (161, CUSTOMER, "Ella Whitfield, licence from the 3rd of this month."),
            (255, AGENT, "Done. She is covered from the first. It is $38 more a month."),
            (301, CUSTOMER, "Great, thank you 🙂"),
        ],
    ),
    Story(
        ago=timedelta(days=6, hours=2),
        customer="Dana Whitfield",
        channel="Acme Claims",
        agent="robin",
        subject="Rear bumper, parking lot",
        case_state=CaseState.OPEN,
        disposition="Claim filed",
        note="Waits for the repair shop’s estimate.",
        whisper=(130, "Ask for the plate; the shop’s estimate can wait."),
        lines=[
            (0, CUSTOMER, "Somebody backed into my car at the supermarket. Nobody was hurt."),
            (35, AGENT, "I am sorry to hear that, Dana. This is Robin. Did they leave their name?"),
            (92, CUSTOMER, "Yes, and I have photos. What do you need from me?"),
            (150, AGENT, "Their plate, and where it happened. The photos can wait for the shop."),
            (240, CUSTOMER, "7XKD412. Alder Street parking lot, about 5 pm."),
            (322, AGENT, "Thank you. Your claim is filed. Please send us the shop’s estimate."),
        ],
    ),
    Story(
        ago=timedelta(days=2, hours=2),
        customer="Priya Raman",
        channel="Acme Claims",
        agent="maya",
        subject="Status of a windshield claim",
        disposition="Claim status given",
        lines=[
            (0, CUSTOMER, "Has my windshield claim been approved?"),
            (41, AGENT, "Hello Priya, it was approved this morning. The shop has been told."),
            (80, CUSTOMER, "Perfect, thanks"),
        ],
    ),
]
