"""What the whole page of the desk costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from routing.services.supervision import whisper
from smsdesk.lib import clock
from tests.console.conftest import offer_text
from tests.factories import AgentFactory, CustomerFactory, MessageFactory, active_interaction

pytestmark = pytest.mark.django_db

MOST_QUERIES = 22


def queries_of_the_page(channel, area: str, conversations: int) -> list[str]:
    """Open one of so many conversations, with customers on file and an offer beside them."""
    agent = AgentFactory(queues=[channel.queue], limit=12)
    for number in range(conversations):
        talk = active_interaction(
            agent, channel=channel, customer_address=f"+1{area}555{1000 + number}"
        )
        MessageFactory.create_batch(conversations, interaction=talk)
        CustomerFactory(phones=[talk.customer_address])
    offer_text(channel, f"+1{area}5550199")
    browser = Client()
    browser.force_login(agent.user)
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(f"/desk/conversations/{talk.pk}/")
    assert answer.text.count('class="tile') >= conversations
    return [query["sql"] for query in queries]


def test_the_page_costs_as_many_queries_with_ten_conversations_as_with_one(channel):
    one = queries_of_the_page(channel, "415", 1)
    ten = queries_of_the_page(channel, "646", 10)

    assert len(ten) == len(one), "\n\n".join(ten)
    assert len(one) <= MOST_QUERIES, "\n\n".join(one)


def test_N11_what_was_whispered_is_on_the_page_of_that_conversation_alone(channel, admin_user):
    agent = AgentFactory(queues=[channel.queue])
    talk, other = (active_interaction(agent, channel=channel) for _ in range(2))
    now = clock.now()
    whisper(interaction_id=talk.pk, words="Offer the refund.", actor=admin_user, now=now)
    browser = Client()
    browser.force_login(agent.user)

    pages = [browser.get(f"/desk/conversations/{one.pk}/").text for one in (talk, other)]

    assert ["Offer the refund." in page for page in pages] == [True, False]
