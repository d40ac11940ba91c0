"""A18: what is asked of Twilio, and what our fakes answer for it, is as Twilio describes it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from routing.carriers.base import SendResult, Wanted, carrier
from routing.models import CarrierAccount
from smsdesk.handset import twilio_wire
from tests.carriers.cases import TEXT
from tests.carriers.descriptions import answer_breaches, breaches
from tests.support.twilio_list import TwilioList

SID = "AC" + "5" * 32
ACCOUNT = CarrierAccount(
    carrier="twilio", account_sid=SID, auth_token="t0ken", base_url="https://carrier.example"
)
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBER = "+14155550100"


@pytest.fixture
def asked():
    """What the adapter asks, of a carrier that answers nothing of use."""
    with responses.mock:
        for method in (responses.GET, responses.POST):
            responses.add(method, re.compile("https://carrier.example/.*"), json={"messages": []})
        yield lambda: [call.request for call in responses.calls]


def listed(**changes):
    wanted = Wanted(NUMBER, inbound=True, since=NOON - timedelta(hours=1), until=NOON)
    return list(carrier("twilio").list_texts(ACCOUNT, replace(wanted, **changes)))


def test_A18_a_text_is_sent_as_twilio_describes_it(asked):
    pictures = ("https://desk.example/files/1.png", "https://desk.example/files/2.png")
    for text in (TEXT, replace(TEXT, attachments=pictures), replace(TEXT, recipient="384387")):
        assert isinstance(carrier("twilio").send(text, ACCOUNT), SendResult)

    assert [breaches(request) for request in asked()] == [[], [], []]


def test_K1_the_account_is_tried_as_twilio_describes_it(asked):
    carrier("twilio").check(ACCOUNT)

    assert [breaches(request) for request in asked()] == [[]]


@pytest.mark.parametrize("inbound", [True, False])
def test_N15_the_list_is_asked_for_as_twilio_describes_it(asked, inbound):
    listed(inbound=inbound)

    assert [breaches(request) for request in asked()] == [[]]


def test_N15_the_following_page_is_asked_for_as_twilio_describes_it():
    with responses.mock:
        twilio = TwilioList(ACCOUNT, per_page=1)
        twilio.answers()
        for minute in range(2):
            twilio.has(at=NOON - timedelta(minutes=minute), to=NUMBER)
        assert len(listed()) == 2
        requests_ = [call.request for call in responses.calls]
        answers = [call.response.json() for call in responses.calls]

    assert [breaches(request) for request in requests_] == [[], []]
    for answer in answers:
        assert answer_breaches("GET", MESSAGES, 200, answer) == []


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "undelivered"])
def test_N22_the_simulated_carrier_answers_as_twilio_describes_it(status):
    message = twilio_wire.message_document(
        sid=twilio_wire.new_sid(),
        account_sid=SID,
        to="+14155550123",
        sender=NUMBER,
        body="Ça va? 😀",
        at=NOON,
    )
    assert answer_breaches("POST", MESSAGES, 201, message) == []

    entry = message | twilio_wire.fate(
        inbound=status == "queued", status=status, error_code="30003", at=NOON
    )
    page = twilio_wire.list_document([entry], account_sid=SID, following="PageToken=5")
    assert answer_breaches("GET", MESSAGES, 200, page) == []


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"params": {"DateSentAfter": "2026-03-02"}}, "no parameter of this address"),
        ({"params": {"PageSize": "1001"}}, "greater than the maximum"),
        ({"params": {"DateSent>": "yesterday"}}, "is not a 'date-time'"),
        ({"params": {"To": "whatsapp"}}, "is not a 'phone-number'"),
        ({"method": "POST", "data": {"Text": "x"}}, "no field of this form"),
    ],
)
def test_the_description_finds_what_is_wrong(how, said):
    """The check itself: it would not be one if it let everything through."""
    request = requests.Request(
        **{"method": "GET", "url": f"https://carrier.example{MESSAGES}", **how}
    ).prepare()

    [breach] = breaches(request)
    assert said in breach
    assert answer_breaches("GET", MESSAGES, 200, {"texts": []}) != []
    assert answer_breaches("GET", MESSAGES, 200, {"messages": [{"sid": "SM1"}]}) != []
