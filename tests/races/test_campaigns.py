"""I7: many senders, a pause and customers at once: each number is texted once at most."""

from __future__ import annotations

import pytest

from cases.enums import CampaignState, RecipientState
from cases.models import Campaign
from cases.services.campaigns import (
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    send_due_campaign_texts,
    start_campaign,
    text_next,
)
from routing.enums import Author, InteractionState
from routing.models import Interaction, Message
from smsdesk.lib import clock
from tests.factories import CampaignFactory, inbound_text, started_campaign
from tests.races.together import audit, call, errors, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def numbers(count: int, run: int = 0) -> list[str]:
    return [f"+14155{run:02}{place:04}" for place in range(count)]


def next_of(campaign):
    return call(text_next, campaign_id=campaign.pk, now=clock.now())


def texted() -> list[str]:
    sent = Message.objects.filter(author=Author.AUTOMATIC)
    return list(sent.values_list("interaction__customer_address", flat=True))


def test_I7_many_senders_text_each_number_once(channel, paper):
    campaign = started_campaign(*numbers(30), channel=channel)
    with audit():
        while campaign.recipients.filter(state=RecipientState.WAITING).exists():
            Campaign.objects.update(next_at=clock.now())
            results = together(*[next_of(campaign)] * 4)
            assert errors(results) == []

    assert sorted(texted()) == numbers(30)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE


def test_I7_many_sweeps_at_once_keep_the_rate(channel, paper):
    started_campaign(*numbers(30), channel=channel, per_minute=60)

    results = together(*[send_due_campaign_texts] * 4)

    assert errors(results) == []
    assert len(texted()) <= 2  # the first, and the second that may be made up for


def test_I7_two_campaigns_for_one_number_at_once_text_it_once_each(channel, paper):
    for run in range(10):
        campaigns = [started_campaign(*numbers(1, run), channel=channel) for _ in range(2)]

        results = together(*map(next_of, campaigns))

        assert errors(results) == []
        assert results == [True, True]
    assert len(texted()) == 20


def test_I7_a_pause_races_the_senders_and_nothing_leaves_behind_it(channel, paper):
    for run in range(10):
        campaign = started_campaign(*numbers(5, run), channel=channel)

        results = together(
            next_of(campaign), call(pause_campaign, campaign_id=campaign.pk), next_of(campaign)
        )

        assert errors(results) == []
        assert not Message.objects.filter(state="QUEUED").exists()
        assert campaign.recipients.filter(state=RecipientState.WAITING).count() == 5
        resume_campaign(campaign_id=campaign.pk, now=clock.now())
        cancel_campaign(campaign_id=campaign.pk, now=clock.now())


def test_I7_a_start_pressed_by_two_supervisors_starts_it_once(channel, paper):
    for run in range(5):
        campaign = CampaignFactory(channel=channel, numbers="\n".join(numbers(3, run)))
        start = call(start_campaign, campaign_id=campaign.pk, seen=campaign.seen, now=clock.now())

        results = together(start, start)

        assert [str(error)[:34] for error in errors(results)] == [
            "This campaign was started already;"
        ]
        assert campaign.recipients.count() == 3
        cancel_campaign(campaign_id=campaign.pk, now=clock.now())


def test_I7_a_customers_text_races_the_campaign_and_comes_to_an_agent_either_way(channel, paper):
    for run in range(20):
        [number] = numbers(1, run)
        campaign = started_campaign(number, channel=channel)

        results = together(next_of(campaign), call(inbound_text, channel, number))

        assert errors(results) == []
        waiting = Interaction.objects.filter(customer_address=number).exclude(
            state=InteractionState.CLOSED
        )
        assert waiting.get().state == InteractionState.QUEUED
        announced = Interaction.objects.filter(
            customer_address=number, state=InteractionState.CLOSED
        )
        # Texted before they wrote; or left out, for they wrote first.
        assert announced.count() == results[0]
