"""The carrier's side of Twilio's protocol, measured by Twilio's own SDK."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from smsdesk.handset import twilio_wire

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@given(
    auth_token=st.text(min_size=1).filter(lambda text: text.isprintable()),
    path=st.sampled_from(["/inbound", "/status?message=5f&b=%20x", "/a?z=1&a=2"]),
    params=st.dictionaries(st.sampled_from(["Body", "From", "To", "SmsSid", "Z", "a"]), st.text()),
)
def test_signature_is_the_one_the_official_sdk_computes(auth_token, path, params):
    url = f"http://127.0.0.1:8000/carriers/key{path}"
    params = {name: value.encode(errors="replace").decode() for name, value in params.items()}

    signature = twilio_wire.signature(auth_token=auth_token, url=url, params=params)

    assert signature == RequestValidator(auth_token).compute_signature(url, params)


@pytest.mark.parametrize(
    ("body", "parts"), [("", "1"), ("a" * 160, "1"), ("a" * 161, "2"), ("ж" * 71, "2")]
)
def test_number_of_segments_is_that_of_the_body(body, parts):
    fields = twilio_wire.inbound_params(
        sid="SM1", account_sid="AC1", to="+1", sender="+2", body=body
    )

    assert fields["NumSegments"] == parts


def test_inbound_text_has_every_field_a_carrier_sends():
    fields = twilio_wire.inbound_params(
        sid="SM1", account_sid="AC1", to="+14155550199", sender="+14155550101", body="Hello"
    )

    assert fields == {
        "MessageSid": "SM1",
        "SmsSid": "SM1",
        "SmsMessageSid": "SM1",
        "AccountSid": "AC1",
        "From": "+14155550101",
        "To": "+14155550199",
        "Body": "Hello",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        "FromCity": "",
        "FromState": "",
        "FromZip": "",
        "FromCountry": "",
        "ToCity": "",
        "ToState": "",
        "ToZip": "",
        "ToCountry": "",
    }


def test_receipt_names_an_error_only_where_there_is_one():
    well = twilio_wire.status_params(
        sid="SM1", account_sid="AC1", to="+1", sender="+2", status="sent", error_code="", at=AT
    )
    badly = twilio_wire.status_params(
        sid="SM1",
        account_sid="AC1",
        to="+1",
        sender="+2",
        status="undelivered",
        error_code="30003",
        at=AT,
    )

    assert "ErrorCode" not in well
    assert badly["ErrorCode"] == "30003"
    assert badly["RawDlrDoneDate"] == "2611220930"


def test_dates_are_written_as_twilio_writes_them():
    document = twilio_wire.message_document(
        sid="SM1", account_sid="AC1", to="+1", sender="+2", body="x", at=AT
    )

    assert document["date_created"] == "Sun, 22 Nov 2026 09:30:00 +0000"
