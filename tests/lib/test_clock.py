"""Fault 28: every process takes the time from the database, however its own clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from smsdesk.lib import clock


@pytest.mark.django_db
@pytest.mark.parametrize("skew", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_fault_28_a_process_whose_clock_is_wrong_has_the_same_time(skew):
    before = clock.now()

    with time_machine.travel(datetime.now(UTC) + skew, tick=True):
        skewed = clock.now()

    assert timedelta(0) <= skewed - before < timedelta(seconds=10)
    assert skewed.tzinfo is not None


@pytest.mark.django_db
def test_the_clock_goes_on_within_a_transaction():
    assert clock.now() < clock.now()
