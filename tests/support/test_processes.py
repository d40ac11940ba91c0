"""The test desk itself: it starts, serves, hears a text, survives what tests do to it, and ends."""

from __future__ import annotations

import psutil
import pytest
from twilio.request_validator import RequestValidator

from tests.support.processes import Desk
from tests.support.twilio import twilio_signature

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]


def test_our_signature_is_twilios():
    fields = {"Body": "é 👋", "From": "+14155550101", "To": "+14155550199"}
    url = "http://127.0.0.1:8000/carriers/x/status?message=1"
    assert twilio_signature(url, fields, "token") == RequestValidator("token").compute_signature(
        url, fields
    )


def test_a_text_is_offered_on_the_open_desk_of_a_real_stack(desk: Desk):
    agent = desk.agent_client("robin")
    tab = agent.open_desk()
    assert agent.post("/desk/status", {"status": "Available"}).status_code < 400
    assert desk.inbound("+14155550142", "Is anybody there?").status_code == 200
    tab.wait_for("Is anybody there?", 10)
    assert desk.scalar("SELECT count(*) FROM routing_offer WHERE state = 'PENDING'") == 1


def test_the_desk_is_there_again_after_its_parts_were_killed(make_desk):
    desk = make_desk(start=("web", "worker"))
    desk.kill_worker()
    desk.start_worker()
    desk.kill_web()
    desk.start_web()
    desk.redis_kill()
    desk.redis_start()
    desk.redis_stop()
    desk.redis_cont()
    desk.redis_flush()
    desk.wait_until(lambda: desk.inbound("+14155550142", "Hello").status_code == 200, 10)
    desk.wait_until(lambda: desk.scalar("SELECT count(*) FROM routing_message") > 0, 10)
    pids = [desk.pid(name) for name in desk.processes]
    assert all(psutil.pid_exists(pid) for pid in pids)
    desk.end()
    assert not any(psutil.pid_exists(pid) for pid in pids)
