"""N15: held against the carrier's own list, what lost webhooks left out is taken, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses
from django.contrib.auth.models import AnonymousUser

from agents.models import AuditEntry
from routing.enums import (
    Author,
    InteractionState,
    MessageState,
    RequestKind,
    RequestSource,
    RequestState,
)
from routing.models import CarrierRequest, Message, Receipt
from routing.services.reconcile import compare, compare_all
from routing.services.replay import Came
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    BlockedNumberFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    inbound_text,
)
from tests.support.twilio_list import TwilioList

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def wire():
    with responses.mock:
        yield


@pytest.fixture
def channel(wire):
    return ChannelFactory()


@pytest.fixture
def twilio(channel):
    listed = TwilioList(channel.account)
    listed.answers()
    return listed


@pytest.fixture
def now():
    return clock.now().replace(microsecond=0)


def compared(channel, now, **changes):
    span = {"since": now - HOUR, "until": now, **changes}
    return compare(channel=channel, **span)


def ours(channel, *, state=MessageState.SENT, sid="", at=None, body="Yes, it is.", **fields):
    """A text of ours, which went to the carrier."""
    at = at or clock.now() - 10 * MINUTE
    interaction = fields.pop("interaction", None) or InteractionFactory(
        channel=channel, customer_address=CUSTOMER, state=InteractionState.CLOSED
    )
    return MessageFactory(
        interaction=interaction,
        channel=channel,
        author=Author.AUTOMATIC,
        state=state,
        carrier_message_id=sid,
        body=body,
        created_at=at,
        sent_at=at if state == MessageState.SENT else None,
        **fields,
    )


def outbound(twilio, channel, *, at, sid=None, **fields):
    named = {"sid": sid} if sid else {}
    return twilio.has(
        at=at,
        **{
            "direction": "outbound-api",
            "from": channel.number,
            "to": CUSTOMER,
            "body": "Yes, it is.",
            "status": "delivered",
            **named,
            **fields,
        },
    )


# Texts that no webhook brought


def test_N15_texts_that_lost_webhooks_left_out_are_taken_in_their_order(channel, twilio, now):
    here = inbound_text(channel, CUSTOMER, "one", sid="SM1", now=now - 40 * MINUTE)
    twilio.has(at=now - 40 * MINUTE, sid="SM1", to=channel.number, body="one")
    twilio.has(at=now - 20 * MINUTE, sid="SM3", to=channel.number, body="three")
    twilio.has(at=now - 30 * MINUTE, sid="SM2", to=channel.number, body="two 😀")

    comparison = compared(channel, now)

    messages = Message.objects.order_by("created_at").values_list("body", "created_at")
    assert list(messages) == [
        ("one", now - 40 * MINUTE),
        ("two 😀", now - 30 * MINUTE),
        ("three", now - 20 * MINUTE),
    ]
    assert [outcome.came for outcome in comparison.texts] == [Came.ANEW, Came.ANEW]
    found = CarrierRequest.objects.exclude(pk=here.pk).order_by("received_at")
    assert [(row.found_as, row.source, row.kind, row.state) for row in found] == [
        (sid, RequestSource.FOUND, RequestKind.INBOUND, RequestState.HANDLED)
        for sid in ("SM2", "SM3")
    ]
    assert found[0].get_source_display() == "found at the carrier, not by webhook"
    assert b'"sid": "SM2"' in bytes(found[0].body)
    assert channel.interactions.get().unanswered == 3


def test_N15_the_life_line_says_that_a_text_was_found(channel, twilio, now):
    twilio.has(at=now - MINUTE, to=channel.number)

    compared(channel, now)

    event = channel.interactions.get().events.get(kind="RECEIVED")
    assert event.detail == {"source": "found at the carrier, not by webhook"}


def test_N15_compared_again_nothing_is_found_twice(channel, twilio, now):
    twilio.has(at=now - 2 * MINUTE, to=channel.number)
    sid = outbound(twilio, channel, at=now - 10 * MINUTE)
    ours(channel, sid=sid)
    compared(channel, now)

    comparison = compared(channel, now)

    assert (comparison.texts, comparison.receipts) == ([], [])
    assert (CarrierRequest.objects.count(), Message.objects.count()) == (2, 2)


def test_N15_a_webhook_that_comes_late_is_a_repeat(channel, twilio, now):
    twilio.has(at=now - 2 * MINUTE, sid="SM1", to=channel.number)
    compared(channel, now)

    late = inbound_text(channel, CUSTOMER, sid="SM1")

    assert late.state == RequestState.REPEATED
    assert Message.objects.count() == 1


def test_N15_what_a_webhook_brought_is_not_found_though_it_made_no_message(channel, twilio, now):
    BlockedNumberFactory(number=CUSTOMER)
    blocked = inbound_text(channel, CUSTOMER, sid="SM" + "1" * 32, now=now - MINUTE)
    waiting = inbound_text(channel, CUSTOMER, sid="SM" + "2" * 32, now=now - MINUTE)
    CarrierRequest.objects.filter(pk=waiting.pk).update(state=RequestState.STORED)
    for digit in "12":
        twilio.has(at=now - MINUTE, sid="SM" + digit * 32, to=channel.number)

    assert compared(channel, now).texts == []
    assert blocked.state == RequestState.BLOCKED


def test_N15_what_stands_in_quarantine_is_found_at_the_carrier(channel, twilio, now):
    quarantined = inbound_text(channel, CUSTOMER, sid="SM1", now=now - MINUTE)
    Message.objects.all().delete()
    CarrierRequest.objects.filter(pk=quarantined.pk).update(state=RequestState.QUARANTINED)
    twilio.has(at=now - MINUTE, sid="SM1", to=channel.number)

    compared(channel, now)

    assert Message.objects.get().request.source == RequestSource.FOUND


def test_N15_only_the_time_that_was_asked_for_and_whole_texts_are_taken(channel, twilio, now):
    twilio.has(at=now - 90 * MINUTE, to=channel.number, body="too early")
    twilio.has(at=now + MINUTE, to=channel.number, body="too late")
    twilio.has(at=now - MINUTE, to=channel.number, body="", status="receiving")
    twilio.has(at=now - MINUTE, to="+14155559999", body="another number's")

    assert compared(channel, now).texts == []


def test_N15_every_page_of_the_list_is_read(channel, twilio, now):
    twilio.per_page = 2
    for minute in range(5):
        twilio.has(at=now - minute * MINUTE, to=channel.number, body=f"{minute}")

    comparison = compared(channel, now)

    assert len(comparison.texts) == 5
    assert [asked.get("PageToken") for asked in twilio.asked] == [None, "PAMM2", "PAMM4"]


def test_N15_a_text_whose_files_cannot_be_listed_waits_for_the_next_time(channel, twilio, now):
    twilio.has(at=now - 2 * MINUTE, to=channel.number, num_media="1", body="a picture")
    twilio.has(at=now - MINUTE, to=channel.number, body="words")

    comparison = compared(channel, now)

    assert [message.body for message in Message.objects.all()] == ["words"]
    assert comparison.why_not.startswith("Twilio's list could not be reached")


# Outcomes whose receipt was lost


@pytest.mark.parametrize(
    "outcome",
    [
        ("delivered", None, MessageState.DELIVERED),
        ("undelivered", 30003, MessageState.FAILED),
        ("failed", 30007, MessageState.FAILED),
    ],
)
def test_N15_N2_a_lost_receipts_outcome_is_found(channel, twilio, now, outcome):
    status, code, state = outcome
    message = ours(channel, sid="SM1")
    outbound(twilio, channel, at=now - 10 * MINUTE, sid="SM1", status=status, error_code=code)

    comparison = compared(channel, now)

    message.refresh_from_db()
    assert message.state == state
    assert message.error_code == str(code or "")
    assert bool(message.failure) == (state == MessageState.FAILED)
    assert [outcome.came for outcome in comparison.receipts] == [Came.ANEW]
    receipt = Receipt.objects.get()
    assert (receipt.status, receipt.request.source) == (status, RequestSource.FOUND)


def test_N15_N2_what_the_list_does_not_know_better_is_left(channel, twilio, now):
    message = ours(channel, sid="SM1")
    outbound(twilio, channel, at=now - 10 * MINUTE, sid="SM1", status="sent")

    assert compared(channel, now).receipts == []
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_N15_N18_a_text_that_may_have_been_sent_is_known_by_its_words(channel, twilio, now):
    message = ours(channel, state=MessageState.UNKNOWN, at=now - 10 * MINUTE)
    other = ours(channel, sid="SM9", at=now - 10 * MINUTE)
    outbound(twilio, channel, at=now - 10 * MINUTE, sid="SM9", status="sent")
    sid = outbound(twilio, channel, at=now - 9 * MINUTE)

    comparison = compared(channel, now)

    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, message.carrier_message_id) == (MessageState.DELIVERED, sid)
    assert other.state == MessageState.SENT
    assert comparison.still_unknown == 0


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"body": "Something else."}],
        [{"to": "+14155550177"}],
        [{}, {}],
        [{"at": timedelta(minutes=40)}],
    ],
)
def test_N15_N18_where_the_list_leaves_a_doubt_a_text_stays_unknown(channel, twilio, now, entries):
    message = ours(channel, state=MessageState.UNKNOWN, at=now - 50 * MINUTE)
    for entry in entries:
        ago = entry.pop("at", timedelta(minutes=-1))
        outbound(twilio, channel, at=now - 50 * MINUTE + abs(ago), **entry)

    comparison = compared(channel, now)

    message.refresh_from_db()
    assert (message.state, message.carrier_message_id) == (MessageState.UNKNOWN, "")
    assert comparison.still_unknown == 1


def test_N15_N18_two_alike_that_may_have_been_sent_take_the_two_of_the_list(channel, twilio, now):
    messages = [
        ours(channel, state=MessageState.UNKNOWN, at=now - minutes * MINUTE) for minutes in (9, 8)
    ]
    sids = [outbound(twilio, channel, at=now - minutes * MINUTE) for minutes in (9, 8)]

    compared(channel, now)

    for message, sid in zip(messages, sids, strict=True):
        message.refresh_from_db()
        assert (message.state, message.carrier_message_id) == (MessageState.DELIVERED, sid)


def test_N15_where_nothing_is_open_the_list_of_sends_is_not_asked_for(channel, twilio, now):
    ours(channel, state=MessageState.DELIVERED, sid="SM1")

    compared(channel, now)

    assert [sorted(asked) for asked in twilio.asked] == [
        ["DateSent<", "DateSent>", "PageSize", "To"]
    ]


# Who asks, and what is told


def test_N15_N20_whoever_compares_is_written_down(channel, twilio, now):
    twilio.has(at=now - MINUTE, to=channel.number)

    compared(channel, now, actor=AnonymousUser())

    entry = AuditEntry.objects.get(act="compared with the carrier")
    assert (entry.after["texts found"], entry.after["outcomes found"]) == (1, 0)
    compared(channel, now)
    assert AuditEntry.objects.filter(act="compared with the carrier").count() == 1


def test_N15_a_list_that_cannot_be_had_is_told_in_a_sentence(channel, now):
    responses.get(
        f"{channel.account.base_url}/2010-04-01/Accounts/{channel.account.account_sid}/Messages.json",
        status=401,
        json={"code": 20003},
    )

    assert compared(channel, now).why_not == (
        "Twilio did not give its list, and answered 20003. Try again later."
    )


def test_N15_every_hour_each_channel_whose_carrier_has_a_list_is_compared(channel, twilio):
    now = clock.now()
    kannel = ChannelFactory(account=AccountFactory(carrier="kannel"))
    inbound_text(channel, CUSTOMER, "long ago", now=now - timedelta(days=1))
    twilio.has(at=now - HOUR, to=channel.number, body="lost")
    twilio.has(at=now - MINUTE, to=channel.number, body="its webhook is on its way")

    comparisons = compare_all(now=now)

    assert [comparison.channel for comparison in comparisons] == [channel]
    assert Message.objects.get(request__source=RequestSource.FOUND).body == "lost"
    assert not kannel.interactions.exists()


def test_N15_a_number_that_was_used_elsewhere_before_is_not_compared_by_itself(channel, twilio):
    now = clock.now()
    twilio.has(at=now - HOUR, to=channel.number, body="answered by whoever had the number")

    assert compare_all(now=now) == []
    assert not Message.objects.exists()


def test_N15_one_numbers_trouble_keeps_no_other_from_being_compared(channel, twilio, settings):
    broken = ChannelFactory()
    for each in (channel, broken):
        inbound_text(each, CUSTOMER, now=clock.now() - timedelta(days=1))
    responses.get(
        f"{broken.account.base_url}/2010-04-01/Accounts/{broken.account.account_sid}/Messages.json",
        status=500,
    )

    told = {each.channel: each.why_not for each in compare_all(now=clock.now())}

    assert told[channel] == ""
    assert told[broken].startswith("Twilio did not give its list")


def test_N15_comparing_by_itself_can_be_switched_off(channel, twilio, settings):
    settings.RECONCILE_HOURS = 0
    inbound_text(channel, CUSTOMER, now=clock.now() - timedelta(days=1))

    assert compare_all(now=clock.now()) == []
    assert twilio.asked == []
