"""N15: requests are read once more, out of quarantine too, and what came of each is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser

from agents.models import AuditEntry
from routing.carriers.twilio import signature
from routing.enums import MessageState, RequestKind, RequestState
from routing.models import CarrierRequest, Message, Receipt
from routing.selectors.consent import opted_out
from routing.services import replay
from routing.services.replay import Came, handle_again, verify_again
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory, MessageFactory, inbound_text
from tests.routing.steps import receive_receipt

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUSTOMER = "+14155550123"
WRONG = "The signature does not match."


@pytest.fixture
def channel():
    return ChannelFactory()


def again(*requests, act=handle_again):
    """What came of each, as it is told."""
    chosen = CarrierRequest.objects.filter(pk__in=[request.pk for request in requests])
    outcomes = act(requests=chosen, actor=AnonymousUser(), now=clock.now())
    return [(outcome.request.pk, outcome.came, outcome.why) for outcome in outcomes]


def quarantined(channel, body, *, at=NOON, secret="t0ken", host="http://testserver", **fields):
    """A text that Twilio signed with ``secret``, and that was not proven when it came."""
    form = {"MessageSid": f"SM{body}", "From": CUSTOMER, "To": channel.number, "Body": body}
    url = f"{host}{channel.account.inbound_path}"
    return CarrierRequest.objects.create(
        **{
            "account": channel.account,
            "kind": RequestKind.INBOUND,
            "url": url,
            "headers": {"x-twilio-signature": signature(secret, url, [*form.items()])},
            "body": urlencode(form).encode(),
            "received_at": at,
            "state": RequestState.QUARANTINED,
            "note": WRONG,
            **fields,
        }
    )


def test_N15_what_came_of_each_request_is_told(channel):
    parked = inbound_text(ChannelFactory.build(number="+14155559999", account=channel.account), "1")
    taken = inbound_text(channel, CUSTOMER, now=clock.now() - timedelta(hours=1))
    lost = inbound_text(channel, CUSTOMER, "lost")
    Message.objects.filter(request=lost).delete()
    stranger = quarantined(channel, "?")

    told = again(parked, taken, lost, stranger)

    assert told == [
        (stranger.pk, Came.REFUSED, replay.NOT_PROVEN),
        (taken.pk, Came.SAME, "This text is here already."),
        (parked.pk, Came.REFUSED, "No channel has the number +14155559999."),
        (lost.pk, Came.ANEW, ""),
    ]
    assert Message.objects.count() == 2
    assert AuditEntry.objects.filter(act="handled again").count() == 3


def test_N15_N2_a_receipt_read_once_more_is_the_same_as_before(channel):
    message = MessageFactory(channel=channel, state=MessageState.SENT, carrier_message_id="SM1")
    request = receive_receipt(message, "delivered")
    astray = receive_receipt(message, "delivered", sid="SM2", referenced=False)

    told = again(request, astray)

    further = "This receipt is here already. The message was further already."
    nobodys = "This receipt is here already. No message of ours has this id (yet)."
    assert [entry[1:] for entry in told] == [(Came.SAME, further), (Came.SAME, nobodys)]
    assert Receipt.objects.count() == 2


def test_N15_a_poison_request_is_told_to_wait_with_its_reason(channel, monkeypatch):
    request = inbound_text(channel, CUSTOMER)
    monkeypatch.setattr("routing.services.inbox.receive_text", lambda **_: 1 / 0)

    assert again(request) == [(request.pk, Came.WAITS, "ZeroDivisionError: division by zero")]


def test_N15_more_than_somebody_waits_for_is_left_to_the_workers(channel, monkeypatch):
    monkeypatch.setattr(replay, "MOST_AT_ONCE", 1)
    first, second = (quarantined(channel, body) for body in ("one", "two"))

    told = again(first, second, act=verify_again)

    assert [came for _, came, _ in told] == [Came.ANEW, Came.WAITS]
    second.refresh_from_db()
    assert second.state == RequestState.STORED


def test_N15_after_the_secret_was_corrected_what_is_proven_is_taken_in_its_order(channel):
    channel.account.auth_token = "wr0ng"
    channel.account.save()
    later = quarantined(channel, "and then this", at=NOON + timedelta(minutes=1))
    sooner = quarantined(channel, "first this")
    forged = quarantined(channel, "not this", secret="f0rged", at=NOON - timedelta(minutes=1))
    assert {came for _, came, _ in again(later, sooner, act=verify_again)} == {Came.REFUSED}
    channel.account.auth_token = "t0ken"
    channel.account.save()

    told = again(later, sooner, forged, act=verify_again)

    assert [(pk, came) for pk, came, _ in told] == [
        (forged.pk, Came.REFUSED),
        (sooner.pk, Came.ANEW),
        (later.pk, Came.ANEW),
    ]
    assert told[0][2].startswith(WRONG)
    messages = Message.objects.order_by("created_at").values_list("body", "created_at")
    assert list(messages) == [
        ("first this", NOON),
        ("and then this", NOON + timedelta(minutes=1)),
    ]
    assert channel.interactions.get().initiated_at == NOON
    forged.refresh_from_db()
    assert (forged.state, forged.note) == (RequestState.QUARANTINED, WRONG)
    assert AuditEntry.objects.filter(act="verified again").count() == 2


@pytest.mark.parametrize(
    ("late", "since", "out"), [("START", "STOP", True), ("STOP", "START", False)]
)
def test_N1_N15_a_wish_that_is_taken_late_undoes_nothing_said_since(channel, late, since, out):
    held = quarantined(channel, late)
    inbound_text(channel, CUSTOMER, since, now=NOON + timedelta(minutes=1))

    assert again(held, act=verify_again) == [(held.pk, Came.ANEW, "")]

    assert (opted_out(channel.pk, CUSTOMER) is not None) is out


def test_N1_N15_a_wish_that_is_taken_late_holds_where_nothing_was_said_since(channel):
    inbound_text(channel, CUSTOMER, "START", now=NOON - timedelta(minutes=1))

    again(quarantined(channel, "STOP"), act=verify_again)

    assert opted_out(channel.pk, CUSTOMER) is not None


def test_N15_a_corrected_public_address_counts_as_well(channel, settings):
    settings.PUBLIC_URL = "https://desk.example"
    request = quarantined(channel, "hello", host="https://desk.example")
    request.url = request.url.replace("https://desk.example", "http://10.0.0.5:8000")
    request.save()

    assert again(request, act=verify_again) == [(request.pk, Came.ANEW, "")]


def test_N15_a_text_that_came_again_meanwhile_is_not_taken_twice(channel):
    request = quarantined(channel, "hello")
    inbound_text(channel, CUSTOMER, "hello", sid="SMhello")

    told = again(request, act=verify_again)

    assert told == [(request.pk, Came.SAME, "This text is here already.")]
    assert Message.objects.count() == 1


def test_N15_verified_a_second_time_a_request_says_where_it_stands(channel):
    request = quarantined(channel, "hello")
    again(request, act=verify_again)

    told = again(request, act=verify_again)

    assert told == [(request.pk, Came.REFUSED, replay.NO_QUARANTINE)]


def test_N15_half_a_body_and_a_strangers_request_prove_nothing(channel, settings):
    half = quarantined(channel, "half")
    settings.WEBHOOK_MAX_BYTES = len(half.body)
    nobodys = quarantined(channel, "nobody's", account=None)

    told = again(half, nobodys, act=verify_again)

    assert told == [
        (half.pk, Came.REFUSED, replay.CUT_OFF),
        (nobodys.pk, Came.REFUSED, replay.NO_ACCOUNT),
    ]


@pytest.mark.parametrize("slug", ["8x8", "kannel", "vonage-messages"])
def test_N15_what_was_proven_by_a_password_cannot_be_verified_again(slug):
    account = AccountFactory(carrier=slug, signing_secret="x" * 32)
    request = quarantined(ChannelFactory(account=account), "hello")

    assert again(request, act=verify_again) == [(request.pk, Came.REFUSED, replay.NOT_KEPT)]
