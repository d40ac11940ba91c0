"""The desk as state: what the socket pushes, the fallback polls and the page begins with.

A frame is always the whole of it (status, strip, offers, counters), never a difference, and
carries the version of the agent's desk, which only grows. So a lost frame is healed by the next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.urls import reverse

from agents.enums import StatusReason
from agents.models import Agent
from agents.selectors.agents import status_menu
from cases.selectors.customers import with_links, with_names
from cases.selectors.dispositions import read_active
from cases.selectors.notes import with_unseen
from routing.enums import InteractionState
from routing.selectors.initiation import why_not_text_first, with_channel
from routing.selectors.policy import sending_rules
from routing.selectors.strip import offers_of, tiles_of, waiting_in, with_waiting
from smsdesk.console.offer_cards import offer_cards
from smsdesk.console.tiles import most_urgent, parked_tile, tile
from smsdesk.console.words import count
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from datetime import datetime

    from agents.models import StatusCode
    from routing.models import Interaction
    from routing.selectors.policy import SendingRules
    from smsdesk.console.offer_cards import OfferCard
    from smsdesk.console.tiles import ParkedTile, Tile


SENT_AWAY = {StatusReason.LAPSED, StatusReason.REJECTED}

read_held = Prepared(
    lambda agent_id: with_links(with_names(tiles_of(agent_id), "customer_address"))
)
read_offers = Prepared(
    lambda agent_id: with_names(offers_of(agent_id), "interaction__customer_address")
)
# What waits, where the agent is named, and whether there is a channel to text first over.
read_around = Prepared(
    lambda agent_id: with_channel(
        with_unseen(with_waiting(Agent.objects.filter(pk=agent_id)))
    ).values_list("waiting", "unseen", "has_channel")
)


@dataclass(frozen=True)
class DeskState:
    """All that an agent's desk shows around the open conversation."""

    agent: Agent
    now: datetime
    menu: list[StatusCode]
    # Of sending, as they hold for the agent and every number that is shown.
    rules: SendingRules
    tiles: list[Tile]
    parked: list[ParkedTile]
    offers: list[OfferCard]
    waiting: int
    oldest_waiting: datetime | None
    # Notes that name the agent and were not opened.
    mentions: int
    # Why the agent cannot text first; empty where they can (I1).
    why_no_text: str
    # Why the agent is On Break although nobody chose it; empty otherwise.
    sent_away: str

    def was_whispered(self, interaction: Interaction) -> bool:
        """Whether a conversation's tile says that its agent heard something (N11)."""
        return any(tile.whispered for tile in self.tiles if tile.interaction == interaction)

    @property
    def unanswered(self) -> int:
        """Conversations whose customer waits for a word."""
        return sum(tile.needs_answer for tile in self.tiles)

    @property
    def late(self) -> int:
        return sum(tile.late for tile in self.tiles)

    @property
    def messages_words(self) -> str:
        """What the messages icon says (J6); the browser says the same (strip.js)."""
        if not self.unanswered:
            return "Messages: nobody waits for an answer"
        needy = count(self.unanswered, "conversation needs", "conversations need")
        return f"Messages: {needy} an answer" + (f", {self.late} past SLA" if self.late else "")

    @property
    def messages_url(self) -> str:
        """Where the messages icon leads: to the most urgent conversation, else to the desk."""
        urgent = most_urgent(self.tiles)
        return (
            reverse("desk-conversation", args=[urgent.interaction.pk])
            if urgent
            else reverse("desk")
        )


@dataclass(frozen=True)
class Frame:
    """One state of the desk as it goes over the wire."""

    version: int
    now: datetime
    html: str
    # What waits in the agent's queues, which changes without a new version: how many, since when.
    waiting: tuple[int, datetime | None]

    def as_json(self, *, missed: str = "") -> str:
        """The frame on the wire, with what was ``missed`` where no socket tells it."""
        frame = {
            "type": "desk",
            "version": self.version,
            "now": self.now.isoformat(),
            "html": self.html,
        }
        return json.dumps(frame | ({"missed": missed} if missed else {}))


def desk_frame(agent: Agent, now: datetime) -> Frame:
    """The present frame of an agent who was read *before*: a later change gets a later frame."""
    desk = desk_state(agent, now)
    html = render_to_string("console/frame.html", {"desk": desk})
    waiting = (desk.waiting, desk.oldest_waiting)
    return Frame(version=agent.desk_version, now=now, html=html, waiting=waiting)


def desk_state(agent: Agent, now: datetime) -> DeskState:
    """Read the desk. The number of queries does not depend on how much it shows."""
    held = read_held(agent.pk)
    offers = read_offers(agent.pk)
    matches = {one.customer_address: one.names for one in held}
    matches |= {offer.interaction.customer_address: offer.names for offer in offers}
    parked = [one for one in held if one.state == InteractionState.PARKED]
    rules = sending_rules(agent.pk, numbers=set(matches))
    wraps_up = any(one.state == InteractionState.WRAP_UP for one in held)
    dispositions = read_active() if wraps_up else []
    ((told, unseen, has_channel),) = read_around(agent.pk)
    waiting, oldest = waiting_in(told)
    return DeskState(
        agent=agent,
        now=now,
        menu=status_menu(),
        rules=rules,
        tiles=[tile(one, matches, rules, dispositions, now) for one in held if one not in parked],
        parked=[parked_tile(one, matches) for one in parked],
        offers=offer_cards(offers, matches),
        waiting=waiting,
        oldest_waiting=oldest,
        mentions=len(unseen),
        why_no_text=why_not_text_first(agent, has_channel=has_channel),
        sent_away=_sent_away(agent),
    )


def _sent_away(agent: Agent) -> str:
    if agent.is_available or agent.status_reason not in SENT_AWAY:
        return ""
    return str(StatusReason(agent.status_reason).label)
