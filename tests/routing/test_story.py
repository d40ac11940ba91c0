"""N8: the routing receipt of any conversation in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from routing.enums import OverflowDoes
from routing.models import Interaction
from routing.selectors.story import story_of
from routing.services.interactions import release_if_open
from routing.services.offers import accept_offer, lapse_offer
from routing.services.overflow import overflow_if_due
from routing.services.parking import park
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    RuleFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import offer_to, route

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUSTOMER = "+14155550123"


def words_of(interaction) -> list[str]:
    return [line.words for line in story_of(interaction)]


@pytest.fixture
def claims():
    return QueueFactory(name="Claims")


def test_N8_rule_queue_offers_overflow_and_agents_are_told_in_order(claims, admin_client):
    help_desk = QueueFactory(name="Help")
    claims.overflow_steps.create(after_seconds=60, does=OverflowDoes.MOVE, to_queue=help_desk)
    RuleFactory(name="Tours", keyword="#TOUR", queue=claims)
    anna = AgentFactory(name="Anna", queues=[claims], idle_since=NOON)
    inbound_text(ChannelFactory(), CUSTOMER, "#tour", now=NOON)
    text = Interaction.objects.get()
    route(claims, now=NOON)
    lapse_offer(offer_id=offer_to(anna).pk, now=NOON + timedelta(seconds=20))
    overflow_if_due(interaction_id=text.pk, now=NOON + timedelta(seconds=60))
    late = NOON + timedelta(seconds=61)
    ben = AgentFactory(name="Ben", queues=[help_desk], idle_since=NOON)
    AgentFactory(name="Cleo", queues=[help_desk], stop_new=True)
    route(help_desk, now=late)
    accept_offer(offer_id=offer_to(ben).pk, agent_id=ben.pk, now=late)

    assert words_of(text) == [
        "Rule “Tours” matched: the first word #TOUR, so it went to Claims, and it waited there.",
        "Offered to Anna: the only one who can take it now: idle for 0:00, 0 of 6 conversations.",
        "Anna let the offer lapse.",
        "Moved to Help after 60 seconds in Claims.",
        "Offered to Ben: the only one who can take it now: idle for 1:01, 0 of 6 conversations.",
        "Ben accepted it.",
    ]
    arrived, *_, offered, _ = story_of(text)
    assert arrived.details == [
        "First word: #tour",
        "Country of the number: US",
        "The customer was new",
        "May be texted",
    ]
    assert offered.details == [
        "Before: rule “Tours” matched: the first word #TOUR, so it went to Claims",
        "Before: moved to Help after 60 seconds in Claims",
        "1 of 2 members could take it then",
        "Not Cleo: takes nothing new",
    ]
    page = admin_client.get(reverse("admin:routing_interaction_change", args=[text.pk]))
    assert "Moved to Help after 60 seconds in Claims." in page.text
    assert "Not Cleo: takes nothing new" in page.text


def test_N8_B7_a_text_held_off_hours_is_told(claims):
    channel = ChannelFactory(queue=claims, schedule=ScheduleFactory(), off_hours_reply="Closed.")
    inbound_text(channel, CUSTOMER, now=NOON - timedelta(days=1))
    text = Interaction.objects.get()
    release_if_open(interaction_id=text.pk, now=NOON)

    assert words_of(text) == [
        "No rule matched, so it went to Claims, and it was held for opening hours.",
        "Answered automatically.",
        "Opening hours came, and it waited for an agent.",
    ]


def test_N8_I1_N4_what_an_agent_began_and_parked_is_told():
    anna = AgentFactory(name="Anna")
    talk = active_interaction(anna)
    park(interaction_id=talk.pk, agent_id=anna.pk, until=NOON + timedelta(hours=1), now=NOON)

    assert words_of(talk) == [
        "Anna began it by texting first; nobody was compared.",
        "Anna parked it.",
    ]


def test_B14_conversations_are_listed_by_the_tag_of_their_rule(claims, admin_client):
    RuleFactory(keyword="#TOUR", campaign_tag="Summer tours", queue=claims)
    channel = ChannelFactory()
    inbound_text(channel, "+14155550101", "#tour")
    inbound_text(channel, "+14155550102", "hello")

    url = reverse("admin:routing_interaction_changelist")
    page = admin_client.get(url, {"campaign_tag": "Summer tours"})

    assert "Summer tours" in admin_client.get(url).text
    assert [row.customer_address for row in page.context["cl"].result_list] == ["+14155550101"]


def test_N8_a_conversation_of_before_the_rules_facts_were_kept_is_told(claims):
    inbound_text(ChannelFactory(queue=claims), CUSTOMER, now=NOON)
    Interaction.objects.update(routing={})

    assert words_of(Interaction.objects.get()) == ["It came to its queue, and it waited there."]
