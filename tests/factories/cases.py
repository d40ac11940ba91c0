"""Customers and what is on file about them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from cases.enums import Audience
from cases.models import Article, Campaign, CannedReply, Case, ChatLog, Customer, Disposition
from cases.services.campaigns import start_campaign
from routing.enums import EndedBy, InteractionState
from smsdesk.lib import clock
from tests.factories.agents import LONG_AGO
from tests.factories.routing import ChannelFactory, InteractionFactory


class CustomerFactory(DjangoModelFactory):
    """``phones`` are the customer's numbers."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Customer {n}")

    @factory.post_generation
    def phones(self, create, extracted, **kwargs):
        for number in extracted or []:
            self.phones.create(number=number)


class CaseFactory(DjangoModelFactory):
    class Meta:
        model = Case

    customer = factory.SubFactory(CustomerFactory)
    subject = factory.Sequence(lambda n: f"Subject {n}")
    opened_at = LONG_AGO
    updated_at = factory.SelfAttribute("opened_at")


class ChatLogFactory(DjangoModelFactory):
    """What a closed conversation left on its case."""

    class Meta:
        model = ChatLog

    case = factory.SubFactory(CaseFactory)
    interaction = factory.SubFactory(
        InteractionFactory, state=InteractionState.CLOSED, initiated_at=LONG_AGO
    )
    agent_name = "Anna"
    initiated_at = LONG_AGO
    terminated_at = LONG_AGO
    ended_by = EndedBy.AGENT
    transcript = "[0:00] Customer: hello"


class DispositionFactory(DjangoModelFactory):
    class Meta:
        model = Disposition

    name = factory.Sequence(lambda n: f"Disposition {n}")


class ArticleFactory(DjangoModelFactory):
    class Meta:
        model = Article

    title = factory.Sequence(lambda n: f"Article {n}")
    slug = factory.Sequence(lambda n: f"article-{n}")
    body = "What there is to say."


class CannedReplyFactory(DjangoModelFactory):
    """``queues`` are where it is offered; none: everywhere."""

    class Meta:
        model = CannedReply
        skip_postgeneration_save = True

    shortcut = factory.Sequence(lambda n: f"reply{n}")
    title = factory.Sequence(lambda n: f"Reply {n}")
    body = "One moment, please."

    @factory.post_generation
    def queues(self, create, extracted, **kwargs):
        self.queues.set(extracted or [])


class CampaignFactory(DjangoModelFactory):
    """A draft for the numbers on its list, as fast as a campaign may be."""

    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    channel = factory.SubFactory(ChannelFactory)
    body = "Hello {first_name}"
    audience = Audience.LIST
    per_minute = 300


def started_campaign(*numbers: str, **fields) -> Campaign:
    """A campaign that may text these numbers from now on."""
    campaign = CampaignFactory(numbers="\n".join(numbers), **fields)
    start_campaign(campaign_id=campaign.pk, seen=campaign.seen, now=clock.now())
    campaign.refresh_from_db()
    return campaign
