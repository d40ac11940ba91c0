"""The simulated carrier as the desk meets it: its API, its receipts, its bad days (N2, N5)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from routing.models import Message
from routing.services.reconcile import compare
from smsdesk.handset import calls, services, twilio_wire
from smsdesk.handset.models import Call, Text
from smsdesk.lib import clock
from tests.factories import ChannelFactory
from tests.handset.conftest import basic_auth
from tests.handset.names import NUMBER, PHONE, STATUS_CALLBACK

MESSAGES = "/handset/carrier/2010-04-01/Accounts/{sid}/Messages.json"


def send(twilio, **changes):
    fields = {
        "to": PHONE,
        "from_": NUMBER,
        "body": "Hello",
        "status_callback": STATUS_CALLBACK,
        **changes,
    }
    return twilio.messages.create(**fields)


def behave(**behaviour):
    services.set_scenario(behaviour=behaviour)


def say(body, *, to=NUMBER):
    return services.send_texts(
        sender=PHONE, to=to, body=body, count=1, base_url="http://testserver", now=clock.now()
    )[0]


class TestTheApi:
    def test_official_sdk_reads_the_answer(self, twilio):
        message = send(twilio, body="ж" * 71)

        assert message.sid.startswith("SM")
        assert len(message.sid) == 34
        assert (message.status, message.direction) == ("queued", "outbound-api")
        assert (message.to, message.from_, message.body) == (PHONE, NUMBER, "ж" * 71)
        assert message.num_segments == "2"
        assert message.error_code is None

    @pytest.mark.parametrize(
        ("changes", "code", "status"),
        [
            ({"to": ""}, 21604, 400),
            ({"to": "nobody"}, 21211, 400),
            ({"from_": ""}, 21603, 400),
            ({"from_": "+14155550777"}, 21606, 400),
            ({"body": ""}, 21602, 400),
            ({"body": "a" * 1601}, 21617, 400),
            ({"from_": NUMBER + "\0"}, 21606, 400),
            ({"status_callback": "http://testserver/\0"}, 21609, 400),
            ({"status_callback": "nowhere"}, 21609, 400),
        ],
    )
    def test_bad_request_is_refused_with_twilios_code(self, twilio, changes, code, status):
        with pytest.raises(TwilioRestException) as refusal:
            send(twilio, **changes)

        assert (refusal.value.code, refusal.value.status) == (code, status)
        assert not Text.objects.exists()

    def test_longest_body_is_taken(self, twilio):
        assert send(twilio, body="a" * 1600).status == "queued"

    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            "Bearer x",
            "Basic not-base64!",
            basic_auth("AC" + "5" * 32, "wrong"),
            basic_auth("AC" + "6" * 32, "a secret of two"),
        ],
    )
    def test_wrong_sign_in_is_refused_with_20003(self, account, authorization):
        answer = Client().post(
            MESSAGES.format(sid=account.account_sid),
            {"To": PHONE},
            headers={"Authorization": authorization},
        )

        assert answer.status_code == 401
        assert answer.json() == {
            "code": 20003,
            "message": "Authenticate",
            "more_info": "https://www.twilio.com/docs/errors/20003",
            "status": 401,
        }
        assert answer["WWW-Authenticate"].startswith("Basic")

    def test_account_that_no_database_could_hold_is_unknown(self, account):
        answer = Client().post(
            MESSAGES.format(sid="%00"), headers={"Authorization": basic_auth("\0", "x")}
        )

        assert answer.status_code == 401
        assert answer.json()["message"] == "Authenticate"

    def test_account_of_a_real_carrier_is_unknown_here(self, account):
        account.base_url = "https://api.twilio.com"
        account.save(update_fields=["base_url"])

        answer = Client().post(
            MESSAGES.format(sid=account.account_sid),
            headers={"Authorization": basic_auth(account.account_sid, account.auth_token)},
        )

        assert answer.status_code == 401

    def test_number_of_another_account_is_not_ours(self, twilio):
        ChannelFactory(number="+14155550188")

        with pytest.raises(TwilioRestException) as refusal:
            send(twilio, from_="+14155550188")

        assert refusal.value.code == 21606

    def test_csrf_token_is_not_asked_for(self, account):
        answer = Client(enforce_csrf_checks=True).post(
            MESSAGES.format(sid=account.account_sid),
            headers={"Authorization": basic_auth(account.account_sid, account.auth_token)},
        )

        assert answer.json()["code"] == 21604


class TestReceipts:
    def test_come_as_queued_sent_delivered(self, twilio, desk):
        message = send(twilio)

        heard = desk.hear_calls()

        assert [fields["MessageStatus"] for fields in heard] == ["queued", "sent", "delivered"]
        assert {fields["MessageSid"] for fields in heard} == {message.sid}
        assert Text.objects.get().status == "delivered"

    def test_are_rung_for_one_after_another_within_a_second(
        self, twilio, rung, django_capture_on_commit_callbacks
    ):
        before = clock.now()

        with django_capture_on_commit_callbacks(execute=True):
            send(twilio)

        etas = [bell["eta"] for bell in rung]
        assert etas == sorted(set(etas))
        assert len(etas) == 3
        assert before < etas[0]
        assert etas[-1] < clock.now() + timedelta(seconds=1)

    def test_are_signed_over_the_exact_address(self, twilio, desk, account):
        send(twilio)
        desk.hear_calls()

        post = desk.posts[0]
        assert post.url == STATUS_CALLBACK
        assert RequestValidator(account.auth_token).validate(
            STATUS_CALLBACK, post.fields, post.headers["X-Twilio-Signature"]
        )

    def test_nobody_is_called_without_a_status_callback(self, twilio, desk):
        send(twilio, status_callback="")

        assert desk.hear_calls() == []
        assert Text.objects.get().status == "delivered"

    def test_a_call_is_made_once_whoever_rings(self, twilio, desk):
        send(twilio)
        late = clock.now() + timedelta(seconds=5)
        ids = list(Call.objects.values_list("id", flat=True))

        calls.make_calls(ids, now=late)
        calls.make_calls(ids, now=late)

        assert len(desk.posts) == 3

    def test_are_tried_once_more_and_then_given_up(self, twilio, desk):
        send(twilio)
        desk.status = 503

        assert len(desk.hear_calls()) == 3
        assert len(desk.hear_calls()) == 3
        assert len(desk.hear_calls()) == 0

    def test_refused_receipt_is_not_tried_again(self, twilio, desk):
        send(twilio)
        desk.status = 403

        assert len(desk.hear_calls()) == 3
        assert len(desk.hear_calls()) == 0

    def test_lost_doorbell_is_rung_again(self, twilio, rung):
        send(twilio)

        calls.ring_overdue(now=clock.now() + timedelta(seconds=10))

        assert {bell["call_id"] for bell in rung} == set(Call.objects.values_list("id", flat=True))


class TestScenarios:
    def test_duplicate_webhooks_repeat_every_receipt(self, twilio, desk):
        behave(duplicate_webhooks=True)
        send(twilio)

        heard = [fields["MessageStatus"] for fields in desk.hear_calls()]

        assert heard == ["queued", "queued", "sent", "sent", "delivered", "delivered"]
        tokens = [post.headers["I-Twilio-Idempotency-Token"] for post in desk.posts]
        assert len(set(tokens)) == 3

    def test_duplicate_webhooks_repeat_a_text(self, desk):
        behave(duplicate_webhooks=True)
        text = say("Hello")

        assert [post.fields["MessageSid"] for post in desk.posts] == [text.sid, text.sid]
        assert text.status == "delivered"

    def test_receipts_out_of_order_bring_delivered_first(self, twilio, desk):
        behave(receipts_out_of_order=True)
        send(twilio)

        heard = [fields["MessageStatus"] for fields in desk.hear_calls()]

        assert heard == ["delivered", "queued", "sent"]
        assert Text.objects.get().status == "delivered"

    def test_failure_by_receipt(self, twilio, desk):
        behave(failure_code="30003")
        send(twilio)

        last = desk.hear_calls()[-1]

        assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
        assert (Text.objects.get().status, Text.objects.get().error_code) == (
            "undelivered",
            "30003",
        )

    @pytest.mark.parametrize(("code", "status"), [("21614", 400), ("20429", 429), ("20500", 500)])
    def test_failure_at_once(self, twilio, code, status):
        behave(failure_code=code)

        with pytest.raises(TwilioRestException) as refusal:
            send(twilio)

        assert (str(refusal.value.code), refusal.value.status) == (code, status)
        assert not Text.objects.exists()

    @pytest.mark.parametrize(
        ("behaviour", "seconds"),
        [({}, 0), ({"delay_seconds": 2.5}, 2.5), ({"time_out_after_accepting": True}, 3.0)],
    )
    def test_answer_is_held_back_after_accepting(
        self, twilio, monkeypatch, settings, behaviour, seconds
    ):
        settings.CARRIER_TIMEOUT_SECONDS = 1
        waits = []

        async def wait(seconds):
            waits.append((seconds, await sync_to_async(Text.objects.count)()))

        monkeypatch.setattr(asyncio, "sleep", wait)
        behave(**behaviour)

        message = send(twilio)

        assert waits == [(seconds, 1)]
        assert message.status == "queued"

    def test_receipts_come_only_after_the_desk_gave_up_waiting(self, twilio, monkeypatch, settings):
        settings.CARRIER_TIMEOUT_SECONDS = 1

        async def wait(seconds):
            pass

        monkeypatch.setattr(asyncio, "sleep", wait)
        behave(time_out_after_accepting=True)

        send(twilio)

        first = Call.objects.order_by("due_at").first()
        assert first.due_at - first.text.at == timedelta(seconds=3.2)

    def test_delay_holds_back_a_phones_text(self, desk, rung, django_capture_on_commit_callbacks):
        behave(delay_seconds=4)

        with django_capture_on_commit_callbacks(execute=True):
            text = say("Hello")

        assert desk.posts == []
        assert text.status == "queued"
        assert rung[0]["eta"] - text.at == timedelta(seconds=4)
        assert [fields["MessageSid"] for fields in desk.hear_calls()] == [text.sid]


class TestStop:
    def test_sends_are_refused_until_the_phone_texts_start(self, twilio, desk):
        say(" stop ")
        with pytest.raises(TwilioRestException) as refusal:
            send(twilio)
        assert (refusal.value.code, refusal.value.status) == (21610, 400)

        say("START")
        assert send(twilio).status == "queued"

    def test_the_text_itself_reaches_the_desk(self, desk):
        say("STOP")

        assert desk.posts[0].fields["Body"] == "STOP"

    def test_other_numbers_and_other_words_are_not_touched(self, twilio, desk, account):
        ChannelFactory(number="+14155550188", account=account)
        say("Please do not stop")
        say("STOP", to="+14155550188")

        assert send(twilio).status == "queued"


@pytest.mark.django_db
@pytest.mark.parametrize(("password", "status"), [(None, 200), ("wrong", 401)])
def test_K1_an_account_of_the_simulated_carrier_can_be_tried(client, channel, password, status):
    account = channel.account
    known = basic_auth(account.account_sid, password or account.auth_token)

    address = f"/handset/carrier/2010-04-01/Accounts/{account.account_sid}.json"
    answer = client.get(address, headers={"authorization": known})

    assert answer.status_code == status


class TestTheList:
    """N15 N22: what the carrier has, which the desk compares itself with."""

    def test_N22_the_official_sdk_lists_both_ways_page_by_page(self, twilio, desk):
        for number in range(5):
            say(f"text {number}")
        sent = send(twilio)
        desk.hear_calls()

        here = list(twilio.messages.list(to=NUMBER, page_size=2))
        out = twilio.messages.list(from_=NUMBER)

        assert [message.body for message in here] == [f"text {n}" for n in (4, 3, 2, 1, 0)]
        assert {(message.direction, message.status) for message in here} == {
            ("inbound", "received")
        }
        [ours] = out
        assert (ours.sid, ours.direction, ours.status) == (sent.sid, "outbound-api", "delivered")

    def test_N22_the_list_is_of_the_time_that_is_asked_for(self, twilio, desk):
        say("now")
        now = clock.now()

        assert len(twilio.messages.list(date_sent_after=now - timedelta(minutes=1))) == 1
        assert twilio.messages.list(date_sent_after=now + timedelta(minutes=1)) == []
        assert twilio.messages.list(date_sent_before=now - timedelta(minutes=1)) == []

    def test_N22_nobody_else_is_given_it(self, channel):
        answer = Client().get(MESSAGES.format(sid=channel.account.account_sid))

        assert answer.status_code == 401

    def test_N15_N22_a_text_whose_webhook_was_lost_is_found_by_the_desk(self, channel, desk):
        Text.objects.create(
            sid=twilio_wire.new_sid(),
            direction="SENT",
            phone=PHONE,
            business_number=NUMBER,
            body="lost",
            at=clock.now() - timedelta(minutes=5),
        )
        desk.serves_the_carrier()
        now = clock.now()

        compare(channel=channel, since=now - timedelta(hours=1), until=now)

        assert Message.objects.get().body == "lost"
