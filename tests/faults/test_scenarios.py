"""I1, I2: a scenario of the simulated carrier, played to a running desk, breaks no invariant."""

from __future__ import annotations

import pytest
import requests

from tests.support.clients import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]


def test_I1_N22_a_storm_with_duplicates_and_disorder_is_there_once(rig):
    """N15: two hundred texts in two seconds, some webhooks twice, out of order."""
    base = rig.desk.base_url
    asked = {"scenario": "campaign-storm", "speed": 30, "seed": 11}
    started = requests.post(f"{base}/handset/scenario/play", json=asked, timeout=30)
    assert started.status_code == 200, started.text

    def all_here():
        return rig.desk.scalar("SELECT count(*) FROM routing_message WHERE author = 'CUSTOMER'")

    try:
        wait_until(lambda: all_here() >= 200, 60, what="every text is in the desk")
    finally:
        requests.post(f"{base}/handset/scenario/stop", json={}, timeout=30)
    rig.settle()
    sent = """SELECT count(DISTINCT sid) FROM handset_text
        JOIN routing_message ON carrier_message_id = sid WHERE direction = 'SENT'"""
    assert rig.desk.scalar(sent) == all_here() == 200
    repeated = "SELECT count(*) FROM routing_carrierrequest WHERE state = 'REPEATED'"
    assert rig.desk.scalar(repeated) > 0
