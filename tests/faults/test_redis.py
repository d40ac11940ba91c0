"""I1, I5, I6: Redis is wiped, killed or frozen; texts go their way, and desks show them."""

from __future__ import annotations

import time

import pytest

from tests.faults.load import RetryingCarrier

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

SENDER = "+1415555034"
HEARD_SECONDS = 2 + 3
ANSWER_SECONDS = 3


@pytest.fixture
def tab(rig):
    rig.make_available("robin")
    return rig.client("robin").open_desk()


def test_I6_fault_10_after_redis_was_wiped_an_open_desk_hears_again(rig, tab):
    rig.desk.redis_flush()
    rig.text(f"{SENDER}0", "after the wipe")
    tab.wait_for("after the wipe", HEARD_SECONDS)
    assert tab.is_open


def test_I5_I6_fault_11_with_redis_dead_texts_are_offered_and_the_desk_works(rig, tab):
    rig.desk.redis_kill()
    began = time.monotonic()
    rig.text(f"{SENDER}1", "Redis is dead")
    assert time.monotonic() - began < ANSWER_SECONDS
    tab.wait_for("Redis is dead", HEARD_SECONDS)
    offer = rig.offer(f"{SENDER}1")
    robin = rig.client("robin")
    assert robin.get("/desk/").status_code == 200
    assert robin.post(f"/desk/offers/{offer['id']}/accept").status_code == 200
    # A new tab opens without Redis as well.
    second = robin.open_desk()
    assert second.is_open

    rig.desk.redis_start()
    rig.text(f"{SENDER}2", "Redis is back")
    tab.wait_for("Redis is back", HEARD_SECONDS)
    second.wait_for("Redis is back", HEARD_SECONDS)


def test_I1_I6_fault_12_with_redis_frozen_webhooks_are_answered_and_all_converges(rig, tab):
    rig.desk.redis_stop()
    with RetryingCarrier(rig, threads=2) as load:
        time.sleep(3)
        tab.wait_for("text 0", HEARD_SECONDS)
    assert load.slowest < ANSWER_SECONDS
    rig.desk.redis_cont()
    load.check()
    assert rig.agent("robin")["load"] == 6
