"""N18: a number sends no faster than its carrier lets it; what waits its turn is not lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.enums import Author, InteractionState, MessageState
from routing.models import Channel, Interaction, Message
from routing.selectors.due import MOST_AGENTS_TURNS, next_text, unsent_messages
from routing.services.delivery import deliver_message
from routing.services.turns import take_turn
from tests.factories import ChannelFactory, InteractionFactory, MessageFactory
from tests.routing.steps import rung
from tests.support.twilio import new_sid

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROUNDED = timedelta(microseconds=20)


def queued(
    channel: Channel,
    *,
    parts: int = 1,
    author: Author = Author.AUTOMATIC,
    interaction: Interaction | None = None,
) -> Message:
    return MessageFactory(
        interaction=interaction or InteractionFactory(channel=channel),
        author=author,
        state=MessageState.QUEUED,
        created_at=NOON,
        due_at=NOON,
        parts=parts,
        carrier_message_id="",
    )


def sent_at(texts: list[Message], *, until: datetime) -> list[timedelta]:
    """Let the sweeper's look come ten times a second; when each text left, since noon."""
    left: dict[int, timedelta] = {}
    now = NOON
    while now < until:
        for text in texts:
            if text.pk not in left and deliver_message(message_id=text.pk, now=now):
                left[text.pk] = now - NOON
        now += SECOND / 10
    return [left[text.pk] for text in texts]


@pytest.fixture(autouse=True)
def carrier():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        http.add_callback(
            responses.POST,
            re.compile("https://carrier.example/.*"),
            lambda _: (201, {}, f'{{"sid": "{new_sid()}"}}'),
        )
        yield


def test_N18_one_text_a_second_leaves_one_a_second():
    channel = ChannelFactory(parts_per_second=1)
    texts = [queued(channel) for _ in range(3)]

    assert sent_at(texts, until=NOON + 4 * SECOND) == [0 * SECOND, SECOND, 2 * SECOND]


def test_N18_a_long_text_is_several():
    channel = ChannelFactory(parts_per_second=1)
    texts = [queued(channel, parts=3), queued(channel)]

    assert sent_at(texts, until=NOON + 5 * SECOND) == [0 * SECOND, 3 * SECOND]


def test_N18_one_number_keeps_no_other_waiting():
    busy, free = ChannelFactory(parts_per_second=1), ChannelFactory()
    texts = [queued(busy), queued(busy), queued(free), queued(free)]

    assert sent_at(texts, until=NOON + 2 * SECOND) == [0 * SECOND, SECOND, 0 * SECOND, 0 * SECOND]


def test_N18_a_text_that_waits_its_turn_stays_queued_until_then():
    channel = ChannelFactory(parts_per_second=1)
    first, second = queued(channel), queued(channel)
    deliver_message(message_id=first.pk, now=NOON)

    assert deliver_message(message_id=second.pk, now=NOON) is False

    second.refresh_from_db()
    assert (second.state, second.attempts, second.due_at) == (
        MessageState.QUEUED,
        0,
        NOON,
    )


@settings(max_examples=15)
@given(rate=st.integers(1, 5), parts=st.lists(st.integers(1, 3), min_size=1, max_size=10))
def test_N18_parts_leave_at_the_rate_in_their_order_and_nothing_is_left(rate, parts):
    channel = ChannelFactory(parts_per_second=rate)
    texts = [queued(channel, parts=count) for count in parts]

    moments = sent_at(texts, until=NOON + 2 * SECOND * sum(parts))

    for count, moment, following in zip(parts, moments, moments[1:], strict=False):
        late = following - moment - timedelta(seconds=count / rate)
        # No sooner than the number is free, and at the first look after it; rounded.
        assert -ROUNDED <= late <= SECOND / 10 + ROUNDED


@pytest.mark.django_db(transaction=True)
def test_N18_the_doorbell_is_set_for_the_turn(redis_client):
    channel = ChannelFactory(parts_per_second=1)
    first, second = queued(channel), queued(channel)

    deliver_message(message_id=first.pk, now=NOON)

    assert rung(redis_client) == [("routing.deliver_message", {"message_id": second.pk})]


def test_N18_two_looks_at_one_text_take_one_turn():
    channel = ChannelFactory(parts_per_second=1)
    text = queued(channel)
    looks = [Message.objects.select_related("channel").get(pk=text.pk) for _ in range(2)]

    assert [take_turn(message=look, now=NOON) for look in looks] == [True, False]

    channel.refresh_from_db()
    assert channel.free_at == NOON + SECOND


# Who goes next


def backlog(channel: Channel, many: int) -> list[Message]:
    """Texts of a campaign, each a conversation of its own."""
    talks = Interaction.objects.bulk_create(
        Interaction(
            channel=channel,
            queue=channel.queue,
            customer_address=f"+1646555{number:04}",
            state=InteractionState.CLOSED,
            initiated_at=NOON,
            queued_at=NOON,
        )
        for number in range(many)
    )
    return Message.objects.bulk_create(
        Message(
            interaction=talk,
            channel=channel,
            author=Author.AUTOMATIC,
            body="We move.",
            state=MessageState.QUEUED,
            created_at=NOON,
            due_at=NOON,
            parts=1,
        )
        for talk in talks
    )


@pytest.mark.django_db(transaction=True)
def test_N18_a_reply_behind_500_texts_of_a_campaign_goes_next(redis_client):
    channel = ChannelFactory(parts_per_second=1)
    first, second, *_ = backlog(channel, 500)
    assert deliver_message(message_id=first.pk, now=NOON) is True
    reply = queued(channel, author=Author.AGENT)

    # The doorbell of the campaign's next text finds that it is not its turn, and rings the reply's.
    assert deliver_message(message_id=second.pk, now=NOON + SECOND) is False
    assert ("routing.deliver_message", {"message_id": reply.pk}) in rung(redis_client)
    assert deliver_message(message_id=reply.pk, now=NOON + SECOND) is True
    assert deliver_message(message_id=second.pk, now=NOON + 2 * SECOND) is True


def test_N18_the_sweeper_looks_at_the_text_whose_turn_it_is_and_no_other():
    channel, other = ChannelFactory(parts_per_second=1), ChannelFactory()
    backlog(channel, 3)
    reply = queued(channel, author=Author.AGENT)
    automatic, answer = queued(other), queued(other, author=Author.AGENT)

    later = NOON + 2 * SECOND
    assert unsent_messages(later) == [reply.pk, answer.pk, automatic.pk]
    assert deliver_message(message_id=reply.pk, now=later) is True
    assert unsent_messages(later) == [answer.pk, automatic.pk]


def test_N18_conversations_take_turns_and_each_keeps_its_order():
    channel = ChannelFactory(parts_per_second=1)
    long, short = InteractionFactory(channel=channel), InteractionFactory(channel=channel)
    texts = [queued(channel, author=Author.AGENT, interaction=long) for _ in range(3)]
    other = queued(channel, author=Author.AGENT, interaction=short)

    assert turns(channel) == [texts[0], other, texts[1], texts[2]]


@settings(max_examples=20)
@given(
    replies=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    others=st.integers(1, 6),
)
def test_N18_nobody_starves(replies, others):
    """By turns: agents with many texts, and a campaign whose texts are behind all of them."""
    channel = ChannelFactory(parts_per_second=1)
    for many in replies:
        talk = InteractionFactory(channel=channel)
        for _ in range(many):
            queued(channel, author=Author.AGENT, interaction=talk)
    backlog(channel, others)

    went = turns(channel)

    assert len(went) == sum(replies) + others
    assert [text.author for text in went[: MOST_AGENTS_TURNS + 1]].count(Author.AUTOMATIC) >= 1
    place = 0
    for number in range(others):  # each waits for at most so many turns of agents
        following = [text.author for text in went[place:]].index(Author.AUTOMATIC)
        assert following <= MOST_AGENTS_TURNS, number
        place += following + 1
    of_agents = [text.interaction_id for text in went if text.author == Author.AGENT]
    for place, talk_id in enumerate(of_agents):
        if talk_id in of_agents[place + 1 :]:
            between = of_agents[place + 1 :].index(talk_id) + place + 1
            assert set(of_agents[between:]) <= set(of_agents[place:between])


def turns(channel: Channel) -> list[Message]:
    """Send all that waits on the channel; in which order it went."""
    went: list[Message] = []
    now = NOON
    while True:
        channel.refresh_from_db()
        text = next_text(channel, now)
        if text is None:
            return went
        assert deliver_message(message_id=text.pk, now=now)
        went.append(text)
        now += SECOND
