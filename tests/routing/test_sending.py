"""A15, A16, A20–A22: off means off for everything that would be sent, and texts still come in."""

from __future__ import annotations

from importlib import import_module
from urllib.parse import parse_qs

import pytest
import responses
from django.apps import apps
from django.contrib.auth import get_user_model

from agents.models import Agent
from cases.services.campaigns import CampaignRefused, resume_campaign, text_next
from routing.enums import (
    Author,
    ChannelState,
    InteractionState,
    MessageState,
    Reach,
    Unreachable,
)
from routing.models import Channel, Destination, Message, SendingPolicy, SmsSwitch
from routing.services.announcements import NotReachable, announce
from routing.services.delivery import deliver_message
from routing.services.initiate import start_conversation
from routing.services.outbound import TextRefused, retry_message, send_text
from routing.services.sending import (
    ChannelRefused,
    allow_destinations,
    move_channel,
    switch_sms,
)
from smsdesk.lib import clock
from smsdesk.settings.environment import ROOT
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    DestinationFactory,
    MessageFactory,
    ScheduleFactory,
    SendingPolicyFactory,
    active_interaction,
    inbound_text,
    started_campaign,
)
from tests.routing.steps import new_id

pytestmark = pytest.mark.django_db
CUSTOMER, GERMAN = "+14155550123", "+4915112345678"


@pytest.fixture
def channel():
    schedule = ScheduleFactory()
    schedule.spans.all().delete()
    return ChannelFactory(schedule=schedule, off_hours_reply="We are closed.")


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue], present=True)


@pytest.fixture
def talk(agent, channel):
    return active_interaction(agent, channel=channel, customer_address=CUSTOMER)


def company_off() -> None:
    user = get_user_model().objects.create_superuser("boss")
    switch_sms(on=False, reason="Maintenance", user_id=user.pk, now=clock.now())


def policy_off() -> None:
    SendingPolicy.objects.update(sms_on=False)


def channel_suspended() -> None:
    for channel in Channel.objects.all():
        move_channel(channel_id=channel.pk, to=ChannelState.SUSPENDED, now=clock.now())


OFF = pytest.mark.parametrize(
    ("switch_off", "words"),
    [
        pytest.param(company_off, "SMS is switched off for the whole company", id="A22"),
        pytest.param(policy_off, "switched off by the sending policy", id="A21"),
        pytest.param(channel_suspended, "is suspended", id="A15"),
    ],
)


def send(talk, body: str = "hello") -> Message:
    return send_text(
        interaction_id=talk.pk,
        agent_id=talk.agent_id,
        body=body,
        client_id=new_id(),
        now=clock.now(),
    )


def first_text(channel, agent, number: str = "+14155550177") -> Message:
    return start_conversation(
        channel_id=channel.pk,
        agent_id=agent.pk,
        number=number,
        body="hello",
        client_id=new_id(),
        now=clock.now(),
    )


@OFF
class TestOff:
    def test_A15_A21_A22_no_reply_is_sent(self, talk, switch_off, words):
        switch_off()

        with pytest.raises(TextRefused, match=words):
            send(talk)

        assert not Message.objects.exists()

    def test_A15_A21_A22_nothing_is_sent_again(self, talk, switch_off, words):
        failed = MessageFactory(
            interaction=talk, author=Author.AGENT, agent=talk.agent, state=MessageState.FAILED
        )
        switch_off()

        with pytest.raises(TextRefused, match=words):
            retry_message(
                message_id=failed.pk, agent_id=talk.agent_id, client_id=new_id(), now=clock.now()
            )

        assert list(Message.objects.all()) == [failed]

    def test_A15_A21_A22_no_agent_texts_first(self, channel, agent, switch_off, words):
        switch_off()
        words = "Choose another one" if switch_off is channel_suspended else words

        with pytest.raises(TextRefused, match=words):
            first_text(channel, agent)

        assert not channel.interactions.exists()

    def test_A15_A21_A22_no_automatic_text_goes_out_and_the_text_is_kept(
        self, channel, switch_off, words
    ):
        switch_off()

        inbound_text(channel, CUSTOMER, "anybody there?")

        assert [message.body for message in Message.objects.all()] == ["anybody there?"]
        assert channel.interactions.get().state == InteractionState.HELD

    def test_A15_A21_A22_a_text_comes_in_and_is_shown_in_its_conversation(
        self, talk, channel, switch_off, words
    ):
        switch_off()

        inbound_text(channel, CUSTOMER, "still here")

        talk.refresh_from_db()
        assert (talk.messages.get().body, talk.unanswered) == ("still here", 1)

    def test_A15_A21_A22_no_campaign_begins_or_goes_on(self, switch_off, words):
        campaign = started_campaign(CUSTOMER)
        switch_off()

        assert text_next(campaign_id=campaign.pk, now=clock.now()) is None
        assert campaign.recipients.get().state == "WAITING"
        with pytest.raises(CampaignRefused, match=words):
            started_campaign(CUSTOMER, channel=campaign.channel)
        campaign.state = "PAUSED"
        campaign.next_at = None
        campaign.save()
        with pytest.raises(CampaignRefused, match=words):
            resume_campaign(campaign_id=campaign.pk, now=clock.now())

        assert not Message.objects.exists()

    @responses.activate
    def test_A15_A21_A22_what_waits_in_the_outbox_is_not_handed_over(self, talk, switch_off, words):
        message = send(talk)
        switch_off()

        deliver_message(message_id=message.pk, now=clock.now())

        message.refresh_from_db()
        assert message.state == MessageState.FAILED
        assert words in message.failure
        assert len(responses.calls) == 0


def test_A22_switched_on_again_everything_goes(talk):
    company_off()
    user = get_user_model().objects.get(username="boss")
    switch_sms(on=True, reason="", user_id=user.pk, now=clock.now())

    assert send(talk).state == MessageState.QUEUED


def test_A22_it_is_kept_who_switched_and_when():
    company_off()

    switch = SmsSwitch.objects.get()
    assert (switch.changed_by.username, switch.reason) == ("boss", "Maintenance")
    assert switch.changed_at is not None


def test_A21_a_policy_that_is_off_stops_only_whose_it_is(talk, channel):
    other = AgentFactory(queues=[channel.queue])
    SendingPolicyFactory(name="Trainees", agents=[other], sms_on=False)

    assert send(talk).state == MessageState.QUEUED
    with pytest.raises(TextRefused, match="“Trainees”"):
        send(active_interaction(other, channel=channel))


def test_A10_received_from_everywhere_and_sent_to_the_us_and_canada_only(channel, agent):
    SendingPolicy.objects.update(name="Personal", reach=Reach.LISTED, countries=["US", "CA"])

    inbound_text(channel, GERMAN, "hallo")

    assert channel.interactions.get().messages.get().body == "hallo"
    with pytest.raises(TextRefused, match="allows texts to Canada and United States only"):
        send(active_interaction(agent, channel=ChannelFactory(), customer_address=GERMAN))
    assert first_text(channel, agent, "+16135550177").state == MessageState.QUEUED


def test_A9_a_country_that_is_forbidden_is_refused_before_the_carrier_is_asked(channel, agent):
    DestinationFactory(country="DE", allowed=False, reason="No contract")

    with pytest.raises(TextRefused, match="Texts to Germany are not allowed: No contract"):
        first_text(channel, agent, GERMAN)
    with pytest.raises(NotReachable) as refused:
        announce(channel=channel, address=GERMAN, body="hello", campaign="Spring", now=clock.now())

    assert refused.value.why == Unreachable.FORBIDDEN
    assert not Message.objects.exists()


def test_A9_a_campaign_leaves_out_a_forbidden_country_and_says_so():
    DestinationFactory(country="DE", allowed=False)
    campaign = started_campaign(GERMAN, CUSTOMER)

    assert [text_next(campaign_id=campaign.pk, now=clock.now()) for _ in range(2)] == [False, True]

    left_out = campaign.recipients.get(number=GERMAN)
    assert left_out.get_reason_display() == "in a country that may not be texted"


def test_A25_links_are_refused_over_a_plain_text_channel_and_nothing_is_lost(talk):
    Channel.objects.update(media_policy="PLAIN")
    talk.draft = "See https://acme.example"
    talk.save()

    with pytest.raises(TextRefused, match=r"Take out “https://acme\.example”"):
        send(talk, talk.draft)

    talk.refresh_from_db()
    assert talk.draft == "See https://acme.example"
    assert send(talk, "See our page").state == MessageState.QUEUED


def test_A25_a_campaign_with_emoji_is_not_started_over_a_channel_without(channel):
    channel.media_policy = "LINKS"
    channel.save()

    with pytest.raises(CampaignRefused, match="No emoji can be sent"):
        started_campaign(CUSTOMER, channel=channel, body="Spring 🌷")


@responses.activate
def test_A16_the_sender_is_the_channels_own_number_whoever_sends(talk, agent, channel):
    account = channel.account
    url = f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
    for sid in ("SM1", "SM2", "SM3", "SM4"):
        responses.post(url, json={"sid": sid}, status=201)
    inbound_text(channel, "+14155550188", "anybody there?")
    campaign = started_campaign("+14155550166", channel=channel)
    text_next(campaign_id=campaign.pk, now=clock.now())
    texts = [
        send(talk),
        first_text(channel, agent),
        Message.objects.get(author=Author.AUTOMATIC, body="We are closed."),
        campaign.recipients.get().message,
    ]

    for text in texts:
        deliver_message(message_id=text.pk, now=clock.now())

    asked = [parse_qs(call.request.body) for call in responses.calls]
    assert [fields["From"] for fields in asked] == [[channel.number]] * 4


class TestChannelStates:
    def test_A2_A15_a_number_goes_from_its_port_in_to_active_and_may_be_suspended(self):
        channel = ChannelFactory(state=ChannelState.PORTING)

        for state in (ChannelState.PROVISIONING, ChannelState.ACTIVE, ChannelState.SUSPENDED):
            move_channel(channel_id=channel.pk, to=state, now=clock.now())
            channel.refresh_from_db()
            assert channel.state == state

    def test_A15_what_is_active_is_not_ported_in(self):
        channel = ChannelFactory(name="Claims")

        with pytest.raises(ChannelRefused, match="Claims is active, so it cannot become port-in"):
            move_channel(channel_id=channel.pk, to=ChannelState.PORTING, now=clock.now())

    def test_A11_a_number_that_cannot_text_is_not_activated(self):
        channel = ChannelFactory(number="+447400123456", state=ChannelState.PROVISIONING)

        with pytest.raises(ChannelRefused, match="receive no texts"):
            move_channel(channel_id=channel.pk, to=ChannelState.ACTIVE, now=clock.now())

        channel.refresh_from_db()
        assert channel.state == ChannelState.PROVISIONING


def test_A22_open_desks_look_again_at_once(agent):
    def versions() -> list[int]:
        return list(Agent.objects.order_by("pk").values_list("desk_version", flat=True))

    before = versions()
    company_off()
    switched = versions()
    allow_destinations(destination_ids=[DestinationFactory(country="DE").pk], allowed=False)

    assert [new - old for new, old in zip(switched, before, strict=True)] == [1]
    assert [new - old for new, old in zip(versions(), switched, strict=True)] == [1]
    assert not Destination.objects.get().allowed


def test_A2_channels_that_were_in_use_stay_so_as_their_numbers_tell():
    for number in ("+14155550199", "+18005550199", "24453", "+442071838750"):
        ChannelFactory(number=number, state=ChannelState.PROVISIONING, number_type="", country="")
    (migration,) = (ROOT / "routing" / "migrations").glob("*_channels_and_policies.py")

    import_module(f"routing.migrations.{migration.stem}").describe_old_channels(apps, None)

    assert list(Channel.objects.order_by("pk").values_list("state", "number_type", "country")) == [
        ("ACTIVE", "LONG_CODE", "US"),
        ("ACTIVE", "TOLL_FREE", "US"),
        ("ACTIVE", "SHORT_CODE", "US"),
        ("ACTIVE", "LONG_CODE", "GB"),
    ]
