"""N18: an account that fails again and again is left alone, and one text at a time tries it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import responses

from routing.enums import MessageState
from routing.models import Message, Outage
from routing.selectors.due import unsent_messages
from routing.selectors.floor import read_floor
from routing.selectors.vitals import vitals
from routing.services.delivery import deliver_message
from routing.services.outages import (
    FAILURES_TO_PAUSE,
    LONGEST_PAUSE_SECONDS,
    may_try,
    open_outage,
)
from smsdesk.floor.board import Wanted, board_of
from smsdesk.lib import clock
from tests.factories import AgentFactory, ChannelFactory, InteractionFactory, MessageFactory
from tests.support.twilio import new_sid

pytestmark = pytest.mark.django_db
URL = re.compile("https://carrier.example/.*")


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        yield http


@pytest.fixture
def channel():
    return ChannelFactory()


def queued(channel) -> Message:
    now = clock.now()
    return MessageFactory(
        interaction=InteractionFactory(channel=channel),
        author="AUTOMATIC",
        state=MessageState.QUEUED,
        created_at=now,
        due_at=now,
        carrier_message_id="",
    )


def answers(http, **how) -> None:
    http.reset()
    http.post(URL, **how)


def takes(http) -> None:
    http.reset()
    http.add_callback(responses.POST, URL, lambda _: (201, {}, f'{{"sid": "{new_sid()}"}}'))


def fail(http, channel, many: int = FAILURES_TO_PAUSE) -> list[Message]:
    answers(http, status=503)
    texts = [queued(channel) for _ in range(many)]
    for text in texts:
        assert deliver_message(message_id=text.pk, now=clock.now())
    return texts


def after_the_pause() -> datetime:
    paused_until = Outage.objects.get(ended_at=None).paused_until
    assert paused_until is not None
    return paused_until + timedelta(seconds=1)


def states(texts) -> list[str]:
    return [Message.objects.get(pk=text.pk).state for text in texts]


def test_N18_failures_in_a_row_pause_the_account_and_one_fewer_do_not(http, channel):
    fail(http, channel, FAILURES_TO_PAUSE - 1)
    takes(http)
    assert deliver_message(message_id=queued(channel).pk, now=clock.now()) is True
    assert not Outage.objects.exists()

    fail(http, channel)
    waiting = queued(channel)

    assert deliver_message(message_id=waiting.pk, now=clock.now()) is False
    assert states([waiting]) == [MessageState.QUEUED]
    assert unsent_messages(clock.now() + timedelta(seconds=2)) == []


def test_N18_another_account_sends_meanwhile(http, channel):
    fail(http, channel)
    takes(http)

    assert deliver_message(message_id=queued(ChannelFactory()).pk, now=clock.now()) is True


def test_N18_texts_that_may_have_been_sent_pause_the_account_too(http, channel):
    answers(http, status=504)
    texts = [queued(channel) for _ in range(FAILURES_TO_PAUSE + 1)]

    went = [deliver_message(message_id=text.pk, now=clock.now()) for text in texts]

    assert went == [True] * FAILURES_TO_PAUSE + [False]
    assert states(texts) == [MessageState.UNKNOWN] * FAILURES_TO_PAUSE + [MessageState.QUEUED]


def test_N18_after_the_pause_one_text_tries_and_the_others_wait(channel):
    now = clock.now()
    outage = Outage.objects.create(
        account=channel.account, began_at=now, failures=4, what="Busy.", paused_until=now
    )
    looks = [open_outage(channel.account_id) for _ in range(3)]

    assert [may_try(outage=look, now=now) for look in looks] == [True, False, False]
    outage.refresh_from_db()
    assert may_try(outage=outage, now=now) is False  # nobody knows yet what came of the first
    assert may_try(outage=outage, now=outage.paused_until) is True


def test_N18_a_failed_probe_waits_longer_up_to_a_minute_and_fails_no_text(http, channel):
    texts = fail(http, channel)
    pauses = []
    for number in range(8):
        now = after_the_pause()
        probe = texts[number % len(texts)]
        Message.objects.filter(pk=probe.pk).update(due_at=now)
        before = clock.now()
        assert deliver_message(message_id=probe.pk, now=now)
        pauses.append((open_outage(channel.account_id).paused_until - before).total_seconds())

    assert states(texts) == [MessageState.QUEUED] * len(texts)
    assert pauses[0] < pauses[1] < pauses[2]
    assert max(pauses) <= LONGEST_PAUSE_SECONDS * 1.2 + 5


def test_fault_30_after_an_outage_everything_goes_nothing_twice_and_the_incident_is_kept(
    http, channel
):
    texts = fail(http, channel) + [queued(channel) for _ in range(5)]
    takes(http)
    now = max(after_the_pause(), clock.now() + timedelta(minutes=2))

    for _ in range(3):  # and again: nothing is left to send
        for message_id in unsent_messages(now):
            deliver_message(message_id=message_id, now=now)

    assert states(texts) == [MessageState.SENT] * len(texts)
    assert len(http.calls) == len(texts)
    (outage,) = Outage.objects.all()
    assert (outage.failures, outage.what) == (FAILURES_TO_PAUSE, "The carrier is busy.")
    assert outage.ended_at is not None


def test_N18_a_refusal_shows_that_the_carrier_is_there(http, channel):
    (text, *_) = fail(http, channel)
    answers(http, status=400, json={"code": 21211})
    now = after_the_pause()
    Message.objects.filter(pk=text.pk).update(due_at=now)

    assert deliver_message(message_id=text.pk, now=now)

    assert open_outage(channel.account_id) is None


def test_N18_floor_and_figures_tell_of_the_outage_and_what_waits(http, channel):
    AgentFactory()
    fail(http, channel)
    now = datetime.now(UTC)

    html = board_of(read_floor(now), Wanted())

    assert f"<b>{FAILURES_TO_PAUSE}</b> wait" in html
    assert "takes no texts since" in html
    assert channel.account.name in html
    assert [one.value for one in vitals(now) if one.name == "outages"] == [1]


def test_N18_the_accounts_page_tells_of_the_outage_and_of_the_last_one(http, channel, admin_client):
    page = f"/admin/routing/carrieraccount/{channel.account_id}/change/"
    fail(http, channel)

    assert "Texts waiting: 4." in admin_client.get(page).content.decode()

    Outage.objects.update(ended_at=clock.now())
    assert "The last outage was from" in admin_client.get(page).content.decode()
