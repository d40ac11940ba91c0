"""The desk as state: what the socket pushes, the fallback polls and the page begins with.

A frame is always the whole of it (status, strip, offers, counters), never a difference, and
carries the version of the agent's desk, which only grows. So a lost frame is healed by the next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast

from django.template.loader import render_to_string

from agents.enums import StatusReason
from agents.selectors.agents import status_menu
from cases.selectors.customers import linked_names, names_by_address
from routing.enums import InteractionState
from routing.selectors.strip import offers_of, tiles_of, waiting_counts
from smsdesk.console.composer import digest
from smsdesk.console.words import called, count, hue, initials
from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import WithAnnotations

    from agents.models import Agent, StatusCode
    from routing.models import Interaction, Offer


class TileFacts(TypedDict):
    """What the strip's selector says of a conversation beside its own columns."""

    has_failed: bool
    waiting_since: datetime | None
    is_opted_out: bool | None


if TYPE_CHECKING:
    TileRow = WithAnnotations[Interaction, TileFacts]

SENT_AWAY = {StatusReason.LAPSED, StatusReason.REJECTED}


@dataclass(frozen=True)
class Tile:
    """One accepted conversation in the strip. ``look`` is one of the states of S1:53-58."""

    interaction: Interaction
    name: str
    number: str
    initials: str
    hue: int
    look: str
    words: str
    waiting_since: datetime | None
    # For the open composer: which draft there is, and whether it is locked.
    drafted: str
    locked: bool


@dataclass(frozen=True)
class OfferCard:
    """A conversation held out to the agent, with who it may be (C2, C5, C6, C8)."""

    offer: Offer
    name: str
    number: str
    initials: str
    hue: int
    matches: int
    who: str
    seconds: int


@dataclass(frozen=True)
class DeskState:
    """All that an agent's desk shows around the open conversation."""

    agent: Agent
    now: datetime
    menu: list[StatusCode]
    tiles: list[Tile]
    offers: list[OfferCard]
    waiting: int
    oldest_waiting: datetime | None
    # Why the agent is On Break although nobody chose it; empty otherwise.
    sent_away: str

    @property
    def unanswered(self) -> int:
        """Conversations whose customer waits for a word."""
        return sum(1 for tile in self.tiles if tile.look in {"unread", "failed"})


@dataclass(frozen=True)
class Frame:
    """One state of the desk as it goes over the wire."""

    version: int
    now: datetime
    html: str
    # What waits in the agent's queues, which changes without a new version: how many, since when.
    waiting: tuple[int, datetime | None]

    def as_json(self) -> str:
        return json.dumps(
            {
                "type": "desk",
                "version": self.version,
                "now": self.now.isoformat(),
                "html": self.html,
            }
        )


def desk_frame(agent: Agent, now: datetime) -> Frame:
    """The present frame of an agent who was read *before*: a later change gets a later frame."""
    desk = desk_state(agent, now)
    html = render_to_string("console/frame.html", {"desk": desk})
    waiting = (desk.waiting, desk.oldest_waiting)
    return Frame(version=agent.desk_version, now=now, html=html, waiting=waiting)


def desk_state(agent: Agent, now: datetime) -> DeskState:
    """Read the desk. The number of queries does not depend on how much it shows."""
    tiles = cast("list[TileRow]", list(tiles_of(agent.pk)))
    offers = list(offers_of(agent.pk))
    shown = [*tiles, *(offer.interaction for offer in offers)]
    matches = names_by_address({interaction.customer_address for interaction in shown})
    linked = linked_names([interaction.pk for interaction in tiles])
    waiting, oldest = waiting_counts(agent.pk)
    return DeskState(
        agent=agent,
        now=now,
        menu=list(status_menu()),
        tiles=[_tile(interaction, matches, linked) for interaction in tiles],
        offers=[_offer_card(offer, matches) for offer in offers],
        waiting=waiting,
        oldest_waiting=oldest,
        sent_away=_sent_away(agent),
    )


def _sent_away(agent: Agent) -> str:
    if agent.is_available or agent.status_reason not in SENT_AWAY:
        return ""
    return str(StatusReason(agent.status_reason).label)


def _tile(interaction: TileRow, matches: dict[str, list[str]], linked: dict[int, str]) -> Tile:
    address = interaction.customer_address
    name = linked.get(interaction.pk) or called(address, matches)
    look, words = _look(interaction)
    return Tile(
        interaction=interaction,
        name=name,
        number=phone.display(address),
        initials=initials(name),
        hue=hue(address),
        look=look,
        words=words,
        waiting_since=interaction.waiting_since if interaction.unanswered else None,
        drafted=digest(interaction.draft),
        locked=bool(interaction.is_opted_out),
    )


def _look(interaction: TileRow) -> tuple[str, str]:
    """Shape and words of a tile's state; the words alone must be enough (N13)."""
    if interaction.state == InteractionState.WRAP_UP:
        return "wrap-up", "in wrap-up"
    unread = count(interaction.unanswered, "unread message", "unread messages")
    if interaction.has_failed:
        words = "delivery failed or uncertain"
        return "failed", f"{words}, {unread}" if interaction.unanswered else words
    if interaction.unanswered:
        return "unread", unread
    return "waiting", "waiting for the customer"


def _offer_card(offer: Offer, matches: dict[str, list[str]]) -> OfferCard:
    address = offer.interaction.customer_address
    name = called(address, matches)
    number_of_matches = len(matches.get(address, []))
    return OfferCard(
        offer=offer,
        name=name,
        number=phone.display(address),
        initials=initials(name),
        hue=hue(address),
        matches=number_of_matches,
        who=_who(name, number_of_matches),
        seconds=round((offer.expires_at - offer.offered_at).total_seconds()),
    )


def _who(name: str, matches: int) -> str:
    if matches == 0:
        return "no match: a new customer"
    if matches == 1:
        return f"1 match: {name}"
    return f"{matches} matches: choose after accepting"
