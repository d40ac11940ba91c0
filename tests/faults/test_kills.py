"""I1-I3: processes are killed with -9 while texts come in; none is lost, and none doubled."""

from __future__ import annotations

import random
import shutil
import time
from contextlib import suppress

import pytest
import requests

from smsdesk.lib.embedded import free_port
from tests.faults.load import RetryingCarrier
from tests.faults.rig import Rig
from tests.support.clients import wait_until
from tests.support.processes import START_SECONDS

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

SENDER = "+14155550331"


def test_I1_fault_5_the_web_server_is_killed_under_load_and_a_retrying_carrier_loses_nothing(rig):
    rig.make_available("robin", "maya")
    with RetryingCarrier(rig) as load:
        for _ in range(2):
            time.sleep(0.7)
            rig.restart("web")
        time.sleep(0.5)
    load.check()


def test_I2_fault_6_an_offer_made_while_the_web_server_was_dead_is_shown_when_it_is_back(rig):
    rig.make_available("robin")
    tab = rig.client("robin").open_desk()
    rig.text(SENDER, "Are you there?")
    rig.desk.kill("web")
    offer = rig.offer(SENDER)
    wait_until(lambda: not tab.is_open)
    rig.desk.start("web")
    assert rig.offer(SENDER)["id"] == offer["id"]  # it was not lost, nor made anew
    tab = rig.client("robin").open_desk()
    tab.wait_for("Are you there?", 2 + 3)


def test_I1_I2_I3_faults_7_and_8_workers_are_killed_at_random_moments_under_load(rig):
    dice = random.Random(8)  # noqa: S311 - a die
    rig.make_available("robin", "maya", "jonas")
    with RetryingCarrier(rig) as load:
        for number in range(6):
            time.sleep(dice.uniform(0.2, 0.8))
            name = ("worker", "beat")[number % 2]
            rig.desk.kill(name)
            rig.desk.begin(name)
    load.check()
    # Six places each, all of them filled: nothing was left lying.
    agents = ("robin", "maya", "jonas")
    wait_until(lambda: sum(rig.agent(name)["load"] for name in agents) == 18, 5 + 3)


def test_I5_faults_7_and_8_beat_alone_routes_while_no_worker_lives(rig):
    rig.make_available("robin")
    rig.desk.kill("worker")
    rig.text(SENDER, "Is a worker there?")
    rig.offer(SENDER, 5 + 3)


def test_I1_fault_41_a_rolling_upgrade_under_load_loses_no_text(desk_maker, monkeypatch):
    desk = desk_maker()
    old, post = desk.port, requests.post
    upstream = [old]
    # The proxy in front: the address is signed as carriers know it, and answered by whoever serves.
    monkeypatch.setattr(
        requests, "post", lambda url, **kw: post(url.replace(f":{old}/", f":{upstream[0]}/"), **kw)
    )
    try:
        rig = Rig(desk)
        rig.empty()
        rig.make_available("robin")
        with RetryingCarrier(rig) as load:
            desk.port = free_port()
            ready = f"http://127.0.0.1:{desk.port}/health/ready"
            desk.begin("web2")
            wait_until(lambda: answers(ready), START_SECONDS)
            upstream[0] = desk.port
            for generation in ("web", "worker", "beat"):
                if generation != "web":
                    desk.start(f"{generation}2")
                desk.terminate(generation)
            known = len(load.acknowledged)
            wait_until(lambda: len(load.acknowledged) > known + 10, START_SECONDS)
        load.check()
        wait_until(lambda: rig.agent("robin")["load"] == 6, 5 + 3)
    finally:
        desk.end()


def answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


def test_I1_fault_14_postgresql_crashes_under_load_and_every_2xx_has_its_message(desk_maker):
    desk = desk_maker(own_postgres=True, start=("web", "worker"))
    try:
        rig = Rig(desk)
        rig.empty()
        rig.make_available("robin")
        with RetryingCarrier(rig) as load:
            time.sleep(1)
            desk.pg_restart("immediate")
            back = time.monotonic()
            known = len(load.acknowledged)
            wait_until(lambda: len(load.acknowledged) > known + 3, 5 + 3)
            wait_until(lambda: rig.messages()[-1:], 5 + 3)
            assert time.monotonic() - back < 2 * (5 + 3)
            time.sleep(1)
        load.check()
    finally:
        desk.end()
        shutil.rmtree(desk.directory, ignore_errors=True)
