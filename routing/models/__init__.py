from routing.models.blocked import BlockedNumber
from routing.models.carrier import CarrierAccount, CarrierRequest, Receipt, TextPart
from routing.models.channel import Channel
from routing.models.consent import ConsentEntry, Keyword
from routing.models.destination import Destination, NumberCapability
from routing.models.disconnect import Disconnect
from routing.models.hours import Holiday, OpeningSpan, Schedule, Weekday
from routing.models.interaction import Event, Interaction, Offer
from routing.models.message import Message
from routing.models.outage import Outage
from routing.models.overflow import OverflowStep
from routing.models.queue import AgentSkill, Queue, QueueMember, Skill
from routing.models.rule import Rule
from routing.models.sending import PolicyMember, SendingPolicy, SmsSwitch
from routing.models.tally import Tally, TallyDue, TallyHorizon

__all__ = [
    "AgentSkill",
    "BlockedNumber",
    "CarrierAccount",
    "CarrierRequest",
    "Channel",
    "ConsentEntry",
    "Destination",
    "Disconnect",
    "Event",
    "Holiday",
    "Interaction",
    "Keyword",
    "Message",
    "NumberCapability",
    "Offer",
    "OpeningSpan",
    "Outage",
    "OverflowStep",
    "PolicyMember",
    "Queue",
    "QueueMember",
    "Receipt",
    "Rule",
    "Schedule",
    "SendingPolicy",
    "Skill",
    "SmsSwitch",
    "Tally",
    "TallyDue",
    "TallyHorizon",
    "TextPart",
    "Weekday",
]
