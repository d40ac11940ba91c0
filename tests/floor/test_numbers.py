"""N2: how the numbers do, behind the floor and on the channel's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing.enums import Author, MessageState
from routing.selectors.health import number_health
from smsdesk.lib import clock
from smsdesk.lib.phone import display
from tests.factories import ChannelFactory, InteractionFactory, MessageFactory

pytestmark = pytest.mark.django_db
OFF = "The phone is off or cannot be reached. Try again later."


def texts(
    channel, state=MessageState.DELIVERED, *, count=1, author=Author.AGENT, hours=1, **fields
):
    at = clock.now() - timedelta(hours=hours)
    talk = InteractionFactory(channel=channel)
    for _ in range(count):
        MessageFactory(
            interaction=talk, channel=channel, author=author, state=state, created_at=at, **fields
        )


@pytest.fixture
def channel():
    channel = ChannelFactory(name="Shop")
    at = clock.now() - timedelta(minutes=5)
    texts(channel, count=7, delivered_at=at)
    texts(channel, MessageState.FAILED, count=2, error_code="30003", failure=OFF)
    texts(channel, MessageState.FAILED, error_code="30006", failure="It is a landline.")
    texts(channel, MessageState.SENT)
    texts(channel, MessageState.UNKNOWN)
    texts(channel, MessageState.RECEIVED, author=Author.CUSTOMER)
    texts(channel, MessageState.FAILED, count=50, hours=30, failure="Long ago.")
    return channel


@pytest.mark.parametrize("others", [0, 5])
def test_N2_a_number_tells_its_rate_its_failures_and_its_last_texts_for_three_queries(
    channel, others, django_assert_num_queries
):
    for _ in range(others):
        texts(ChannelFactory(), MessageState.FAILED, failure=OFF)

    now = clock.now()
    with django_assert_num_queries(3):
        numbers = number_health(now)

    [found] = [each for each in numbers if each.channel == channel]

    assert (found.delivered, found.failed, found.pending, found.unknown) == (7, 3, 1, 1)
    assert (found.percent, found.is_poor, found.received) == ("70 %", True, 1)
    assert [(each.count, each.code) for each in found.reasons] == [(2, "30003"), (1, "30006")]
    assert found.last_inbound is not None
    assert clock.now() - found.last_success < timedelta(minutes=10)


def test_N2_a_number_of_which_nothing_is_known_has_no_rate_and_a_few_texts_prove_nothing():
    silent, small = ChannelFactory(name="A"), ChannelFactory(name="B")
    texts(small, MessageState.FAILED, count=3)

    first, second = number_health(clock.now())

    assert (first.channel, first.rate, first.percent, first.is_poor) == (silent, None, "", False)
    assert (second.percent, second.is_poor) == ("0 %", False)


def test_N2_one_failure_among_many_is_no_hundred_per_cent():
    channel = ChannelFactory()
    texts(channel, count=299)
    texts(channel, MessageState.FAILED)

    assert number_health(clock.now())[0].percent == "99 %"


def test_N2_the_floor_leads_to_the_numbers_and_each_says_why_texts_failed(client, channel):
    client.force_login(User.objects.create_superuser("sue", password="secret"))
    fine = ChannelFactory(name="A fine one")

    floor = client.get(reverse("floor"))
    page = client.get(reverse("floor-numbers"))

    assert reverse("floor-numbers") in floor.text
    assert page.text.index("Shop") < page.text.index(fine.name)
    assert display(channel.number) in page.text
    for words in ("70 %, 7 of 10", "3 not delivered", OFF, "(30003)", "none in 24 hours"):
        assert words in page.text


def test_N2_the_page_of_a_channel_says_how_its_number_does(client, channel):
    client.force_login(User.objects.create_superuser("sue", password="secret"))

    page = client.get(reverse("admin:routing_channel_change", args=[channel.pk]))

    assert "70 %, 7 of 10" in page.text
    assert OFF in page.text


def test_N2_the_numbers_are_the_supervisors(client):
    client.force_login(User.objects.create_user("robin", password="secret"))

    assert client.get(reverse("floor-numbers")).status_code in (302, 403)
