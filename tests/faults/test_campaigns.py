"""I7: processes are killed in the middle of a campaign; nobody is texted twice or forgotten."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from tests.support.clients import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

RECIPIENTS = 40
# A text whose sender was killed is given up after so long (routing.services.delivery).
GIVEN_UP_SECONDS = 2 * 1 + 30


@pytest.fixture
def campaign(rig):
    """A campaign that was started just now."""
    rig.desk.sql("DELETE FROM cases_campaign")
    campaign_id = rig.desk.scalar(
        """INSERT INTO cases_campaign (name, channel_id, body, audience, contact_days, numbers,
               per_minute, state, next_at, started_at, passed_over)
           SELECT 'Spring', min(id), 'Hello', 'LIST', 90, '', 300, 'RUNNING', now(), now(), '{}'
           FROM routing_channel RETURNING id"""
    )
    rig.desk.sql(
        """INSERT INTO cases_campaignrecipient (campaign_id, number, name, state, due_at, reason)
           SELECT %s, '+1415557' || lpad(n::text, 4, '0'), '', 'WAITING', now(), ''
           FROM generate_series(1, %s) AS n""",
        campaign_id,
        RECIPIENTS,
    )
    return campaign_id


def waiting(rig) -> int:
    query = "SELECT count(*) FROM cases_campaignrecipient WHERE state = 'WAITING'"
    return int(rig.desk.scalar(query))


def test_I7_workers_are_killed_in_the_middle_and_each_number_is_texted_once(rig, carrier, campaign):
    dice = random.Random(7)  # noqa: S311 - a die
    for number in range(4):
        time.sleep(dice.uniform(0.3, 0.9))
        name = ("worker", "beat")[number % 2]
        rig.desk.kill(name)
        rig.desk.begin(name)
    wait_until(lambda: waiting(rig) == 0, GIVEN_UP_SECONDS + 20)
    rig.settle()

    asked = Counter(order.recipient for order in carrier.orders)
    assert set(asked.values()) == {1}
    # Claimed by a process that was killed: unknown, or soon to be.
    in_doubt = rig.desk.scalar(
        "SELECT count(*) FROM routing_message WHERE state IN ('SENDING', 'UNKNOWN')"
    )
    assert RECIPIENTS - in_doubt <= len(asked) <= RECIPIENTS
    state = rig.desk.scalar("SELECT state FROM cases_campaign WHERE id = %s", campaign)
    assert state == "DONE"


def test_I7_a_campaign_goes_on_where_it_was_when_everything_was_dead(rig, carrier, campaign):
    wait_until(lambda: carrier.orders, 10)
    for name in ("worker", "beat"):
        rig.desk.kill(name)
    left = waiting(rig)
    assert 0 < left < RECIPIENTS
    time.sleep(1)
    assert waiting(rig) == left
    for name in ("worker", "beat"):
        rig.desk.start(name)
    wait_until(lambda: waiting(rig) == 0, GIVEN_UP_SECONDS + 20)
    rig.settle()

    assert max(Counter(order.recipient for order in carrier.orders).values()) == 1
