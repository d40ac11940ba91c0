"""Rows for tests, without surprises: what a test does not name is the plainest there is."""

from tests.factories.agents import AgentFactory, TeamFactory
from tests.factories.cases import (
    ArticleFactory,
    CampaignFactory,
    CannedReplyFactory,
    CaseFactory,
    ChatLogFactory,
    CustomerFactory,
    DispositionFactory,
    started_campaign,
)
from tests.factories.routing import (
    AccountFactory,
    ChannelFactory,
    ConsentEntryFactory,
    DestinationFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    RuleFactory,
    ScheduleFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)

__all__ = [
    "AccountFactory",
    "AgentFactory",
    "ArticleFactory",
    "CampaignFactory",
    "CannedReplyFactory",
    "CaseFactory",
    "ChannelFactory",
    "ChatLogFactory",
    "ConsentEntryFactory",
    "CustomerFactory",
    "DestinationFactory",
    "DispositionFactory",
    "InteractionFactory",
    "MessageFactory",
    "QueueFactory",
    "RuleFactory",
    "ScheduleFactory",
    "SkillFactory",
    "TeamFactory",
    "active_interaction",
    "inbound_text",
    "started_campaign",
]
