"""N15: Twilio's own list of texts is asked for as its libraries do, and read as it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from twilio.http.response import Response
from twilio.rest import Client

from routing.carriers import twilio_list
from routing.carriers.base import (
    Attachment,
    DeliveryReceipt,
    InboundText,
    NotListed,
    Unreadable,
    Wanted,
    WebRequest,
    carrier,
)
from routing.enums import MessageState, RequestKind
from routing.models import CarrierAccount
from tests.support.twilio_list import TwilioList

ACCOUNT = CarrierAccount(
    carrier="twilio",
    account_sid="AC" + "5" * 32,
    auth_token="t0ken",
    base_url="https://carrier.example",
)
MESSAGES = f"https://carrier.example/2010-04-01/Accounts/{ACCOUNT.account_sid}/Messages.json"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NUMBER = "+14155550100"
TEXTS = Wanted(NUMBER, inbound=True, since=NOON - HOUR, until=NOON)


@pytest.fixture
def twilio():
    with responses.mock:
        listed = TwilioList(ACCOUNT)
        listed.answers()
        yield listed


def listed(wanted=TEXTS):
    return list(carrier("twilio").list_texts(ACCOUNT, wanted))


def found(document, kind=RequestKind.INBOUND):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    [news] = carrier("twilio").read(WebRequest((MESSAGES,), {}, body, "GET", kind, found=True))
    return news


class Recorder:
    """Takes what the official library would ask."""

    def __init__(self):
        self.asked = {}

    def request(self, method, url, params=None, **_):
        self.asked = {"method": method, "url": url, "params": params}
        return Response(200, json.dumps({"messages": [], "next_page_uri": None}))


@pytest.mark.parametrize("inbound", [True, False])
def test_N15_the_list_is_asked_for_as_the_official_library_does(twilio, inbound):
    listed(Wanted(NUMBER, inbound=inbound, since=NOON - HOUR, until=NOON))

    recorder = Recorder()
    official = Client(ACCOUNT.account_sid, "t0ken", http_client=recorder).messages
    official.list(
        date_sent_after=NOON - 2 * HOUR,
        date_sent_before=NOON + HOUR,
        page_size=1000,
        **{"to" if inbound else "from_": NUMBER},
    )
    [call] = responses.calls
    assert urlsplit(call.request.url).path == urlsplit(recorder.asked["url"]).path
    ours = dict(parse_qsl(urlsplit(call.request.url).query))
    assert ours == {name: str(value) for name, value in recorder.asked["params"].items()}
    assert call.request.headers["Authorization"].startswith("Basic ")


def test_N15_an_entry_is_told_as_it_stands_in_the_list(twilio):
    sid = twilio.has(at=NOON, to=NUMBER, body="Où est-ce? 😀")

    [entry] = listed()

    assert (entry.carrier_message_id, entry.status, entry.at) == (sid, "received", NOON)
    assert (entry.sender, entry.recipient) == ("+14155550123", NUMBER)
    assert json.loads(entry.raw) == twilio.texts[0]


def test_N15_a_text_that_was_found_is_read_like_one_that_came():
    document = {
        "sid": "SM1",
        "from": "+14155550123",
        "to": NUMBER,
        "body": "Où est-ce? 😀",
        "num_segments": "1",
        "status": "received",
    }

    assert found(document) == InboundText("+14155550123", NUMBER, "Où est-ce? 😀", "SM1")


def test_N15_N2_an_outcome_that_was_found_is_read_like_a_receipt():
    document = {"sid": "SM1", "status": "undelivered", "error_code": 30003}

    news = found(document, RequestKind.STATUS)

    assert isinstance(news, DeliveryReceipt)
    assert (news.carrier_message_id, news.state, news.error_code) == (
        "SM1",
        MessageState.FAILED,
        "30003",
    )
    assert news.failure


@given(st.binary(max_size=80) | st.sampled_from([b"[]", b'{"sid": 1}', b'{"sid": "\\ud800"}']))
def test_S4_no_bytes_that_were_found_break_the_reading(body):
    for kind in RequestKind:
        with pytest.raises(Unreadable):
            found(body, kind)


def test_N15_pages_are_followed_until_what_is_wanted_is_over(twilio):
    twilio.per_page = 1
    for hours in range(6):
        twilio.has(at=NOON - hours * HOUR, to=NUMBER)

    assert len(listed()) == 2
    assert len(twilio.asked) == 3  # an hour more, by the margin


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/2010-04-01/Accounts/x/Messages.json?PageToken=1",
        "/2010-04-01/Accounts/ACother/Messages.json?PageToken=1",
        "@elsewhere.example/?PageToken=1",
    ],
)
@responses.activate
def test_S6_credentials_follow_no_page_that_is_not_the_accounts(following):
    responses.get(MESSAGES, json={"messages": [], "next_page_uri": following})

    with pytest.raises(NotListed, match="not this account's"):
        listed()
    assert len(responses.calls) == 1


def test_N15_a_list_without_end_is_left_with_a_sentence(twilio, monkeypatch):
    monkeypatch.setattr(twilio_list, "MOST_PAGES", 2)
    twilio.per_page = 1
    for minute in range(5):
        twilio.has(at=NOON - timedelta(minutes=minute), to=NUMBER)

    with pytest.raises(NotListed, match="Choose a shorter one"):
        listed()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 401, "json": {"code": 20003}}, "answered 20003"),
        ({"status": 429}, "answered 429"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example"}}, "answered 302"),
        ({"status": 200, "body": "<html>"}, "could not be read"),
        ({"status": 200, "json": {"messages": None}}, "could not be read"),
        ({"body": requests.ConnectionError("reset")}, "could not be reached"),
    ],
)
@responses.activate
def test_N15_no_answer_of_the_carriers_breaks_the_list(answer, words):
    responses.get(MESSAGES, **answer)

    with pytest.raises(NotListed, match=words):
        listed()


@responses.activate
def test_N15_entries_without_name_time_or_shape_are_left_out():
    entries = [{}, {"sid": "SM1"}, {"sid": "SM1", "date_created": "soon"}, "text", None, 5]
    responses.get(MESSAGES, json={"messages": entries, "next_page_uri": None})

    assert listed() == []


def test_N15_a_carrier_without_a_list_says_so():
    with pytest.raises(NotListed, match="Kannel has no list of texts"):
        carrier("kannel").list_texts(ACCOUNT, TEXTS)


FILES = {
    "media_list": [
        {"content_type": "image/jpeg", "uri": f"{urlsplit(MESSAGES).path[:-5]}/MM1/Media/ME1.json"},
        {"content_type": "image/png", "uri": "https://elsewhere.example/ME2.json"},
    ]
}


def test_A24_N15_the_files_of_a_text_that_was_found_are_told_of(twilio):
    twilio.has(at=NOON, sid="MM1", to=NUMBER, num_media="2")
    responses.get(f"{MESSAGES[:-5]}/MM1/Media.json", json=FILES)
    [entry] = listed()

    whole = carrier("twilio").complete(entry, ACCOUNT)

    news = found(whole.raw)
    assert isinstance(news, InboundText)
    assert news.attachments == (Attachment(f"{MESSAGES[:-5]}/MM1/Media/ME1", "image/jpeg"),)


def test_N15_a_text_without_files_is_complete_as_it_is(twilio):
    twilio.has(at=NOON, to=NUMBER)
    [entry] = listed()

    assert carrier("twilio").complete(entry, ACCOUNT) is entry


def test_A24_N15_files_that_cannot_be_listed_are_told_in_a_sentence(twilio):
    twilio.has(at=NOON, sid="MM1", to=NUMBER, num_media="1")
    responses.get(f"{MESSAGES[:-5]}/MM1/Media.json", status=500)
    [entry] = listed()

    with pytest.raises(NotListed, match="answered 500"):
        carrier("twilio").complete(entry, ACCOUNT)
