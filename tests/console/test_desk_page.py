"""What the whole page of the desk costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.console.conftest import offer_text
from tests.factories import AgentFactory, CustomerFactory, MessageFactory, active_interaction

pytestmark = pytest.mark.django_db

MOST_QUERIES = 26


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
