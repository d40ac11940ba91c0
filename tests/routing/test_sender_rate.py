"""N18: a number sends no faster than its carrier lets it; what waits its turn is not lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.enums import Author, MessageState
from routing.models import Channel, Message
from routing.services.delivery import deliver_message
from routing.services.turns import take_turn
from smsdesk.lib import clock
from tests.factories import ChannelFactory, InteractionFactory, MessageFactory
from tests.routing.steps import rung

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROUNDED = timedelta(microseconds=20)


def queued(channel: Channel, *, parts: int = 1) -> Message:
    return MessageFactory(
        interaction=InteractionFactory(channel=channel),
        author=Author.AUTOMATIC,
        state=MessageState.QUEUED,
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
        http.post(re.compile("https://carrier.example/.*"), status=201, json={"sid": ""})
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
        NOON + SECOND,
    )


@settings(max_examples=15)
@given(rate=st.integers(1, 5), parts=st.lists(st.integers(1, 3), min_size=1, max_size=10))
def test_N18_parts_leave_at_the_rate_in_their_order_and_nothing_is_left(rate, parts):
    channel = ChannelFactory(parts_per_second=rate)
    texts = [queued(channel, parts=count) for count in parts]

    moments = sent_at(texts, until=NOON + timedelta(seconds=sum(parts) / rate + 1))

    before = 0
    for count, moment in zip(parts, moments, strict=True):
        late = moment - timedelta(seconds=before / rate)
        # No sooner than its turn, and at the first look after it; microseconds are rounded.
        assert -ROUNDED <= late <= SECOND / 10 + ROUNDED
        before += count


@pytest.mark.django_db(transaction=True)
def test_N18_the_doorbell_is_set_for_the_turn(redis_client):
    channel = ChannelFactory(parts_per_second=1)
    first, second = queued(channel), queued(channel)
    deliver_message(message_id=first.pk, now=clock.now())

    deliver_message(message_id=second.pk, now=clock.now())

    assert rung(redis_client) == [("routing.deliver_message", {"message_id": second.pk})]


def test_N18_two_looks_at_one_text_take_one_turn():
    channel = ChannelFactory(parts_per_second=1)
    text = queued(channel)
    looks = [Message.objects.select_related("channel").get(pk=text.pk) for _ in range(2)]

    assert [take_turn(message=look, now=NOON) for look in looks] == [True, False]

    channel.refresh_from_db()
    assert channel.free_at == NOON + SECOND
