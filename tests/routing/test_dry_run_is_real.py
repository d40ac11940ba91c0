"""N8: a dry run does with real texts what really became of them, and a change as it is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from django.db.models import Model
from django.urls import reverse

from routing.enums import Author, InteractionState, OverflowDoes
from routing.models import Channel, Interaction, Offer, Queue, Rule, Schedule
from routing.selectors.first_texts import first_texts
from routing.selectors.queues import queue_terms
from routing.selectors.rules import channel_ways, rules_in_order
from routing.services.dry_run import Setup
from routing.services.offers import accept_offer
from routing.services.overflow import overflow_if_due
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    CustomerFactory,
    QueueFactory,
    RuleFactory,
    ScheduleFactory,
    SkillFactory,
    inbound_text,
)
from tests.routing.steps import route
from tests.support.admin_forms import untouched

pytestmark = pytest.mark.django_db
MOVE, RELAX, RAISE = OverflowDoes.MOVE, OverflowDoes.RELAX, OverflowDoes.RAISE
SENDERS = ("+14155550{:03}", "+16475550{:03}", "+49151123450{:03}")
BODIES = ("hello", "#ADVENTUREME please", "STOP", "#adventureme")
TEXTS = 14


@pytest.fixture
def desk(db):
    """Rules, hours, skills and overflow steps of every kind; two agents, one the better."""
    spanish = SkillFactory(name="Spanish")
    claims = QueueFactory(name="Claims", priority=2, skill=spanish, minimum_level=3)
    helping, sales = QueueFactory(name="Help", priority=7), QueueFactory(name="Sales")
    claims.overflow_steps.create(after_seconds=30, does=RAISE, raise_by=5)
    claims.overflow_steps.create(after_seconds=60, does=RELAX, level=1)
    claims.overflow_steps.create(after_seconds=120, does=MOVE, to_queue=helping)
    helping.overflow_steps.create(after_seconds=45, does=RAISE, raise_by=10)
    helping.overflow_steps.create(after_seconds=90, does=MOVE, to_queue=claims)
    sales.overflow_steps.create(after_seconds=20, does=MOVE, to_queue=claims)
    office = ScheduleFactory(spans=[(day, time(8), time(18)) for day in range(7)])
    ChannelFactory(queue=claims)
    ChannelFactory(queue=helping, schedule=office, off_hours_reply="Open {hours}.")
    ChannelFactory(queue=sales)
    RuleFactory(position=1, keyword="#ADVENTUREME", queue=sales, campaign_tag="Tours", reply="Hi!")
    RuleFactory(position=2, countries="DE", queue=None, priority=4)
    RuleFactory(position=3, schedule=office, in_schedule=False, queue=helping)
    RuleFactory(position=4, known_customer=True, queue=claims)
    for level in (4, 2):
        AgentFactory(queues=[claims, helping, sales], skills={spanish: level}, limit=12)


def texts_come(random: Random) -> None:
    """Texts of the last days, each of which waits for a while, moves on, and is accepted."""
    channels = list(Channel.objects.order_by("pk"))
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    for number in range(TEXTS):
        sender = random.choice(SENDERS).format(number)
        if random.random() < 0.3:
            CustomerFactory(phones=[sender])
        at = day + timedelta(hours=random.randrange(48), minutes=number)
        inbound_text(random.choice(channels), sender, random.choice(BODIES), now=at)
        text = Interaction.objects.latest("pk")
        until = at + timedelta(seconds=random.choice([5, 25, 50, 70, 130, 200, 400]))
        moves_on_until(text, until)
        if text.state == InteractionState.QUEUED and route(text.queue, now=until):
            offer = Offer.objects.latest("pk")
            accept_offer(offer_id=offer.pk, agent_id=offer.agent_id, now=until)


def moves_on_until(text: Interaction, until: datetime) -> None:
    while text.overflow_due_at and text.overflow_due_at <= until:
        overflow_if_due(interaction_id=text.pk, now=text.overflow_due_at)
        text.refresh_from_db()


@pytest.mark.parametrize("seed", range(6))
def test_N8_what_is_tried_is_what_really_became_of_each_text(desk, seed):
    texts_come(Random(seed))  # noqa: S311 - no secret
    setup = Setup(rules_in_order(), channel_ways(), queue_terms())

    sample = first_texts(clock.now())

    assert len(sample.texts) == TEXTS
    for text in sample.texts:
        way, real = setup.way_of(text), Interaction.objects.get(pk=text.interaction_id)
        replies = real.messages.filter(author=Author.AUTOMATIC).values_list("body", flat=True)
        waits = way.waits
        assert (
            way.course.rule.rule_id if way.course.rule else None,
            Queue.objects.get(pk=way.course.queue_id).name,
            way.course.held,
            way.course.campaign_tag,
        ) == (
            real.routing["rule"],
            real.routing["queue"],
            real.state == InteractionState.HELD,
            real.campaign_tag,
        )
        assert (waits.queue_id, waits.priority, waits.asks_level, list(waits.left)) == (
            real.queue_id,
            real.priority,
            real.asks_level,
            real.overflow_left,
        )
        assert way.for_taker in {None, True}
        assert way.reply == "".join(replies) or real.routing["opted_out"]


def tried(client, row: Model, **fields) -> str:
    """What the button beside Save says of the row's page with these fields changed."""
    name = row._meta.model_name
    page = client.get(reverse(f"admin:routing_{name}_change", args=[row.pk]))
    address = reverse(f"admin:routing_{name}_dry_run", args=[row.pk])
    assert f'hx-post="{address}"' in page.text
    form = {key: value for key, value in (untouched(page) | fields).items() if value is not None}
    return " ".join(client.post(address, form).text.split())


def test_N8_tried_as_it_is_no_row_would_make_a_difference(admin_client, desk):
    texts_come(Random(7))  # noqa: S311 - no secret

    for model in (Rule, Queue, Schedule, Channel):
        for row in model.objects.all():
            page = tried(admin_client, row)
            assert "Nothing would have been different." in page, (row, page)


class TestOneText:
    """In Claims, whose only agent took it after 80 seconds."""

    @pytest.fixture
    def claims(self):
        return QueueFactory(name="Claims", priority=2)

    @pytest.fixture
    def robin(self, claims):
        return AgentFactory(name="Robin", queues=[claims])

    @pytest.fixture
    def channel(self, claims, robin):
        channel = ChannelFactory(queue=claims)
        at = datetime.now(UTC) - timedelta(hours=2)
        inbound_text(channel, "+14155550123", now=at)
        route(claims, now=at + timedelta(seconds=80))
        accept_offer(
            offer_id=Offer.objects.get().pk, agent_id=robin.pk, now=at + timedelta(seconds=85)
        )
        return channel

    def step(self, **fields):
        step = {"after_seconds": 60, "to_queue": "", "level": "", "raise_by": "", **fields}
        return {
            "overflow_steps-TOTAL_FORMS": 1,
            **{f"overflow_steps-0-{name}": value for name, value in step.items()},
        }

    def test_N8_N9_a_new_overflow_step_says_which_would_have_moved_on_and_the_waits(
        self, admin_client, channel, claims
    ):
        helping = QueueFactory(name="Help")

        page = tried(admin_client, claims, **self.step(does="MOVE", to_queue=helping.pk))
        later = self.step(does="MOVE", to_queue=helping.pk, after_seconds=81)

        assert "<b>1</b> in another queue" in page
        assert "Claims (no rule), moved on to Help, priority 0, not offered to Robin" in page
        assert "accepted there: Claims 1 min 25 s." in page
        assert "Nothing would have been different." in tried(admin_client, claims, **later)
        assert not claims.overflow_steps.exists()

    def test_N8_N9_a_step_that_raises_or_relaxes_is_told_too(self, admin_client, channel, claims):
        raised = tried(admin_client, claims, **self.step(does="RAISE", raise_by=5))
        ranked = tried(admin_client, claims, priority=9)

        for page in (raised, ranked):
            assert "<b>1</b> at another priority in the same queue" in page
        assert "Claims (no rule), priority 2" in ranked
        assert "Claims (no rule), priority 9" in ranked

    def test_N8_B2_a_skill_that_is_asked_says_whose_texts_would_have_been_others(
        self, admin_client, channel, claims, robin
    ):
        spanish = SkillFactory()
        robin.skills.create(skill=spanish, level=2)

        same = tried(admin_client, claims, skill=spanish.pk)
        page = tried(admin_client, claims, skill=spanish.pk, minimum_level=3)

        assert "Nothing would have been different." in same
        assert "<b>1</b> not offered to who accepted them, for want of the skill" in page
        assert "Claims (no rule), not offered to Robin" in page
        assert "Nobody can be offered its texts: no member has the skill that it asks." in page
        claims.refresh_from_db()
        assert (claims.skill, claims.minimum_level) == (None, 1)

    def test_N8_B5_a_member_taken_out_is_told_by_the_texts_they_accepted(
        self, admin_client, channel, claims
    ):
        page = tried(admin_client, claims, **{"memberships-0-DELETE": "on"})

        assert "<b>1</b> not offered to who accepted them" in page
        assert claims.members.count() == 1

    def test_N8_a_channel_is_tried_with_another_queue_hours_and_reply(self, admin_client, channel):
        closed = ScheduleFactory(spans=[(day, time(0), time(0, 1)) for day in range(7)])

        moved = tried(admin_client, channel, queue=QueueFactory(name="Help").pk)
        held = tried(admin_client, channel, schedule=closed.pk, off_hours_reply="Closed.")

        assert "<b>1</b> in another queue" in moved
        assert "Help (no rule), priority 0, not offered to Robin" in moved
        assert "<b>1</b> held for opening hours" in held
        assert "<b>1</b> with another automatic text" in held
        channel.refresh_from_db()
        assert (channel.queue.name, channel.schedule) == ("Claims", None)

    @pytest.mark.parametrize("name", ["queue", "channel"])
    def test_N8_one_that_is_new_says_that_nothing_came_to_it_yet(self, admin_client, channel, name):
        page = admin_client.get(reverse(f"admin:routing_{name}_add"))
        new = {"name": "Storm", "number": "+14155550777", "queue": channel.queue_id}
        form = untouched(page) | new | {"account": channel.account_id}

        answer = admin_client.post(reverse(f"admin:routing_{name}_dry_run"), form)

        words = {"queue": "No channel and no rule uses this queue yet."}
        assert words.get(name, "No text has come to this number") in answer.text
