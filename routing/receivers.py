"""What follows from events: each rings the doorbell of what now has something to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agents.events import AgentLeft, AgentMayTakeMore
from agents.services.following import follow
from routing import tasks
from routing.events import (
    ConversationParked,
    DisconnectForced,
    MemberJoined,
    MessageQueued,
    OfferMade,
    OverflowArmed,
    TextWaiting,
    TurnGiven,
    WrapUpStarted,
)
from routing.models import (
    AgentSkill,
    BlockedNumber,
    CarrierAccount,
    Channel,
    Destination,
    Holiday,
    Keyword,
    NumberCapability,
    OpeningSpan,
    OverflowStep,
    PolicyMember,
    Queue,
    QueueMember,
    Rule,
    Schedule,
    SendingPolicy,
    Skill,
    SmsSwitch,
)
from smsdesk.lib.events import on
from smsdesk.lib.tasks import ring

# Redis hands a task out again and again that waits longer; the sweeper finds those rows.
LONGEST_WAIT_OF_A_TASK = timedelta(minutes=50)

follow(CarrierAccount, hidden=["options"])  # an adapter may ask for a secret there, too
follow(Channel, state=["free_at", "agents_turns"])
follow(Destination, Rule, Schedule, OpeningSpan, Holiday)
follow(Queue, QueueMember, OverflowStep, Skill, AgentSkill)
follow(NumberCapability, SendingPolicy, PolicyMember)
follow(Keyword)
follow(BlockedNumber, personal=True)
follow(SmsSwitch, state=["changed_at", "changed_by"])


@on(TextWaiting, MemberJoined)
def route_queue(event: TextWaiting | MemberJoined) -> None:
    ring(tasks.route_queue, queue_id=event.queue_id)


@on(AgentMayTakeMore)
def route_agent(event: AgentMayTakeMore) -> None:
    ring(tasks.route_agent, agent_id=event.agent_id)


@on(AgentLeft)
def pass_offers_on(event: AgentLeft) -> None:
    ring(tasks.withdraw_offers, agent_id=event.agent_id)


@on(OfferMade)
def arm_acceptance(event: OfferMade) -> None:
    ring(tasks.lapse_offer, eta=event.expires_at, offer_id=event.offer_id)


@on(WrapUpStarted)
def arm_wrap_up(event: WrapUpStarted) -> None:
    ring(tasks.close_wrap_up, eta=event.due_at, interaction_id=event.interaction_id)


@on(ConversationParked)
def arm_waking(event: ConversationParked) -> None:
    if event.parked_until - datetime.now(UTC) < LONGEST_WAIT_OF_A_TASK:
        ring(tasks.wake_parked, eta=event.parked_until, interaction_id=event.interaction_id)


@on(OverflowArmed)
def arm_overflow(event: OverflowArmed) -> None:
    if event.due_at - datetime.now(UTC) < LONGEST_WAIT_OF_A_TASK:
        ring(tasks.overflow, eta=event.due_at, interaction_id=event.interaction_id)


@on(DisconnectForced)
def disconnect(event: DisconnectForced) -> None:
    ring(tasks.disconnect, disconnect_id=event.disconnect_id)


@on(TurnGiven)
def arm_turn(event: TurnGiven) -> None:
    ring(tasks.deliver_message, eta=event.turn, message_id=event.message_id)


@on(MessageQueued)
def deliver(event: MessageQueued) -> None:
    ring(tasks.deliver_message, message_id=event.message_id)
