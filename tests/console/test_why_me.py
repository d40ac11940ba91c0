"""N8: "Why me?", the routing receipt in words."""

from __future__ import annotations

import pytest

from routing.models import Offer
from tests.console.conftest import at, offer_text, signed_in, words
from tests.factories import (
    AgentFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db


def test_N8_why_me_tells_the_receipt_in_words(desk, agent, channel):
    AgentFactory(name="Lea Berg", queues=[channel.queue], status="On Break")
    offer = offer_text(channel)

    before = words(desk.get(f"/desk/offers/{offer.pk}/why"))
    desk.post(f"/desk/offers/{offer.pk}/accept")
    after = words(desk.get(at(offer.interaction, "why")))

    assert before in after
    assert 'id="sheet-title"' in after
    assert "<b>You</b> — the only one who can take it now: idle for" in before
    assert "1 of 2 in the queue could take it then." in before
    assert "Lea Berg" in before
    assert "is On Break" in before


def test_N8_after_a_hand_over_each_reads_their_own_receipt(desk, agent, channel):
    offer = offer_text(channel)
    desk.post(f"/desk/offers/{offer.pk}/accept")
    lea = AgentFactory(name="Lea Berg")
    desk.post(at(offer.interaction, "transfer"), {"to": f"agent:{lea.pk}"})
    hers = signed_in(lea)
    second = Offer.objects.get(agent=lea)
    hers.post(f"/desk/offers/{second.pk}/accept")

    assert "handed over directly by Robin Castillo" in words(hers.get(at(offer.interaction, "why")))
    assert hers.get(f"/desk/offers/{offer.pk}/why").status_code == 404
    assert desk.get(at(offer.interaction, "why")).status_code == 404
    assert desk.get(f"/desk/offers/{offer.pk}/why").status_code == 200


def test_N8_a_conversation_that_was_offered_to_nobody_says_so(desk, agent, channel):
    begun = active_interaction(agent, channel=channel, agent_initiated=True)
    taken = active_interaction(agent, channel=channel)

    assert "You began this conversation" in desk.get(at(begun, "why")).text
    assert "You took this conversation by texting the customer" in desk.get(at(taken, "why")).text
