"""Whatever a stranger sends, no adapter trusts it or falls over it (S4, fault 36)."""

from __future__ import annotations

import json
from urllib.parse import quote_from_bytes

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from routing.carriers.base import BadSignature, Unreadable, WebRequest, carrier
from routing.enums import RequestKind
from routing.models import CarrierAccount
from tests.carriers.test_generic import OPTIONS

URL = "https://desk.example/x"
ACCOUNT = CarrierAccount(
    account_sid="AC123",
    auth_token="t0ken",
    signing_secret="s3cret",
    previous_secret="0ld",
    options=OPTIONS,
)
# Names that adapters look for, so that more than the first look is tried.
WORDS = ["data", "payload", "event_type", "eventType", "id", "from", "to", "text", "status", "umid"]
WORDS += [
    "msisdn",
    "messageId",
    "type",
    "concat",
    "concat-part",
    "concat-total",
    "sig",
    "timestamp",
]
WORDS += [
    "message",
    "receipt",
    "parts",
    "channel",
    "message_uuid",
    "message_type",
    "image",
    "url",
    "error",
    "title",
]
HEADERS = [
    "authorization",
    "x-signature",
    "x-twilio-signature",
    "telnyx-timestamp",
    "telnyx-signature-ed25519",
]


def query(body: bytes) -> str:
    """The bytes as a query, half of the time spelled as a browser would."""
    return quote_from_bytes(body, safe="=&+") if len(body) % 2 else body.decode("latin-1")


bodies = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=10)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4),
        ),
        max_leaves=20,
    ).map(lambda document: json.dumps(document).encode()),
)
requests = st.builds(
    lambda body, headers, method, kind: WebRequest(
        urls=(f"https://desk.example/x?{query(body)}" if method == "GET" else URL,),
        headers=headers,
        body=b"" if method == "GET" else body,
        method=method,
        kind=kind,
        options=OPTIONS,
    ),
    bodies,
    st.dictionaries(st.sampled_from(HEADERS) | st.text(max_size=10), st.text(max_size=40)),
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(RequestKind),
)


@pytest.mark.parametrize("slug", settings.CARRIERS)
@given(requests)
def test_fault_36_any_request_is_read_or_refused_with_a_sentence(slug, request_):
    said = ""
    try:
        carrier(slug).read(request_)
    except Unreadable as error:
        said = str(error)

    assert said.endswith("." if said else "")


@pytest.mark.parametrize("slug", settings.CARRIERS)
@given(requests)
def test_S4_no_request_without_a_genuine_signature_is_verified(slug, request_):
    with pytest.raises(BadSignature, match=r"\.$"):
        carrier(slug).verify(request_, ACCOUNT)
