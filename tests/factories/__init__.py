"""Rows for tests, without surprises: what a test does not name is the plainest there is."""

from tests.factories.agents import AgentFactory, TeamFactory
from tests.factories.cases import CustomerFactory, DispositionFactory
from tests.factories.routing import (
    AccountFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    ScheduleFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)

__all__ = [
    "AccountFactory",
    "AgentFactory",
    "ChannelFactory",
    "CustomerFactory",
    "DispositionFactory",
    "InteractionFactory",
    "MessageFactory",
    "QueueFactory",
    "ScheduleFactory",
    "SkillFactory",
    "TeamFactory",
    "active_interaction",
    "inbound_text",
]
