"""I1-I8 in a storm: everybody does anything at once; nobody deadlocks, and all of it stays true."""

from __future__ import annotations

import random
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusReason
from agents.models import Agent
from agents.services.presence import hear_heartbeat
from agents.services.status import set_status, set_stop_new
from cases.services.cases import AlreadyLinked, NotYourConversation, save_new_case
from routing.enums import InteractionState, MessageState, OfferState
from routing.models import Interaction, Message, Offer
from routing.services.assignment import route_waiting
from routing.services.delivery import deliver_message
from routing.services.handover import HandOverRefused, transfer_to_agent, transfer_to_queue
from routing.services.interactions import (
    AlreadyEnded,
    NotYours,
    close_if_wrap_up_is_over,
    end_if_inactive,
    end_interaction,
    wrap_up,
)
from routing.services.offers import (
    OfferGone,
    RejectNotAllowed,
    accept_offer,
    lapse_offer,
    reject_offer,
    withdraw_offers,
)
from routing.services.outbound import TextRefused, send_text
from routing.services.parking import ParkRefused, park, resume, wake_if_due
from routing.sweeper import sweep
from smsdesk.lib import clock
from smsdesk.lib.states import StaleState
from tests.factories import AgentFactory, ChannelFactory, inbound_text
from tests.races.together import audit, call, errors, together

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

SECONDS = 4
# What a person would be told in a sentence.
SAID = (
    AlreadyEnded,
    AlreadyLinked,
    HandOverRefused,
    NotYourConversation,
    NotYours,
    OfferGone,
    ParkRefused,
    RejectNotAllowed,
    StaleState,
    TextRefused,
)


class Storm:
    """What anybody may do, with rows picked at random."""

    def __init__(self, channels, agents: list[Agent], seed: int) -> None:
        self.channels = channels
        self.agents = agents
        self.dice = random.Random(seed)  # noqa: S311 - a die
        self.done = 0
        self.acts: list[Callable[[], object]] = [
            self.text,
            self.text,
            self.route,
            self.accept,
            self.accept,
            self.reject,
            self.lapse,
            self.withdraw,
            self.reply,
            self.deliver,
            self.save_case,
            self.hand_to_agent,
            self.hand_to_queue,
            self.park,
            self.resume,
            self.wake,
            self.end,
            self.end_for_silence,
            self.wrap_up,
            self.countdown,
            self.status,
            self.stop_new,
            self.heartbeat,
            sweep,
        ]

    def rage(self) -> int:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with suppress(*SAID):
                self.dice.choice(self.acts)()
            self.done += 1
        return self.done

    def text(self) -> None:
        channel = self.dice.choice(self.channels)
        inbound_text(channel, f"+1415555{self.dice.randrange(12):04}")

    def route(self) -> None:
        queues = [channel.queue_id for channel in self.channels]
        route_waiting(queue_ids=self.dice.sample(queues, 2), now=clock.now())

    def accept(self) -> None:
        for offer in self.offers()[:1]:
            accept_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=clock.now())

    def reject(self) -> None:
        for offer in self.offers()[:1]:
            reject_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=clock.now())

    def lapse(self) -> None:
        for offer in self.offers()[:1]:
            lapse_offer(offer_id=offer.pk, now=offer.expires_at)

    def withdraw(self) -> None:
        withdraw_offers(agent_id=self.agent().pk, now=clock.now())

    def reply(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            send_text(
                interaction_id=one.pk,
                agent_id=one.agent_id,
                body="reply",
                client_id=uuid.uuid4(),
                now=clock.now(),
            )

    def deliver(self) -> None:
        for message in Message.objects.filter(state=MessageState.QUEUED)[:5]:
            deliver_message(message_id=message.pk, now=clock.now())

    def save_case(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            save_new_case(
                interaction_id=one.pk,
                agent_id=one.agent_id,
                name="Ada",
                email="",
                address="",
                subject="A question",
                description="",
                now=clock.now(),
            )

    def hand_to_agent(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            transfer_to_agent(
                interaction_id=one.pk,
                agent_id=one.agent_id,
                to_agent_id=self.agent().pk,
                note="",
                now=clock.now(),
            )

    def hand_to_queue(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            transfer_to_queue(
                interaction_id=one.pk,
                agent_id=one.agent_id,
                queue_id=self.dice.choice(self.channels).queue_id,
                note="",
                now=clock.now(),
            )

    def park(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            until = clock.now() + timedelta(seconds=self.dice.random())
            park(interaction_id=one.pk, agent_id=one.agent_id, until=until, now=clock.now())

    def resume(self) -> None:
        for one in self.conversations(InteractionState.PARKED):
            resume(interaction_id=one.pk, agent_id=one.agent_id, now=clock.now())

    def wake(self) -> None:
        for one in self.conversations(InteractionState.PARKED):
            wake_if_due(interaction_id=one.pk, now=one.parked_until)

    def end(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            end_interaction(interaction_id=one.pk, agent_id=one.agent_id, now=clock.now())

    def end_for_silence(self) -> None:
        for one in self.conversations(InteractionState.ACTIVE):
            end_if_inactive(interaction_id=one.pk, now=one.inactivity_due_at)

    def wrap_up(self) -> None:
        for one in self.conversations(InteractionState.WRAP_UP):
            wrap_up(
                interaction_id=one.pk,
                agent_id=one.agent_id,
                disposition="",
                note="",
                now=clock.now(),
            )

    def countdown(self) -> None:
        for one in self.conversations(InteractionState.WRAP_UP):
            close_if_wrap_up_is_over(interaction_id=one.pk, now=one.wrap_up_due_at)

    def status(self) -> None:
        code = self.dice.choice([AVAILABLE, AVAILABLE, ON_BREAK])
        reason = StatusReason.CHOSEN
        set_status(agent_id=self.agent().pk, code=code, reason=reason, now=clock.now())

    def stop_new(self) -> None:
        set_stop_new(agent_id=self.agent().pk, stop=self.dice.random() < 0.2)

    def heartbeat(self) -> None:
        hear_heartbeat(agent_id=self.agent().pk, now=clock.now())

    def agent(self) -> Agent:
        return self.dice.choice(self.agents)

    def offers(self) -> list[Offer]:
        pending = list(Offer.objects.filter(state=OfferState.PENDING))
        self.dice.shuffle(pending)
        return pending

    def conversations(self, state: InteractionState) -> list[Any]:
        found = list(Interaction.objects.filter(state=state))
        return self.dice.sample(found, min(1, len(found)))


@pytest.fixture
def storms(channel):
    channels = [channel, *ChannelFactory.create_batch(2, account=channel.account)]
    queues = [each.queue for each in channels]
    agents = [
        AgentFactory(queues=[queues[place % 3], queues[(place + 1) % 3]], limit=1 + place % 3)
        for place in range(5)
    ]
    # Few rows and many hands, so that they meet; another seed each, the same every time.
    return [Storm(channels, agents, seed) for seed in range(12)]


def test_I1_to_I8_hold_in_a_storm_and_nobody_deadlocks(storms):
    with audit():
        results = together(*(call(storm.rage) for storm in storms))

    assert errors(results) == [], results
    assert sum(results) > 200, results
    assert Interaction.objects.filter(state=InteractionState.CLOSED).exists()
