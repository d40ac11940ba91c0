from routing.models.carrier import CarrierAccount, CarrierRequest, Receipt
from routing.models.channel import Channel
from routing.models.consent import ConsentEntry
from routing.models.destination import Destination
from routing.models.hours import Holiday, OpeningSpan, Schedule, Weekday
from routing.models.interaction import Event, Interaction, Offer
from routing.models.message import Message
from routing.models.queue import AgentSkill, Queue, QueueMember, Skill
from routing.models.rule import Rule

__all__ = [
    "AgentSkill",
    "CarrierAccount",
    "CarrierRequest",
    "Channel",
    "ConsentEntry",
    "Destination",
    "Event",
    "Holiday",
    "Interaction",
    "Message",
    "Offer",
    "OpeningSpan",
    "Queue",
    "QueueMember",
    "Receipt",
    "Rule",
    "Schedule",
    "Skill",
    "Weekday",
]
