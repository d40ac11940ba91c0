"""I1: what a carrier posts twice, mixed up, broken or slowly is there once; no answer is a 500."""

from __future__ import annotations

import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import quote_from_bytes, urlsplit

import pytest
import requests

from routing.carriers.twilio import signature
from tests.faults.rig import CLAIMS
from tests.support.clients import wait_until
from tests.support.twilio import new_sid

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

SENDER = "+14155550311"


def at_once(*steps):
    """Results of steps that begin in the same moment, in order."""
    barrier = Barrier(len(steps))

    def run(step):
        barrier.wait(10)
        return step()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def post_raw(rig, fields: dict[str, bytes], **more) -> requests.Response:
    """Post a form of raw bytes, signed over them as they are."""
    channel = rig.desk.channel(CLAIMS)
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items())
    text = [(name, value.decode("utf-8", "surrogateescape")) for name, value in fields.items()]
    signed = signature(channel["auth_token"], channel["inbound_url"], text)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signed,
    }
    return requests.post(channel["inbound_url"], data=body, headers=headers, timeout=30, **more)


def test_I1_fault_1_five_copies_of_a_webhook_are_five_successes_and_one_message(rig):
    sid = new_sid()

    answers = at_once(*[lambda: rig.desk.inbound(SENDER, "Hello", sid=sid)] * 5)
    answers += [rig.desk.inbound(SENDER, "Hello", sid=sid) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 10
    rig.settle()
    assert [message["body"] for message in rig.messages()] == ["Hello"]


def test_I1_I2_fault_3_texts_in_any_order_are_one_conversation_in_the_order_they_came(rig):
    for number in range(6):
        rig.text(SENDER, f"part {number}")
    rig.settle()
    bodies = [message["body"] for message in rig.messages(SENDER)]
    assert bodies == [f"part {number}" for number in range(6)]
    assert len({message["interaction_id"] for message in rig.messages(SENDER)}) == 1


def test_I1_I2_fault_4_two_first_texts_in_one_instant_share_a_conversation(rig):
    for number in range(10):
        sender = f"+1415555032{number}"
        answers = at_once(
            lambda sender=sender: rig.desk.inbound(sender, "one"),
            lambda sender=sender: rig.desk.inbound(sender, "two"),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
    rig.settle()
    assert len(rig.messages()) == 20
    assert rig.desk.scalar("SELECT count(*) FROM routing_interaction") == 10


def test_I1_fault_35_a_body_of_ten_megabytes_is_refused_and_others_are_served(rig):
    url = rig.desk.channel(CLAIMS)["inbound_url"]
    answer = requests.post(url, data=b"Body=" + b"x" * 10_000_000, timeout=30)
    assert answer.status_code == 413
    rig.text(SENDER, "I am served")
    rig.settle()
    kept = rig.desk.sql("SELECT length(body) AS size FROM routing_carrierrequest ORDER BY id")
    assert kept[0]["size"] == 256 * 1024


def test_I1_fault_35_ten_thousand_parameters_are_refused(rig):
    fields = {f"Field{number}": b"x" for number in range(10_000)}
    assert post_raw(rig, fields).status_code == 403
    assert rig.desk.scalar("SELECT state FROM routing_carrierrequest") == "QUARANTINED"


def test_I1_fault_35_ten_bodies_that_trickle_in_keep_nobody_waiting(rig):
    parts = urlsplit(rig.desk.channel(CLAIMS)["inbound_url"])
    slow = [socket.create_connection((parts.hostname, parts.port), 5) for _ in range(10)]
    try:
        for line in slow:
            line.sendall(
                f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                "Content-Length: 1000\r\n\r\nB".encode()
            )
        for number in range(10):
            began = time.monotonic()
            rig.text(SENDER, f"quick {number}")
            assert time.monotonic() - began < 3
            for line in slow:
                line.sendall(b"o")
    finally:
        for line in slow:
            line.close()
    rig.settle()
    assert len(rig.messages()) == 10


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (b"broken \xff\xfe UTF-8", "broken \ufffd\ufffd UTF-8"),
        (b"a NUL \x00 inside", "a NUL \ufffd inside"),
        (b"half a pair \xed\xa0\x80", "half a pair \ufffd\ufffd\ufffd"),
        ("four bytes 🦄".encode(), "four bytes 🦄"),
        (b"long " * 400, "long " * 400),
        (b"", ""),
        ("right to left \u202e and \u2028".encode(), "right to left \u202e and \u2028"),
        (b"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ],
    ids=["broken", "nul", "surrogate", "emoji", "long", "empty", "controls", "markup"],
)
def test_I1_fault_36_whatever_the_bytes_the_text_is_stored(rig, body, stored):
    fields = {"MessageSid": new_sid().encode(), "From": SENDER.encode(), "To": CLAIMS.encode()}
    assert post_raw(rig, {**fields, "Body": body}).status_code == 200
    rig.settle()
    (message,) = rig.messages(SENDER)
    assert message["body"] == stored
    assert message["repaired"] is ("\ufffd" in stored)


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
def test_I1_fault_36_a_text_without_a_field_is_kept_as_refused(rig, missing):
    fields = {"MessageSid": new_sid(), "From": SENDER, "To": CLAIMS, "Body": "Hello"}
    raw = {name: value.encode() for name, value in fields.items() if name != missing}
    assert post_raw(rig, raw).status_code == 200
    look = "SELECT state, note FROM routing_carrierrequest"
    row = wait_until(lambda: [r for r in rig.desk.sql(look) if r["state"] == "REFUSED"])[0]
    assert missing in row["note"]
    assert rig.messages() == []


def test_I1_a_form_without_a_signature_makes_nothing(rig):
    url = rig.desk.channel(CLAIMS)["inbound_url"]
    assert requests.post(url, data={"Body": str(uuid.uuid4())}, timeout=30).status_code == 403
    rig.settle()
    assert rig.messages() == []
