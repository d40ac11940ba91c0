"""I7: what an agent sees of a campaign when a customer replies to it."""

from __future__ import annotations

import pytest

from cases.services.campaigns import send_due_campaign_texts
from routing.models import Interaction
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from tests.console.conftest import offer_text
from tests.factories import started_campaign

CUSTOMER = "+14155550123"


@pytest.fixture
def replied(agent, channel) -> Interaction:
    started_campaign(
        CUSTOMER, channel=channel, name="Spring <b>offer</b>", body="Half <b>price</b>"
    )
    send_due_campaign_texts()
    offer = offer_text(channel, CUSTOMER, "yes please")
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    return offer.interaction


def test_I7_the_campaigns_text_stands_above_the_reply_which_says_what_it_replies_to(desk, replied):
    page = desk.get(f"/desk/conversations/{replied.pk}/").text

    campaign = '<p class="bubble-who">Campaign <bdi>Spring &lt;b&gt;offer&lt;/b&gt;</bdi></p>'
    places = [
        page.index(words)
        for words in (
            campaign,
            "Half &lt;b&gt;price&lt;/b&gt;",
            "Reply to the campaign <bdi>Spring &lt;b&gt;offer&lt;/b&gt;</bdi>",
            "yes please",
        )
    ]
    assert places == sorted(places)


def test_I7_a_conversation_that_replies_to_none_says_nothing_of_one(desk, agent, channel):
    offer = offer_text(channel, CUSTOMER)
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())

    assert "ampaign" not in desk.get(f"/desk/conversations/{offer.interaction_id}/").text


def test_I7_among_the_past_conversations_it_is_called_a_campaigns(desk, replied):
    past = Interaction.objects.earliest("pk")

    page = desk.get(f"/desk/conversations/{replied.pk}/").text
    lines = desk.get(f"/desk/conversations/{replied.pk}/past/{past.pk}").text

    summary = page[page.index(f'id="past-{past.pk}"') :]
    assert " · Campaign" in summary[: summary.index("</summary>")]
    assert "Sent by the campaign <bdi>Spring &lt;b&gt;offer&lt;/b&gt;</bdi>" in lines
    assert '<p class="bubble-who"><bdi>Campaign</bdi></p>' in lines
