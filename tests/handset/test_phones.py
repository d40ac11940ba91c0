"""Typing as several phones: the page, bursts, and what scripts read and post (A1)."""

from __future__ import annotations

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from smsdesk.handset import selectors, services
from smsdesk.handset.models import Phone, Text
from smsdesk.lib import clock
from tests.factories import ChannelFactory
from tests.handset.names import NUMBER, PHONE, STATUS_CALLBACK

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def browser() -> Client:
    """A browser without our script."""
    return Client(enforce_csrf_checks=True, headers=HTML)


def post(path, fields, **kwargs):
    return Client(enforce_csrf_checks=True).post(
        f"/handset/{path}", fields, content_type="application/json", **kwargs
    )


def messages(phone=PHONE):
    return Client().get("/handset/messages.json", {"phone": phone}).json()["messages"]


class TestSend:
    def test_posts_to_the_channels_webhook_with_a_genuine_signature(self, desk, account):
        answer = post("send", {"from": "+1 415 555 0101", "to": NUMBER, "body": "Hi 🙂"})

        assert answer.status_code == 200
        (request,) = desk.posts
        url = f"http://testserver/carriers/{account.key}/inbound"
        assert request.url == url
        assert RequestValidator(account.auth_token).validate(
            url, request.fields, request.headers["X-Twilio-Signature"]
        )
        assert (request.fields["From"], request.fields["Body"]) == (PHONE, "Hi 🙂")

    def test_without_a_number_goes_to_the_first_channel(self, desk, account):
        ChannelFactory(number="+14155550188", account=account)

        post("send", {"from": PHONE, "body": "Hi"})

        assert desk.posts[0].fields["To"] == NUMBER

    @pytest.mark.parametrize(
        ("answer", "status", "error_code"),
        [(200, "delivered", None), (403, "failed", "11200")],
    )
    def test_status_says_whether_the_desk_took_it(self, desk, answer, status, error_code):
        desk.status = answer

        sent = post("send", {"from": PHONE, "to": NUMBER, "body": "Hi"}).json()["messages"]

        assert [(text["status"], text["error_code"]) for text in sent] == [(status, error_code)]

    def test_desk_that_is_down_is_tried_once_more(self, desk):
        desk.status = 503
        post("send", {"from": PHONE, "to": NUMBER, "body": "Hi"})
        assert messages()[0]["status"] == "queued"

        desk.status = 200
        desk.hear_calls()

        assert messages()[0]["status"] == "delivered"
        assert len(desk.posts) == 2

    def test_burst_is_as_many_texts_from_as_many_phones(self, desk):
        answer = post("send", {"from": PHONE, "to": NUMBER, "body": "I am {n}", "count": 12})

        assert len(answer.json()["messages"]) == 12
        assert {post.fields["From"] for post in desk.posts} == {
            f"+141555501{place:02}" for place in range(1, 13)
        }
        assert {post.fields["Body"] for post in desk.posts} == {f"I am {n}" for n in range(1, 13)}

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"from": "nobody", "to": NUMBER, "body": "Hi"},
            {"from": PHONE, "to": "+14155550777", "body": "Hi"},
            {"from": PHONE, "to": NUMBER, "body": ""},
            {"from": PHONE, "to": NUMBER, "body": "a" * 1601},
            {"from": PHONE, "to": NUMBER, "body": "a\0b"},
            {"from": PHONE, "to": NUMBER, "body": "Hi", "count": 501},
            {"from": PHONE, "to": NUMBER, "body": "Hi", "count": "many"},
            {"from": NUMBER, "to": NUMBER, "body": "Hi"},
            {"from": "+14155550198", "to": NUMBER, "body": "Hi", "count": 2},
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, desk, fields):
        answer = post("send", fields)

        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")
        assert not Text.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b'{"body": "\\ud800"}',
            b"[" * 200_000,
            pytest.param(b'{"a":' * 40_000, id="deep objects"),
            b"\xff",
        ],
    )
    def test_broken_json_is_refused_with_a_sentence(self, channel, body):
        answer = post("send", body)

        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://testserver:81"},
            {"Origin": "null"},
        ],
    )
    def test_other_sites_pages_are_refused(self, desk, headers):
        answer = post("send", {"from": PHONE, "to": NUMBER, "body": "Hi"}, headers=headers)

        assert answer.status_code == 403
        assert not Text.objects.exists()

    @pytest.mark.parametrize("origin", ["http://testserver", "https://TestServer"])
    def test_own_page_is_known_by_its_origin(self, desk, origin):
        fields = {"from": PHONE, "to": NUMBER, "body": "Hi"}

        assert post("send", fields, headers={"Origin": origin}).status_code == 200


class TestMessagesJson:
    def test_lists_both_directions_oldest_first(self, desk, twilio):
        post("send", {"from": PHONE, "to": NUMBER, "body": "Hello?"})
        reply = twilio.messages.create(
            to=PHONE, from_=NUMBER, body="Hi!", status_callback=STATUS_CALLBACK
        )
        desk.hear_calls()

        question, answer = messages()

        assert {**question, "sid": "", "at": ""} == {
            "direction": "sent",
            "body": "Hello?",
            "from": PHONE,
            "to": NUMBER,
            "status": "delivered",
            "error_code": None,
            "sid": "",
            "at": "",
        }
        assert {**answer, "at": ""} == {
            "direction": "received",
            "body": "Hi!",
            "from": NUMBER,
            "to": PHONE,
            "status": "delivered",
            "error_code": None,
            "sid": reply.sid,
            "at": "",
        }

    def test_plus_may_stand_in_the_address_as_it_is(self, desk):
        post("send", {"from": PHONE, "to": NUMBER, "body": "Hello?"})

        answer = Client().get(f"/handset/messages.json?phone={PHONE}").json()

        assert answer["phone"] == PHONE
        assert len(answer["messages"]) == 1

    def test_character_that_no_number_has_is_refused_with_a_sentence(self, db):
        answer = Client().get("/handset/messages.json?phone=%00")

        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")

    def test_phone_that_never_texted_has_none(self, db):
        assert messages("+14155550900") == []


class TestScenario:
    def test_names_only_what_changes(self, db):
        post("scenario", {"duplicate_webhooks": True, "delay_seconds": 1.5})
        answer = post("scenario", {"failure_code": 30003})

        expected = {
            "delay_seconds": 1.5,
            "duplicate_webhooks": True,
            "receipts_out_of_order": False,
            "time_out_after_accepting": False,
            "failure_code": "30003",
        }
        assert answer.json() == expected
        assert Client().get("/handset/scenario").json() == expected

    def test_reset_turns_everything_off(self, db):
        post("scenario", {"duplicate_webhooks": True, "failure_code": "30003"})

        answer = post("scenario", {"reset": True, "delay_seconds": 2})

        assert answer.json() == {
            "delay_seconds": 2,
            "duplicate_webhooks": False,
            "receipts_out_of_order": False,
            "time_out_after_accepting": False,
            "failure_code": "",
        }

    def test_form_of_the_page_turns_a_switch_off(self, browser, channel):
        post("scenario", {"duplicate_webhooks": True})

        answer = browser.post(
            "/handset/scenario", {"duplicate_webhooks": ["false"], "delay_seconds": "0"}
        )

        assert answer.status_code == 303
        assert not selectors.scenario().duplicate_webhooks

    @pytest.mark.parametrize(
        "fields", [{"dely": 1}, {"delay_seconds": -1}, {"delay_seconds": 61}, {"failure_code": "x"}]
    )
    def test_nonsense_is_refused_and_changes_nothing(self, db, fields):
        answer = post("scenario", fields)

        assert answer.status_code == 400
        assert answer.json()["error"]
        assert selectors.scenario().as_switches()["failure_code"] == ""


class TestThePage:
    def test_shows_texts_as_text_only(self, desk, browser):
        body = "<img src=x onerror=alert(1)> & {{ 7 }}"
        post("send", {"from": PHONE, "to": NUMBER, "body": body})

        page = browser.get("/handset/", {"phone": PHONE}).content.decode()

        assert "<img" not in page
        assert "&lt;img src=x onerror=alert(1)&gt; &amp; {{ 7 }}" in page

    def test_has_no_inline_script_or_style(self, channel, browser):
        page = browser.get("/handset/").content.decode()

        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page

    def test_works_without_our_script(self, desk, browser):
        added = browser.post("/handset/phones", {"number": "415 555 0123"})
        assert added["Location"] == "/handset/?phone=%2B14155550123"

        sent = browser.post("/handset/send", {"from": "+14155550123", "to": NUMBER, "body": "Hi"})

        assert sent.status_code == 303
        assert "Hi" in browser.get(sent["Location"]).content.decode()

    def test_desks_own_number_is_no_phone(self, channel, browser):
        answer = browser.post("/handset/phones", {"number": NUMBER})

        assert answer.status_code == 400
        assert "the desk’s own number" in answer.text
        assert Phone.objects.count() == 0

    def test_says_what_is_wrong_with_a_number(self, channel, browser):
        answer = browser.post("/handset/phones", {"number": "12"})

        assert answer.status_code == 400
        assert Phone.objects.count() == 0

    def test_phone_is_there_after_the_desk_texted_it_first(self, twilio, browser):
        twilio.messages.create(to="+14155550123", from_=NUMBER, body="Hello from Acme")

        page = browser.get("/handset/live", {"phone": PHONE}).content.decode()

        assert "Hello from Acme" in page

    def test_empty_desk_says_what_to_do(self, db, browser):
        assert "Add a phone" in browser.get("/handset/").content.decode()

    def test_stopped_phone_is_told_how_to_come_back(self, desk, browser):
        post("send", {"from": PHONE, "to": NUMBER, "body": "STOP"})

        page = browser.get("/handset/", {"phone": PHONE}).content.decode()

        assert "Text START to get them again." in page

    def test_cost_does_not_grow_with_the_number_of_phones(self, desk, django_assert_num_queries):
        def look():
            Client().get("/handset/live", {"phone": PHONE})

        services.send_texts(
            sender=PHONE,
            to=NUMBER,
            body="Hi",
            count=1,
            base_url="http://testserver",
            now=clock.now(),
        )
        with django_assert_num_queries(7):
            look()
        services.send_texts(
            sender=PHONE,
            to=NUMBER,
            body="Hi",
            count=9,
            base_url="http://testserver",
            now=clock.now(),
        )
        with django_assert_num_queries(7):
            look()
