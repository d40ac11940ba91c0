"""I4: acceptance, wrap-up, inactivity and presence fire once, never early, and in time.

The desk promises a second when all is well and five after a fault; a noisy machine gets two and
three more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.rig import CLAIMS, POLICIES, Rig
from tests.support.clients import wait_until

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

WELL_SECONDS = 1 + 2
FAULT_SECONDS = 5 + 3
AHEAD = 3  # how far in the future timers are armed

# Moves the clock of a Python process, and nothing but its clock.
SKEW = """
import os
from datetime import UTC, datetime, timedelta
import time_machine
moved = datetime.now(UTC) + timedelta(seconds=int(os.environ["SKEW_SECONDS"]))
time_machine.travel(moved, tick=True).start()
"""


@dataclass(frozen=True)
class Armed:
    """Four timers that are due soon."""

    rig: Rig
    due: dict[str, datetime]
    rows: dict[str, int]

    def fired(self) -> dict[str, datetime]:
        """When each took effect, as far as it has."""
        looks = {
            "acceptance": "SELECT decided_at FROM routing_offer WHERE id = %s",
            "wrap-up": "SELECT closed_at FROM routing_interaction WHERE id = %s",
            "inactivity": "SELECT ended_at FROM routing_interaction WHERE id = %s",
            "presence": """SELECT min(at) FROM routing_event
                WHERE interaction_id = %s AND kind = 'WITHDRAWN'""",
        }
        found = {name: self.rig.desk.scalar(look, self.rows[name]) for name, look in looks.items()}
        return {name: at for name, at in found.items() if at is not None}

    def check(self, most: float) -> None:
        wait_until(lambda: len(self.fired()) == 4, AHEAD + most + 5, what="four timers")
        late = {name: (at - self.due[name]).total_seconds() for name, at in self.fired().items()}
        assert all(0 <= seconds <= most for seconds in late.values()), late
        # Once: what comes late, or twice, finds nothing to do.
        for state, kind in (("CLOSED", "CLOSED"), ("LAPSED", "LAPSED")):
            rows = self.rig.desk.scalar("SELECT count(*) FROM routing_event WHERE kind = %s", kind)
            assert rows == 1, state


def arm(rig: Rig) -> Armed:
    """One of each timer, due in a few seconds, and real Celery tasks behind them."""
    desk = rig.desk
    rig.make_available("robin")
    silent = rig.take("robin", "+14155550301")
    ended = rig.take("robin", "+14155550302")
    desk.sql("UPDATE agents_agent SET stop_new = true WHERE id = %s", rig.agent_id("robin"))
    rig.make_available("lea")
    rig.text("+14155550303", "Is somebody there?", to=POLICIES)
    watched = rig.offer("+14155550303")
    desk.sql("UPDATE agents_agent SET stop_new = true WHERE id = %s", rig.agent_id("lea"))
    desk.sql("UPDATE agents_agent SET stop_new = false WHERE id = %s", rig.agent_id("robin"))
    desk.sql("UPDATE routing_queue SET acceptance_seconds = %s, wrap_up_seconds = %s", AHEAD, AHEAD)
    rig.text("+14155550304", "Will nobody take it?", to=CLAIMS)
    offer = rig.offer("+14155550304")
    assert offer["agent_id"] == rig.agent_id("robin")
    desk.sql("UPDATE agents_agent SET stop_new = true WHERE id = %s", rig.agent_id("robin"))
    assert rig.client("robin").post(f"/desk/conversations/{ended}/end").status_code == 200
    # Its last word was as long ago as the channel allows.
    desk.sql(
        """UPDATE routing_message SET created_at = created_at - interval '3 hours'
           WHERE interaction_id = %s""",
        silent,
    )
    desk.sql(
        "UPDATE routing_event SET at = at - interval '3 hours' WHERE interaction_id = %s", silent
    )
    desk.sql(
        """UPDATE routing_interaction SET accepted_at = accepted_at - interval '3 hours',
               inactivity_due_at = clock_timestamp() + make_interval(secs => %s)
           WHERE id = %s""",
        AHEAD,
        silent,
    )
    lea = rig.agent_id("lea")
    desk.sql(
        """UPDATE agents_agent
           SET presence_due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s""",
        AHEAD,
        lea,
    )
    by_id = "SELECT {} FROM {} WHERE id = %s"
    due: dict[str, Any] = {
        "acceptance": offer["expires_at"],
        "wrap-up": desk.scalar(by_id.format("wrap_up_due_at", "routing_interaction"), ended),
        "inactivity": desk.scalar(by_id.format("inactivity_due_at", "routing_interaction"), silent),
        "presence": desk.scalar(by_id.format("presence_due_at", "agents_agent"), lea),
    }
    rows = {
        "acceptance": offer["id"],
        "wrap-up": ended,
        "inactivity": silent,
        "presence": watched["interaction_id"],
    }
    return Armed(rig, due, rows)


def test_I4_timers_fire_within_a_second_when_all_is_well(rig):
    arm(rig).check(WELL_SECONDS)


def test_I4_faults_7_and_8_timers_fire_after_the_worker_was_killed_and_started_again(rig):
    armed = arm(rig)
    rig.restart("worker")
    armed.check(FAULT_SECONDS)


def test_I4_fault_8_timers_fire_after_worker_and_beat_were_killed_and_one_came_back(rig):
    armed = arm(rig)
    rig.desk.kill("beat")
    rig.desk.kill("worker")
    rig.desk.begin("worker")
    armed.check(FAULT_SECONDS)


def test_I4_fault_10_timers_fire_after_redis_was_wiped(rig):
    armed = arm(rig)
    rig.desk.redis_flush()
    armed.check(FAULT_SECONDS)


def test_I4_fault_11_timers_fire_while_redis_is_dead_and_its_return_does_no_harm(rig):
    armed = arm(rig)
    rig.desk.redis_kill()
    armed.check(FAULT_SECONDS)
    rig.desk.redis_start()
    # Tasks that come late now find nothing to do: what the fixture checks.


def test_I4_fault_28_timers_keep_the_databases_clock_while_others_are_minutes_off(rig, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SKEW)
    path = f"{tmp_path}:{rig.desk.environment['PYTHONPATH']}"
    for name, seconds in (("web", 300), ("worker", -300), ("beat", 300)):
        rig.desk.kill(name)
        rig.desk.begin(name, environment={"PYTHONPATH": path, "SKEW_SECONDS": str(seconds)})
    for name in ("web", "worker", "beat"):
        rig.desk.wait_ready(name)
    try:
        arm(rig).check(WELL_SECONDS)
    finally:
        for name in ("web", "worker", "beat"):
            rig.desk.kill(name)
