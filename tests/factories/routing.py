"""Channels, queues and conversations."""

from __future__ import annotations

import uuid
from datetime import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import factory
from django.db.models import F
from factory.django import DjangoModelFactory

from agents.models import Agent
from routing.enums import (
    Author,
    ChannelState,
    ConsentSource,
    EventKind,
    InteractionState,
    MessageState,
    NumberType,
    RequestKind,
    RequestState,
)
from routing.models import (
    BlockedNumber,
    CarrierAccount,
    CarrierRequest,
    Channel,
    ConsentEntry,
    Destination,
    Interaction,
    Message,
    NumberCapability,
    PolicyMember,
    Queue,
    Rule,
    Schedule,
    SendingPolicy,
    Skill,
    Tally,
)
from routing.selectors.numbers import type_told_by
from routing.services.inbox import handle_request
from routing.services.lifeline import record
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from datetime import datetime


class SkillFactory(DjangoModelFactory):
    class Meta:
        model = Skill

    name = factory.Sequence(lambda n: f"Skill {n}")


class QueueFactory(DjangoModelFactory):
    class Meta:
        model = Queue

    name = factory.Sequence(lambda n: f"Queue {n}")


class AccountFactory(DjangoModelFactory):
    class Meta:
        model = CarrierAccount

    name = factory.Sequence(lambda n: f"Account {n}")
    account_sid = factory.Sequence(lambda n: f"AC{n:032x}")
    auth_token = "t0ken"
    base_url = "https://carrier.example"


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel

    name = factory.Sequence(lambda n: f"Channel {n}")
    number = factory.Sequence(lambda n: f"+1415555{n:04}")
    number_type = factory.LazyAttribute(lambda channel: type_told_by(channel.number))
    country = factory.LazyAttribute(lambda channel: phone.country_of(channel.number) or "US")
    state = ChannelState.ACTIVE
    account = factory.SubFactory(AccountFactory)
    queue = factory.SubFactory(QueueFactory)
    # Tests run at any hour.
    quiet_from = quiet_until = None


class ScheduleFactory(DjangoModelFactory):
    """Monday to Friday, 9 to 17, UTC."""

    class Meta:
        model = Schedule
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Schedule {n}")

    @factory.post_generation
    def spans(self, create, extracted, **kwargs):
        for weekday, opens, closes in extracted or [(day, time(9), time(17)) for day in range(5)]:
            self.spans.create(weekday=weekday, opens=opens, closes=closes)


class RuleFactory(DjangoModelFactory):
    """Sends every text to a queue of its own."""

    class Meta:
        model = Rule

    name = factory.Sequence(lambda n: f"Rule {n}")
    queue = factory.SubFactory(QueueFactory)


class InteractionFactory(DjangoModelFactory):
    """A conversation that waits in its channel's queue."""

    class Meta:
        model = Interaction
        skip_postgeneration_save = True

    channel = factory.SubFactory(ChannelFactory)
    queue = factory.SelfAttribute("channel.queue")
    customer_address = factory.Sequence(lambda n: f"+1646555{n:04}")
    state = InteractionState.QUEUED
    initiated_at = factory.LazyFunction(clock.now)
    queued_at = factory.SelfAttribute("initiated_at")

    @factory.post_generation
    def event(self, create, extracted, **kwargs):
        kind = EventKind.STARTED if self.state == InteractionState.ACTIVE else EventKind.QUEUED
        record(self.pk, kind, state=self.state, at=self.queued_at, agent_id=self.agent_id)


class MessageFactory(DjangoModelFactory):
    """A customer's text."""

    class Meta:
        model = Message

    interaction = factory.SubFactory(InteractionFactory)
    channel = factory.SelfAttribute("interaction.channel")
    author = Author.CUSTOMER
    body = "hello"
    created_at = factory.LazyFunction(clock.now)
    state = MessageState.RECEIVED
    carrier_message_id = factory.LazyFunction(lambda: f"SM{uuid.uuid4().hex}")


class DestinationFactory(DjangoModelFactory):
    class Meta:
        model = Destination

    country = "US"
    price_per_part = "0.0083"


class NumberCapabilityFactory(DjangoModelFactory):
    """One that the migration did not put there: of a country without any."""

    class Meta:
        model = NumberCapability

    country = "IS"
    number_type = NumberType.LONG_CODE


class SendingPolicyFactory(DjangoModelFactory):
    """A policy of these ``agents`` and ``teams``, without any limit."""

    class Meta:
        model = SendingPolicy
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Policy {n}")

    @factory.post_generation
    def agents(self, create, extracted, **kwargs):
        for agent in extracted or []:
            PolicyMember.objects.create(policy=self, agent=agent)

    @factory.post_generation
    def teams(self, create, extracted, **kwargs):
        for team in extracted or []:
            PolicyMember.objects.create(policy=self, team=team)


class BlockedNumberFactory(DjangoModelFactory):
    """Blocked over every channel, and for ever."""

    class Meta:
        model = BlockedNumber

    number = "+14155550123"
    reason = "Threats"


class TallyFactory(DjangoModelFactory):
    """A quarter of this hour in which nothing happened yet."""

    class Meta:
        model = Tally

    quarter = factory.LazyFunction(lambda: clock.now().replace(minute=0, second=0, microsecond=0))
    channel = factory.SubFactory(ChannelFactory)
    queue = factory.SelfAttribute("channel.queue")


class ConsentEntryFactory(DjangoModelFactory):
    """A line that opts a number out."""

    class Meta:
        model = ConsentEntry

    channel = factory.SubFactory(ChannelFactory)
    address = "+14155550123"
    opted_out = True
    source = ConsentSource.KEYWORD
    at = factory.LazyFunction(clock.now)


def active_interaction(agent: Agent, **fields) -> Interaction:
    """A conversation the agent has accepted, its place counted."""
    now = fields.pop("accepted_at", None) or clock.now()
    # No later than that: a timer counts from the last of all these moments.
    fields.setdefault("initiated_at", now)
    interaction = InteractionFactory(
        state=InteractionState.ACTIVE, agent=agent, accepted_at=now, **fields
    )
    Interaction.objects.filter(pk=interaction.pk).update(
        inactivity_due_at=interaction.channel.inactive_at(now)
    )
    Agent.objects.filter(pk=agent.pk).update(load=F("load") + 1)
    interaction.refresh_from_db()
    return interaction


def inbound_text(
    channel: Channel,
    sender: str,
    body: str = "hello",
    *,
    sid: str = "",
    now: datetime | None = None,
    **more: str,
) -> CarrierRequest:
    """A verified inbound request of Twilio's, with ``more`` fields, stored and handled."""
    now = now or clock.now()
    fields = {
        "MessageSid": sid or f"SM{uuid.uuid4().hex}",
        "From": sender,
        "To": channel.number,
        "Body": body,
        **more,
    }
    request = CarrierRequest.objects.create(
        account=channel.account,
        kind=RequestKind.INBOUND,
        url=f"http://testserver{channel.account.inbound_path}",
        body=urlencode(fields).encode(),
        received_at=now,
        state=RequestState.STORED,
        due_at=now,
    )
    handle_request(request_id=request.pk, now=now)
    request.refresh_from_db()
    return request
