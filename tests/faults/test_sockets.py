"""I2, I6: an agent's connection is lost, or the agent is, or there are two of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.faults.rig import ENVIRONMENT
from tests.faults.test_webhooks import at_once
from tests.support.clients import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

SENDER = "+1415555035"
GRACE = int(ENVIRONMENT["PRESENCE_TIMEOUT_SECONDS"])


def test_I6_fault_20_a_socket_is_lost_and_back_and_shows_what_happened_meanwhile(rig):
    rig.make_available("robin")
    rig.take("robin", f"{SENDER}0")
    robin = rig.client("robin")
    tab = robin.open_desk()
    tab.drop()

    rig.text(f"{SENDER}1", "while you were away")
    offer = rig.offer(f"{SENDER}1")
    tab = robin.open_desk()

    tab.wait_for("while you were away", 2 + 3)
    versions = [frame["version"] for frame in tab.desk_frames]
    assert versions == sorted(versions)
    # The offer kept its remaining time.
    assert rig.offer(f"{SENDER}1")["expires_at"] == offer["expires_at"]
    assert robin.post(f"/desk/offers/{offer['id']}/accept").status_code == 200


def test_I2_I4_fault_21_a_browser_silent_beyond_the_grace_loses_its_offer_to_a_colleague(rig):
    rig.make_available("robin", present_seconds=GRACE)
    robin = rig.client("robin")
    tab = robin.open_desk()
    held = rig.take("robin", f"{SENDER}2")
    rig.text(f"{SENDER}3", "Who takes me?")
    assert rig.offer(f"{SENDER}3")["agent_id"] == rig.agent_id("robin")
    rig.make_available("maya")
    due = rig.agent("robin")["presence_due_at"]
    assert due > rig.desk.scalar("SELECT clock_timestamp()") + timedelta(seconds=1)
    tab.drop()

    maya = rig.agent_id("maya")
    wait_until(
        lambda: rig.offer(f"{SENDER}3")["agent_id"] == maya, GRACE + 1 + 3, what="maya is offered"
    )
    assert rig.agent("robin")["present"] is False
    # No penalty, and what was accepted stays (N7).
    assert rig.agent("robin")["status"] == "Available"
    assert rig.interaction(f"{SENDER}2")["agent_id"] == rig.agent_id("robin")
    assert rig.interaction(f"{SENDER}2")["id"] == held
    assert rig.agent("robin")["load"] == 1

    # Back again: present, and offered texts again.
    tab = robin.open_desk()
    wait_until(lambda: rig.agent("robin")["present"], 5)


def test_I2_I3_fault_23_two_browsers_of_one_agent_accept_the_same_offer(rig):
    rig.make_available("robin")
    first = rig.client("robin")
    second = rig.desk.agent_client("robin")
    for number in range(5):
        sender = f"{SENDER}{4 + number}"
        rig.text(sender, "Two hands")
        path = f"/desk/offers/{rig.offer(sender)['id']}/accept"

        answers = at_once(lambda path=path: first.post(path), lambda path=path: second.post(path))

        assert [answer.status_code for answer in answers] == [200, 200]
        assert rig.interaction(sender)["state"] == "ACTIVE"
    assert rig.agent("robin")["load"] == 5
