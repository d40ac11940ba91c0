"""N19: which of the carriers' requests are a person's, and how they are found."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.enums import RequestKind, RequestState
from routing.models import CarrierRequest
from routing.selectors.held import requests_of
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory, inbound_text

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+14155550123", "+14155550188"


def a_request(state=RequestState.PARKED, account=None, url="", **fields: str) -> CarrierRequest:
    return CarrierRequest.objects.create(
        account=account,
        kind=RequestKind.INBOUND,
        url=f"http://testserver/carriers/1/inbound{url}",
        body=urlencode(fields).encode(),
        received_at=clock.now(),
        state=state,
    )


def found(*numbers: str) -> list[int]:
    return requests_of(numbers=numbers, interaction_ids=[])


@pytest.mark.parametrize("state", RequestState)
def test_N19_a_text_is_theirs_in_whatever_state_it_is(state):
    text = a_request(state, AccountFactory(), MessageSid="SM1", From=NUMBER, To=OTHER, Body="hi")

    assert found(NUMBER) == found(OTHER) == [text.pk]
    assert found("+14155550199") == []


@pytest.mark.parametrize("written", ["14155550123", NUMBER, f" {NUMBER} "])
def test_N19_a_number_is_known_in_other_spellings(written):
    text = a_request(account=AccountFactory(), MessageSid="SM1", From=written, To=OTHER, Body="hi")

    assert found(NUMBER) == [text.pk]


def test_N19_what_a_gateway_says_in_the_address_alone_is_read():
    """Kannel asks by GET: there is no body."""
    account = AccountFactory(carrier="kannel", auth_token="s")
    query = {"id": "1", "from": NUMBER, "to": OTHER, "text": "hi", "token": "s"}
    text = a_request(account=account, url=f"?{urlencode(query)}")
    CarrierRequest.objects.update(method="GET")

    assert found(NUMBER) == found(OTHER) == [text.pk]
    assert found("+14155550199") == []


def test_N19_a_text_of_somebody_else_who_speaks_of_the_number_is_not_theirs():
    inbound_text(ChannelFactory(), OTHER, f"Ask {NUMBER}")

    assert found(NUMBER) == []


@pytest.mark.parametrize("kind", ["body", "address"])
def test_N19_what_is_no_text_is_theirs_where_it_names_the_number(kind):
    fields = {"Odd": NUMBER} if kind == "body" else {}
    odd = a_request(url=f"?who={NUMBER[1:]}" if kind == "address" else "", **fields)

    assert found(NUMBER) == [odd.pk]
    assert found(OTHER) == []


def test_N19_a_senders_name_is_looked_for_as_well():
    text = a_request(account=AccountFactory(), MessageSid="SM1", From="ACME", To=OTHER, Body="hi")

    assert found("ACME") == [text.pk]
    assert found("BANK") == []


def test_N19_they_are_found_by_an_index_among_very_many():
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO routing_carrierrequest (kind, url, headers, body, received_at, state,
                   note, attempts)
               SELECT 'INBOUND', 'http://testserver/', '{}',
                      convert_to('From=%%2B1415' || 5000000 + n || '&Body=hello', 'UTF8'), now(),
                      'HANDLED', '', 0
               FROM generate_series(1, 20000) AS n"""
        )
        cursor.execute("ANALYZE routing_carrierrequest")
        with CaptureQueriesContext(connection) as ran:
            assert len(found("+14155000777")) == 1
        reading = [each["sql"] for each in ran if "routing_digits_of" in each["sql"]]
        plans = []
        for sql in reading:
            cursor.execute(f"EXPLAIN {sql.partition(' FOR ')[2]}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))

    assert len(plans) == 2
    assert "request_digits" in plans[0]
    for plan in plans:
        assert "Seq Scan on routing_carrierrequest" not in plan
