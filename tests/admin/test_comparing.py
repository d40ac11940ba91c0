"""N15: supervisors compare a channel, or an account, with the carrier's own list."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses
from django.contrib.auth.models import User
from django.urls import reverse

from routing.models import Message
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory
from tests.support.twilio_list import TwilioList

pytestmark = pytest.mark.django_db
COMPARE = "admin:routing_channel_compare"


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def twilio(channel):
    with responses.mock:
        listed = TwilioList(channel.account)
        listed.answers()
        yield listed


def page_of(**which):
    return reverse(COMPARE, query={name: row.pk for name, row in which.items()})


def test_N15_a_button_at_the_channel_leads_to_the_page(supervisor, channel):
    page = supervisor.get(reverse("admin:routing_channel_change", args=[channel.pk]))
    assert "Compare with the carrier" in page.text

    there = supervisor.get(
        reverse("admin:routing_channel_compare_channel", args=[channel.pk]), follow=True
    )
    assert str(channel) in there.text
    assert 'type="datetime-local"' in there.text


def test_N15_a_button_at_the_account_leads_to_all_its_channels(client, channel):
    client.force_login(User.objects.create_superuser("root", password="secret"))
    other = ChannelFactory(account=channel.account)
    address = reverse("admin:routing_carrieraccount_compare_account", args=[channel.account.pk])

    page = client.get(address, follow=True)

    assert str(channel) in page.text
    assert str(other) in page.text


def test_N15_what_was_found_is_told_and_taken(supervisor, channel, twilio):
    twilio.has(at=clock.now() - timedelta(minutes=20), to=channel.number, body="lost")
    now = clock.now()

    page = supervisor.post(
        page_of(channel=channel),
        {
            "since": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
            "until": f"{now:%Y-%m-%dT%H:%M}",
        },
    )

    assert "1 text found that no webhook had brought" in " ".join(page.text.split())
    assert "read anew" in page.text
    assert Message.objects.get().body == "lost"


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({}, "Choose a day and a time."),
        ({"since": "soon", "until": "2026-03-02T12:00"}, "This is no time."),
        (
            {"since": "2026-03-02T12:00", "until": "2026-03-02T12:00"},
            "Choose a time after the first one.",
        ),
        (
            {"since": "2026-03-02T12:00", "until": "2026-03-12T12:00"},
            "Choose at most 7 days; compare longer times in steps.",
        ),
    ],
)
def test_N15_a_time_that_cannot_be_compared_is_refused_in_words(
    supervisor, channel, posted, sentence
):
    page = supervisor.post(page_of(channel=channel), {"sent": "1", **posted})

    assert sentence in page.text
    assert "found that no webhook" not in page.text


def test_N15_of_a_carrier_without_a_list_the_page_says_so(supervisor):
    channel = ChannelFactory(account=AccountFactory(carrier="kannel"))

    assert "only Twilio has a list" in supervisor.get(page_of(channel=channel)).text


def test_N15_nothing_to_compare_is_said(supervisor):
    assert "There is no channel to compare." in supervisor.get(reverse(COMPARE)).text


def test_K3_an_agent_cannot_compare(client):
    client.force_login(User.objects.create_user("ann", password="secret"))

    assert client.get(reverse(COMPARE)).status_code in {302, 403}
