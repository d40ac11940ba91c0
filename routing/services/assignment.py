"""Offers waiting texts to the best agents, oldest and most urgent first (B1, B15).

Safe to run in any number of processes at once: a text is claimed by its row lock (locked rows are
skipped), a place by the agent's row lock and a second look at the agent under it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import transaction

from agents.services.places import lock_agent, take_place
from routing.enums import INTERACTION_MOVES, EventKind, InteractionState
from routing.events import OfferMade
from routing.models import Interaction, Offer, Queue
from routing.selectors.waiting import (
    candidates_of,
    declined_by,
    in_turn,
    queue_to_serve_next,
    way_so_far,
)
from routing.services import matching
from routing.services.lifeline import record
from smsdesk.lib.events import publish
from smsdesk.lib.states import move

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agents.models import Agent
    from routing.selectors.waiting import Candidate

# One pass yields after so many offers, so that a backlog never keeps a worker from other work.
MOST_PER_PASS = 200


class Turn(Enum):
    """What became of one text's turn."""

    OFFERED = 1
    NOTHING_TO_DO = 2  # nothing waits here, or nobody can take it
    LOOK_AGAIN = 3  # the agent had changed meanwhile


def route_waiting(*, queue_ids: Iterable[int], now: datetime, most: int = MOST_PER_PASS) -> int:
    """Offer what waits in these queues, across them in turn, while somebody can take it.

    Returns how many offers were made.
    """
    to_serve = set(queue_ids)
    members: dict[int, _Members] = {}
    made = 0
    while to_serve and made < most:
        only_one = len(to_serve) == 1
        queue_id = next(iter(to_serve)) if only_one else queue_to_serve_next(to_serve)
        if queue_id is None:
            break
        if queue_id not in members:
            members[queue_id] = _Members(queue_id)
        turn = _offer_next(members[queue_id], now)
        if turn is Turn.OFFERED:
            made += 1
            for others in members.values():
                others.look_again_unless(members[queue_id])
        elif turn is Turn.NOTHING_TO_DO:
            to_serve.discard(queue_id)
        else:
            members[queue_id].look_again()
    return made


class _Members:
    """A queue's candidates during one pass: read once, kept up to date with our own offers.

    Read only when a text waits for them: most looks at a queue find none.
    """

    def __init__(self, queue_id: int) -> None:
        self.queue_id = queue_id

    @cached_property
    def queue(self) -> Queue:
        return Queue.objects.get(pk=self.queue_id)

    @cached_property
    def candidates(self) -> dict[int, Candidate]:
        return {one.agent_id: one for one in candidates_of(self.queue)}

    def look_again(self) -> None:
        self.__dict__.pop("candidates", None)

    def look_again_unless(self, same: _Members) -> None:
        if self is not same:
            self.look_again()

    def gave_place(self, agent_id: int, now: datetime) -> None:
        one = self.candidates[agent_id]
        self.candidates[agent_id] = replace(one, load=one.load + 1, idle_since=now)


@transaction.atomic
def _offer_next(members: _Members, now: datetime) -> Turn:
    interaction = _next_in(members.queue_id)
    if interaction is None:
        return Turn.NOTHING_TO_DO
    ranking, declined = _rank(interaction, members)
    if not ranking.eligible:
        # Behind it may wait one whose skill was relaxed.
        level = matching.best_level(members.candidates.values())
        interaction = _next_in(members.queue_id, asks_level__lte=level) if level >= 0 else None
        if interaction is None:
            return Turn.NOTHING_TO_DO
        ranking, declined = _rank(interaction, members)
    best = ranking.eligible[0]
    agent = lock_agent(best.agent_id)
    as_locked = replace(
        best,
        status=agent.status.name,
        available=agent.is_available,
        present=agent.present,
        stop_new=agent.stop_new,
        capable=agent.sms_capable,
        load=agent.load,
        capacity=agent.capacity,
    )
    if matching.why_not(as_locked, asks=_asked(interaction, members)):
        return Turn.LOOK_AGAIN
    receipt = matching.explain(ranking, declined=declined, now=now, notes=way_so_far(interaction))
    make_offer(
        interaction_id=interaction.pk, queue=members.queue, agent=agent, receipt=receipt, now=now
    )
    members.gave_place(agent.pk, now)
    return Turn.OFFERED


def _next_in(queue_id: int, **conditions: int) -> Interaction | None:
    """The first waiting text of a queue that nobody else has locked; locked until commit."""
    waiting = in_turn().filter(queue_id=queue_id, **conditions)
    return waiting.select_for_update(skip_locked=True, no_key=True).first()


def _rank(interaction: Interaction, members: _Members) -> tuple[matching.Ranking, dict[int, str]]:
    declined = declined_by(interaction)
    ranking = matching.rank(
        members.candidates.values(),
        declined=declined,
        asks=_asked(interaction, members),
        sticky=interaction.sticky_agent_id,
    )
    return ranking, declined


def _asked(interaction: Interaction, members: _Members) -> int:
    relaxed = interaction.asks_level
    return members.queue.asked_level if relaxed is None else relaxed


def make_offer(
    *, interaction_id: int, queue: Queue, agent: Agent, receipt: dict[str, Any], now: datetime
) -> None:
    """Hold a waiting conversation out to an agent, in the caller's transaction.

    The caller has locked both, and found that the agent can take it.
    """
    offer = Offer.objects.create(
        interaction_id=interaction_id,
        agent=agent,
        offered_at=now,
        expires_at=now + timedelta(seconds=queue.acceptance_seconds),
        receipt=receipt,
    )
    move(Interaction, interaction_id, table=INTERACTION_MOVES, to=InteractionState.OFFERED)
    record(
        interaction_id,
        EventKind.OFFERED,
        state=InteractionState.OFFERED,
        at=now,
        agent_id=agent.pk,
    )
    take_place(agent=agent, now=now)
    publish(OfferMade(offer.pk, offer.expires_at))
