"""I7, I9: campaigns as supervisors make, start and watch them in the admin."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from cases.enums import Audience, CampaignState
from cases.models import Campaign
from cases.services.campaigns import cancel_campaign, send_due_campaign_texts, start_campaign
from routing.models import Message, SmsSwitch
from smsdesk.lib import clock
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    DestinationFactory,
    inbound_text,
    started_campaign,
)

pytestmark = pytest.mark.django_db
DANA, PRIYA = "+14155550101", "+14155550102"
ADD = "admin:cases_campaign_add"


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("supervisor"))
    return client


def address(campaign, name: str = "change") -> str:
    return reverse(f"admin:cases_campaign_{name}", args=[campaign.pk])


def form(channel, **changes):
    return {
        "name": "Spring",
        "channel": channel.pk,
        "body": "Hello {first_name}",
        "audience": Audience.LIST,
        "contact_days": 90,
        "numbers": "(415) 555-0101",
        "per_minute": 30,
    } | changes


def act(desk, campaign, name: str, **fields):
    url = reverse("admin:cases_campaign_act", args=[campaign.pk, name])
    return desk.post(url, {"seen": campaign.seen} | fields, follow=True)


def figures(page) -> dict[str, str]:
    return dict(page.context["figures"])


def test_I7_a_campaign_is_made_looked_at_and_started(desk):
    CustomerFactory(name="Dana Whitfield", phones=[DANA])
    DestinationFactory(country="US", price_per_part=Decimal("0.0083"))
    channel = ChannelFactory()
    ConsentEntryFactory(channel=channel, address=PRIYA)

    desk.post(reverse(ADD), form(channel, numbers=f"(415) 555-0101\n{PRIYA}"))
    campaign = Campaign.objects.get()
    page = desk.get(address(campaign))

    assert figures(page) == {
        "Texts": "1 number",
        "Parts": "1, 0.0083 USD",
        "Takes": "1 minute",
        "Left out: asked for no more texts": "1",
    }
    assert "Hello Dana" in page.text
    assert "Start, and text 1 number" in page.text
    assert not Message.objects.exists()

    page = act(desk, campaign, "start")
    assert "Started." in page.text
    send_due_campaign_texts()
    page = desk.get(address(campaign))
    assert figures(page)["On their way"] == "1"
    assert page.context["heading"].startswith("Started; the next text is sent at ")
    assert LogEntry.objects.filter(change_message="Started.").count() == 1


def test_I9_past_contacts_are_the_audience_it_begins_with(desk):
    campaign = CampaignFactory(audience=Audience.CONTACTS)
    inbound_text(campaign.channel, DANA)

    page = desk.get(address(campaign))

    assert figures(page)["Left out: in an open conversation"] == "1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": "Hi {frist_name}"}, "There is no variable {frist_name}."),
        ({"body": "Hi {"}, "A brace stands alone."),
        ({"body": "x" * 1501}, "The text has 1501 characters; at most 1500 fit."),
        ({"numbers": "Dana"}, "Line 1: “Dana” has letters in it"),
        ({"numbers": "12345"}, "Line 1: “12345” is a short code; texts go to phones only."),
        ({"numbers": ""}, "List the numbers to text, one a line."),
        ({"numbers": "x\n" * 12}, "2 more lines are no numbers."),
        ({"numbers": "1\n" * 5001}, "The list has 5,001 lines; at most 5,000 can be pasted."),
        ({"numbers": "\x00"}, "Null characters are not allowed."),
        ({"per_minute": 0}, "greater than or equal to 1"),
        ({"per_minute": 301}, "less than or equal to 300"),
        ({"per_minute": "9" * 40}, "less than or equal to 300"),
        ({"contact_days": 0}, "greater than or equal to 1"),
        ({"starts_at_0": "soon", "starts_at_1": ""}, "Enter a valid date."),
        ({"channel": ""}, "This field is required."),
        ({"audience": "WORLD"}, "Select a valid choice."),
    ],
)
def test_I7_each_refusal_is_a_sentence(desk, changes, sentence):
    page = desk.post(reverse(ADD), form(ChannelFactory()) | changes)

    assert page.status_code == 200
    assert sentence in page.text.replace("&quot;", "“")
    assert not Campaign.objects.exists()


def test_I7_a_start_that_is_refused_says_why_and_nothing_is_sent(desk):
    campaign = CampaignFactory(numbers=DANA)

    page = act(desk, campaign, "start", seen="another")
    assert "The campaign was changed since you looked." in page.text
    Campaign.objects.update(numbers="")
    campaign.refresh_from_db()
    assert "There is nobody to text." in act(desk, campaign, "start").text
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_I7_too_many_are_said_before_anybody_starts(desk, monkeypatch):
    monkeypatch.setattr("cases.selectors.audience.MOST_RECIPIENTS", 1)

    page = desk.get(address(CampaignFactory(numbers=f"{DANA}\n{PRIYA}")))

    assert "This would text 2 numbers, and one campaign texts 10,000 at most." in page.text
    assert "Start, and text" not in page.text


def test_I7_it_is_paused_resumed_and_cancelled(desk):
    campaign = started_campaign(DANA, PRIYA)

    assert "Paused. Nobody is texted before it is resumed." in act(desk, campaign, "pause").text
    assert "it cannot be paused now." in act(desk, campaign, "pause").text
    assert "Resumed." in act(desk, campaign, "resume").text
    page = act(desk, campaign, "cancel")
    assert "Cancelled. Nobody else is texted." in page.text
    assert figures(page)["Left out: the campaign was cancelled before"] == "2"


def test_I7_only_what_is_possible_is_offered(desk):
    def offered(campaign) -> set[str]:
        page = desk.get(address(campaign))
        names = {name for name, _ in page.context["acts"]}
        return names | ({"cancel"} if page.context.get("may_cancel") else set())

    campaign = CampaignFactory(numbers=DANA)
    assert offered(campaign) == {"start"}
    act(desk, campaign, "start")
    assert offered(campaign) == {"pause", "cancel"}
    act(desk, campaign, "pause")
    assert offered(campaign) == {"resume", "cancel"}
    act(desk, campaign, "cancel")
    assert offered(campaign) == set()


def test_I7_a_started_campaign_keeps_its_text_and_may_change_its_rate(desk):
    campaign = started_campaign(DANA)
    before = Campaign.objects.get().next_at

    page = desk.get(address(campaign))
    assert 'name="body"' not in page.text
    desk.post(address(campaign), {"per_minute": 7})

    campaign.refresh_from_db()
    assert (campaign.per_minute, campaign.body) == (7, "Hello {first_name}")
    assert (campaign.state, campaign.next_at) == (CampaignState.RUNNING, before)


def test_I7_a_form_that_was_opened_before_the_start_is_refused(desk):
    campaign = CampaignFactory(numbers=DANA)
    start_campaign(campaign_id=campaign.pk, seen=campaign.seen, now=clock.now())

    page = desk.post(address(campaign), form(campaign.channel, body="Another"))

    assert "The campaign was started meanwhile" in page.text
    campaign.refresh_from_db()
    assert campaign.body == "Hello {first_name}"


def test_I7_one_that_is_over_is_only_looked_at_and_none_that_was_started_is_deleted(desk):
    campaign = started_campaign(DANA)
    cancel_campaign(campaign_id=campaign.pk, now=clock.now())

    assert desk.get(address(campaign)).status_code == 200
    assert desk.post(address(campaign), {"per_minute": 7}).status_code == 403
    assert desk.post(address(campaign, "delete"), {"post": "yes"}).status_code == 403
    draft = CampaignFactory()
    desk.post(address(draft, "delete"), {"post": "yes"})
    assert list(Campaign.objects.all()) == [campaign]


def test_I7_who_may_only_look_starts_nothing(client):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(clerk)
    campaign = CampaignFactory(numbers=DANA)

    page = client.get(address(campaign))
    assert (page.status_code, page.context["acts"]) == (200, [])
    assert act(client, campaign, "start").status_code == 403
    clerk.user_permissions.clear()
    assert client.get(address(campaign)).status_code == 403


def test_I7_addresses_that_make_no_sense_are_not_found(desk):
    campaign = CampaignFactory(numbers=DANA)
    url = reverse("admin:cases_campaign_act", args=[campaign.pk, "start"])

    assert desk.get(url).status_code == 405
    assert desk.post(url.replace("start", "explode")).status_code == 404
    for nonsense in ("0", "9" * 30):
        assert desk.post(url.replace(f"/{campaign.pk}/", f"/{nonsense}/")).status_code == 404


def test_I7_everybody_it_texts_is_listed_with_what_became_of_it(desk):
    CustomerFactory(name="Dana Whitfield", phones=[DANA])
    campaign = started_campaign(DANA, PRIYA)
    ConsentEntryFactory(channel=campaign.channel, address=PRIYA)
    send_due_campaign_texts()
    Message.objects.update(state="FAILED", failure="Nobody has this number.", due_at=None)

    address = reverse("admin:cases_campaignrecipient_changelist")
    page = desk.get(address, {"campaign__id__exact": campaign.pk})

    assert "+1 415-555-0101" in page.text
    assert "Dana Whitfield" in page.text
    assert "not delivered Nobody has this number." in page.text
    assert "asked for no more texts" in page.text


def test_I7_a_time_in_the_future_is_said(desk):
    campaign = CampaignFactory(numbers=DANA, starts_at=clock.now() + timedelta(days=1))

    assert "1 minute, from " in figures(desk.get(address(campaign)))["Takes"]
    act(desk, campaign, "start")
    heading = desk.get(address(campaign)).context["heading"]
    assert f"{campaign.starts_at:%d %b %Y, %H:%M:%S} UTC" in heading


def test_A22_a_running_campaign_says_that_it_waits_and_why(desk):
    campaign = started_campaign(DANA)
    SmsSwitch.objects.update(sms_on=False, reason="Maintenance")

    send_due_campaign_texts()
    page = desk.get(address(campaign))

    assert page.context["heading"] == (
        "Started, but it waits. SMS is switched off for the whole company: Maintenance."
        " Texts still come in."
    )
    assert not Message.objects.exists()
