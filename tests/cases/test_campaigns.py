"""I7, I9: a campaign from start to done: whom it texts, when, and when not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count

from cases.enums import Audience, CampaignState, LeftOut, RecipientState
from cases.models import Campaign, CampaignRecipient
from cases.selectors.campaigns import answered_campaign, progress_of
from cases.services.campaigns import (
    MOST_ON_THEIR_WAY,
    MOST_STEPS,
    CampaignRefused,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    send_due_campaign_texts,
    start_campaign,
    text_next,
)
from routing.enums import Author, EventKind, InteractionState, MessageState
from routing.models import Interaction, Message, Rule
from routing.services.interactions import end_interaction
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CampaignFactory,
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    InteractionFactory,
    QueueFactory,
    active_interaction,
    inbound_text,
    started_campaign,
)
from tests.faults.invariants import assert_invariants
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db
DANA, PRIYA, JO = "+14155550101", "+14155550102", "+14155550103"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _all_invariants_hold():
    yield
    with connection.cursor() as cursor:
        assert_invariants(cursor, late="1 day")  # no sweep hands these texts to a carrier


def start(campaign, **changes) -> int:
    names = {"campaign_id": campaign.pk, "seen": campaign.seen, "now": clock.now()}
    return start_campaign(**names | changes)


def act(service, campaign) -> None:
    now = {} if service is pause_campaign else {"now": clock.now()}
    service(campaign_id=campaign.pk, **now)
    campaign.refresh_from_db()


def numbers(count: int) -> list[str]:
    return [f"+1415556{place:04}" for place in range(count)]


def take_all(state: MessageState = MessageState.SENT) -> None:
    """The carrier takes what is in the outbox."""
    Message.objects.filter(state=MessageState.QUEUED).update(state=state, due_at=None, failure="-")


def texted() -> list[str]:
    sent = Message.objects.exclude(author=Author.CUSTOMER).order_by("pk")
    return list(sent.values_list("interaction__customer_address", flat=True))


def reasons(campaign) -> dict[str, str]:
    return dict(
        campaign.recipients.filter(state=RecipientState.LEFT_OUT).values_list("number", "reason")
    )


class TestStarting:
    def test_I7_it_writes_down_whom_it_texts_and_begins(self):
        CustomerFactory(name="Dana", phones=[DANA])
        campaign = CampaignFactory(numbers=f"{DANA}\n{PRIYA}\n{DANA}")

        assert start(campaign) == 2

        campaign.refresh_from_db()
        assert campaign.state == CampaignState.RUNNING
        assert campaign.passed_over == {LeftOut.DOUBLE: 1}
        assert dict(campaign.recipients.values_list("number", "name")) == {DANA: "Dana", PRIYA: ""}

    def test_I7_it_is_not_started_twice(self):
        campaign = started_campaign(DANA)

        with pytest.raises(CampaignRefused, match="was started already"):
            start(campaign)

    def test_I7_it_is_not_started_when_it_was_changed_since_it_was_looked_at(self):
        campaign = CampaignFactory(numbers=DANA)
        seen = campaign.seen
        Campaign.objects.update(body="Something else")

        with pytest.raises(CampaignRefused, match="changed since you looked"):
            start(campaign, seen=seen)

    def test_I7_it_is_not_started_for_nobody(self):
        with pytest.raises(CampaignRefused, match="There is nobody to text"):
            start(CampaignFactory(audience=Audience.CONTACTS))

    def test_I7_it_is_not_started_for_too_many(self, monkeypatch):
        monkeypatch.setattr("cases.services.campaigns.MOST_RECIPIENTS", 1)

        with pytest.raises(CampaignRefused, match="would text 2 numbers; one campaign texts 1 at"):
            start(CampaignFactory(numbers=f"{DANA}\n{PRIYA}"))

    def test_I7_it_is_not_started_where_a_name_makes_its_text_too_long(self):
        CustomerFactory(name="D" * 100, phones=[DANA])
        campaign = CampaignFactory(body="x" * 1450 + "{customer}", numbers=f"{DANA}\n{PRIYA}")

        with pytest.raises(CampaignRefused, match="the text has 1550 characters; at most 1500"):
            start(campaign)

    def test_I7_it_waits_for_the_time_it_is_set_to(self):
        campaign = started_campaign(DANA, starts_at=clock.now() + MINUTE)

        assert text_next(campaign_id=campaign.pk, now=clock.now()) is None
        assert text_next(campaign_id=campaign.pk, now=clock.now() + MINUTE) is True

    def test_I7_a_time_that_has_passed_is_now(self):
        started_campaign(DANA, starts_at=clock.now() - MINUTE)

        send_due_campaign_texts()

        assert texted() == [DANA]


class TestSending:
    def test_I7_it_texts_each_number_in_a_conversation_of_its_own_that_is_closed_at_once(self):
        CustomerFactory(name="Dana Whitfield", phones=[DANA])
        campaign = started_campaign(DANA, name="Spring")

        send_due_campaign_texts()

        message = Message.objects.get()
        assert (message.author, message.state) == (Author.AUTOMATIC, MessageState.QUEUED)
        assert message.body == "Hello Dana"
        interaction = message.interaction
        assert (interaction.state, interaction.agent) == (InteractionState.CLOSED, None)
        assert interaction.is_announcement
        assert life_line(interaction) == [EventKind.ANNOUNCED]
        assert interaction.events.get().detail == {"campaign": "Spring"}
        campaign.refresh_from_db()
        assert campaign.state == CampaignState.DONE
        assert campaign.recipients.get().message == message

    def test_I7_who_opted_out_is_left_out(self):
        campaign = started_campaign(DANA, PRIYA)
        ConsentEntryFactory(channel=campaign.channel, address=DANA)

        send_due_campaign_texts()

        assert texted() == [PRIYA]
        assert reasons(campaign) == {DANA: LeftOut.OPTED_OUT}

    def test_I7_who_is_in_an_open_conversation_is_left_out_whatever_the_channel(self):
        campaign = started_campaign(DANA, PRIYA, JO)
        InteractionFactory(channel=campaign.channel, customer_address=DANA)
        active_interaction(AgentFactory(), customer_address=PRIYA)

        send_due_campaign_texts()

        assert texted() == [JO]
        assert reasons(campaign) == {DANA: LeftOut.TALKING, PRIYA: LeftOut.TALKING}

    def test_I7_who_is_being_wrapped_up_is_texted(self):
        campaign = started_campaign(DANA)
        agent = AgentFactory()
        interaction = active_interaction(agent, channel=campaign.channel, customer_address=DANA)
        end_interaction(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

        send_due_campaign_texts()

        assert texted() == [DANA]

    def test_I7_our_own_numbers_are_left_out(self):
        own = ChannelFactory().number
        campaign = started_campaign(own)

        send_due_campaign_texts()

        assert reasons(campaign) == {own: LeftOut.OURS}
        campaign.refresh_from_db()
        assert campaign.state == CampaignState.DONE

    def test_I7_two_campaigns_take_turns_and_each_texts_a_number(self):
        first, second = started_campaign(DANA, PRIYA), started_campaign(DANA, PRIYA)

        send_due_campaign_texts()
        later = clock.now() + MINUTE
        for campaign in (first, second):
            text_next(campaign_id=campaign.pk, now=later)

        assert texted() == [DANA, DANA, PRIYA, PRIYA]

    def test_I7_no_more_texts_of_all_campaigns_are_on_their_way_than_four(self):
        for _ in range(6):
            started_campaign(*numbers(3))

        send_due_campaign_texts()
        send_due_campaign_texts()

        assert len(texted()) == MOST_ON_THEIR_WAY
        take_all()
        send_due_campaign_texts()
        assert len(texted()) > MOST_ON_THEIR_WAY

    def test_I7_a_sweep_leaves_out_only_so_many_at_once(self):
        channel = ChannelFactory()
        for number in numbers(MOST_STEPS + 5):
            ConsentEntryFactory(channel=channel, address=number)
        campaign = started_campaign(*numbers(MOST_STEPS + 5), channel=channel)

        send_due_campaign_texts()

        assert len(reasons(campaign)) == MOST_STEPS

    def test_I7_one_campaigns_trouble_keeps_no_other_waiting(self, caplog):
        broken, sound = started_campaign(DANA), started_campaign(PRIYA)
        Campaign.objects.filter(pk=broken.pk).update(body="x" * 10, per_minute=0)

        send_due_campaign_texts()

        assert texted() == [PRIYA]
        assert f"Campaign {broken.pk} cannot go on" in caplog.text
        sound.refresh_from_db()
        assert sound.state == CampaignState.DONE
        act(cancel_campaign, broken)


class TestRate:
    def sent_within(self, campaign, begin, seconds: float) -> int:
        """How many a sweep twice a second sends from ``begin`` on, with carriers at their best."""
        count = 0
        for tick in range(int(seconds * 2)):
            while text_next(campaign_id=campaign.pk, now=begin + timedelta(seconds=tick / 2)):
                count += 1
        return count

    @pytest.mark.parametrize(("per_minute", "seconds"), [(1, 150), (30, 60), (300, 10)])
    def test_I7_the_rate_is_kept(self, per_minute, seconds):
        campaign = started_campaign(*numbers(60), per_minute=per_minute)

        sent = self.sent_within(campaign, clock.now(), seconds)

        # The first one goes at once, and one second may be made up for.
        assert abs(sent - per_minute * seconds / 60) <= 1 + per_minute / 60
        act(cancel_campaign, campaign)

    def test_I7_after_an_outage_it_does_not_make_up_for_what_was_missed(self):
        campaign = started_campaign(*numbers(100), per_minute=30)
        begin = clock.now()
        self.sent_within(campaign, begin, 10)

        assert self.sent_within(campaign, begin + 10 * MINUTE, 10) <= 5 + 1
        act(cancel_campaign, campaign)


class TestPausing:
    def test_I7_a_paused_campaign_sends_nothing_before_it_is_resumed(self):
        campaign = started_campaign(DANA, PRIYA, per_minute=1)
        send_due_campaign_texts()
        take_all()

        act(pause_campaign, campaign)
        send_due_campaign_texts()
        assert text_next(campaign_id=campaign.pk, now=clock.now() + MINUTE) is None
        assert texted() == [DANA]

        act(resume_campaign, campaign)
        send_due_campaign_texts()
        assert texted() == [DANA, PRIYA]

    def test_I7_what_no_carrier_has_seen_is_taken_back_and_sent_when_it_is_resumed(self):
        campaign = started_campaign(DANA, per_minute=1)
        campaign.recipients.create(number=PRIYA, due_at=clock.now())
        send_due_campaign_texts()

        act(pause_campaign, campaign)

        message = Message.objects.get()
        assert message.state == MessageState.FAILED
        assert message.failure == "The campaign was paused before this was sent."
        assert progress_of(campaign, clock.now()).waiting == 2
        act(resume_campaign, campaign)
        send_due_campaign_texts()
        assert campaign.recipients.get(number=DANA).message.state == MessageState.QUEUED

    def test_I7_what_a_carrier_was_asked_to_take_is_withdrawn_and_never_sent_again(self):
        campaign = started_campaign(DANA, PRIYA, per_minute=1)
        send_due_campaign_texts()
        Message.objects.update(attempts=1)

        act(pause_campaign, campaign)
        act(resume_campaign, campaign)
        send_due_campaign_texts()

        assert texted() == [DANA, PRIYA]
        assert progress_of(campaign, clock.now()).failed == 1

    def test_I7_a_cancelled_campaign_sends_nothing_more_and_says_whom_it_left_out(self):
        campaign = started_campaign(DANA, PRIYA, per_minute=1)
        send_due_campaign_texts()

        act(cancel_campaign, campaign)
        send_due_campaign_texts()

        assert Message.objects.get().state == MessageState.FAILED
        assert reasons(campaign) == {DANA: LeftOut.CANCELLED, PRIYA: LeftOut.CANCELLED}
        assert (campaign.state, campaign.next_at) == (CampaignState.CANCELLED, None)

    @pytest.mark.parametrize(
        ("service", "sentence"),
        [
            (pause_campaign, "This campaign is draft; it cannot be paused now."),
            (resume_campaign, "This campaign is not paused; there is nothing to resume."),
            (cancel_campaign, "This campaign is draft; it cannot be cancelled now."),
        ],
    )
    def test_I7_a_draft_is_not_paused_resumed_or_cancelled(self, service, sentence):
        with pytest.raises(CampaignRefused, match=sentence):
            act(service, CampaignFactory())

    def test_I7_a_campaign_that_is_over_stays_over(self):
        campaign = started_campaign(DANA)
        act(cancel_campaign, campaign)

        for service in (pause_campaign, resume_campaign, cancel_campaign):
            with pytest.raises(CampaignRefused, match=r"This campaign is .+\."):
                act(service, campaign)


class TestReplies:
    def test_I7_B9_a_reply_is_an_ordinary_text_that_goes_where_the_rules_say(self):
        queue = QueueFactory()
        campaign = started_campaign(DANA, PRIYA)
        Rule.objects.create(name="Yes", keyword="yes", queue=queue)
        send_due_campaign_texts()
        take_all()
        text_next(campaign_id=campaign.pk, now=clock.now() + MINUTE)

        inbound_text(campaign.channel, DANA, "yes please")
        inbound_text(campaign.channel, PRIYA, "what is this?")

        waiting = Interaction.objects.filter(state=InteractionState.QUEUED)
        assert dict(waiting.values_list("customer_address", "queue")) == {
            DANA: queue.pk,
            PRIYA: campaign.channel.queue_id,
        }

    def reply(self, campaign, number: str = DANA) -> Interaction:
        inbound_text(campaign.channel, number)
        return Interaction.objects.filter(customer_address=number).latest("pk")

    def test_I7_the_conversation_that_follows_is_a_reply_to_the_campaign(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()

        recipient = answered_campaign(self.reply(campaign))

        assert recipient is not None
        assert (recipient.campaign, recipient.message) == (campaign, Message.objects.earliest("pk"))
        assert progress_of(campaign, clock.now()).answered == 1

    def test_I7_the_one_after_that_is_none(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()
        first = self.reply(campaign)
        agent = AgentFactory(queues=[campaign.channel.queue])
        route(campaign.channel.queue)
        by = {"agent_id": agent.pk, "now": clock.now()}
        accept_offer(offer_id=offer_to(agent).pk, **by)
        end_interaction(interaction_id=first.pk, **by)

        assert answered_campaign(self.reply(campaign)) is None

    def test_I7_a_text_over_another_channel_is_none(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()
        inbound_text(ChannelFactory(), DANA)

        assert answered_campaign(Interaction.objects.latest("pk")) is None
        assert progress_of(campaign, clock.now()).answered == 0

    def test_I7_a_text_after_more_than_a_week_is_none(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()
        long_ago = clock.now() - timedelta(days=8)
        Interaction.objects.update(initiated_at=long_ago)
        Message.objects.update(created_at=long_ago)

        assert answered_campaign(self.reply(campaign)) is None
        assert progress_of(campaign, clock.now()).answered == 0

    def test_I7_a_text_to_a_campaign_that_never_reached_them_is_none(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()
        take_all(MessageState.FAILED)

        assert answered_campaign(self.reply(campaign)) is None
        assert progress_of(campaign, clock.now()).answered == 0

    def test_I7_what_an_agent_begins_is_none(self):
        campaign = started_campaign(DANA)
        send_due_campaign_texts()
        ours = active_interaction(
            AgentFactory(), channel=campaign.channel, customer_address=DANA, agent_initiated=True
        )

        assert answered_campaign(ours) is None


def test_I7_its_progress_counts_everybody_once():
    campaign = started_campaign(*numbers(6), DANA, DANA)
    ConsentEntryFactory(channel=campaign.channel, address=numbers(1)[0])
    for _ in range(6):
        text_next(campaign_id=campaign.pk, now=clock.now() + MINUTE)
    states = [MessageState.DELIVERED, MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN]
    for message, state in zip(Message.objects.order_by("pk"), states, strict=False):
        Message.objects.filter(pk=message.pk).update(state=state, due_at=None, failure="-")

    progress = progress_of(campaign, clock.now())

    assert (progress.recipients, progress.waiting, progress.leaving) == (7, 1, 1)
    assert (progress.sent, progress.delivered) == (2, 1)
    assert (progress.failed, progress.unknown) == (1, 1)
    assert progress.left_out == [
        ("named twice; texted once", 1),
        ("asked for no more texts", 1),
    ]
    assert progress.settled == 71


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RecipientState.TEXTED},
        {"state": RecipientState.LEFT_OUT},
        {"reason": LeftOut.DOUBLE},
    ],
)
def test_I7_the_database_refuses_a_recipient_that_makes_no_sense(changes):
    started_campaign(DANA)

    with pytest.raises(IntegrityError), transaction.atomic():
        CampaignRecipient.objects.update(**changes)


def test_I7_the_database_refuses_a_number_twice_in_a_campaign():
    campaign = started_campaign(DANA)

    with pytest.raises(IntegrityError), transaction.atomic():
        campaign.recipients.create(number=DANA, due_at=clock.now())
    assert campaign.recipients.aggregate(Count("pk")) == {"pk__count": 1}
