"""N17: a campaign texts each of its recipients by their own day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from cases.enums import Audience, CampaignState, RecipientState
from cases.models import CampaignRecipient
from cases.selectors.campaigns import progress_of
from cases.services.campaigns import start_campaign, text_next
from routing.models import Message
from tests.factories import CampaignFactory, ChannelFactory

pytestmark = pytest.mark.django_db
WEST, EAST = "+14155550101", "+12125550101"
# Half past eight in the morning in New York, half past five in California.
BETWEEN = datetime(2026, 6, 2, 12, 30, tzinfo=UTC)
WESTERN_EIGHT = datetime(2026, 6, 2, 15, tzinfo=UTC)


@pytest.fixture
def campaign():
    channel = ChannelFactory(quiet_from=time(21), quiet_until=time(8))
    return CampaignFactory(
        channel=channel, audience=Audience.LIST, numbers=f"{WEST}\n{EAST}", per_minute=600
    )


def texted() -> list[str]:
    return list(Message.objects.values_list("interaction__customer_address", flat=True))


def step(campaign, now) -> bool | None:
    return text_next(campaign_id=campaign.pk, now=now)


def test_N17_whoever_sleeps_is_texted_in_their_morning(campaign):
    start_campaign(campaign_id=campaign.pk, seen=campaign.seen, now=BETWEEN)

    assert step(campaign, BETWEEN) is True
    assert step(campaign, BETWEEN + timedelta(minutes=1)) is None
    assert texted() == [EAST]
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.RUNNING
    progress = progress_of(campaign, BETWEEN)
    assert (progress.waiting, progress.asleep) == (1, 1)

    assert step(campaign, WESTERN_EIGHT) is True
    assert texted() == [EAST, WEST]
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE


def test_N17_whose_night_begins_before_their_turn_is_put_off(campaign):
    noon = BETWEEN - timedelta(hours=16)
    night = noon + timedelta(hours=16)  # five in the morning in California
    start_campaign(campaign_id=campaign.pk, seen=campaign.seen, now=noon)
    CampaignRecipient.objects.filter(number=EAST).update(due_at=night + timedelta(days=1))

    assert step(campaign, night) is False

    west = CampaignRecipient.objects.get(number=WEST)
    assert (west.state, west.due_at) == (RecipientState.WAITING, WESTERN_EIGHT)
    assert texted() == []
