"""E1-E3 C3 D10 H5: an agent's status, why it came to be, and how long it lasted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.enums import AVAILABLE, ON_BREAK, StatusKind, StatusReason
from agents.models import StatusCode
from agents.selectors.agents import status_menu
from agents.services.status import (
    NoSuchStatus,
    return_from_wrap_up,
    send_on_break,
    set_status,
    set_stop_new,
)
from smsdesk.lib import clock
from tests.factories import AgentFactory
from tests.factories.agents import LONG_AGO

pytestmark = pytest.mark.django_db


@pytest.fixture
def lunch():
    return StatusCode.objects.create(name="Lunch", kind=StatusKind.AWAY, position=3)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def choose(agent, code, *, reason=StatusReason.CHOSEN, now=None) -> None:
    set_status(agent_id=agent.pk, code=code, reason=reason, now=now or clock.now())


def periods(agent) -> list[tuple]:
    found = agent.status_periods.order_by("started_at")
    return [(one.status.name, one.started_at, one.ended_at) for one in found]


def test_E1_the_menu_has_available_and_on_break_in_every_desk(lunch):
    assert [code.name for code in status_menu()] == [AVAILABLE, ON_BREAK, "Lunch"]


def test_E1_choosing_a_status_closes_the_period_before(lunch):
    agent = AgentFactory()
    now = clock.now()

    choose(agent, "Lunch", now=now)

    agent = fresh(agent)
    assert (agent.status, agent.status_reason, agent.status_since) == (
        lunch,
        StatusReason.CHOSEN,
        now,
    )
    assert agent.is_available is False
    assert periods(agent) == [(AVAILABLE, LONG_AGO, now), ("Lunch", now, None)]


def test_E1_becoming_available_counts_as_idle_from_then_on():
    agent = AgentFactory(status=ON_BREAK)
    now = clock.now()

    choose(agent, AVAILABLE, now=now)

    assert fresh(agent).idle_since == now


def test_E1_going_away_does_not_change_how_long_one_was_idle():
    agent = AgentFactory()

    choose(agent, ON_BREAK)

    assert fresh(agent).idle_since == LONG_AGO


def test_E1_choosing_the_present_status_keeps_its_period():
    agent = AgentFactory(status=ON_BREAK, status_reason=StatusReason.LAPSED)

    choose(agent, ON_BREAK)

    agent = fresh(agent)
    assert (agent.status_reason, agent.status_since) == (StatusReason.CHOSEN, LONG_AGO)
    assert periods(agent) == [(ON_BREAK, LONG_AGO, None)]


def test_E1_a_status_nobody_defined_is_refused_and_nothing_changes():
    agent = AgentFactory()

    with pytest.raises(NoSuchStatus, match=r"^There is no status called “Fishing”\.$"):
        choose(agent, "Fishing")

    assert fresh(agent).status.name == AVAILABLE
    assert fresh(agent).desk_version == agent.desk_version
    assert periods(agent) == [(AVAILABLE, LONG_AGO, None)]


@pytest.mark.parametrize("reason", [StatusReason.REJECTED, StatusReason.LAPSED])
def test_E2_the_desk_sets_on_break_and_says_why(reason):
    agent = AgentFactory()

    send_on_break(agent_id=agent.pk, reason=reason, now=clock.now())

    assert (fresh(agent).status.name, fresh(agent).status_reason) == (ON_BREAK, reason)


def test_J2_every_change_shows_on_the_desk():
    agent = AgentFactory()

    choose(agent, ON_BREAK)
    set_stop_new(agent_id=agent.pk, stop=True)

    assert fresh(agent).desk_version == agent.desk_version + 2


def test_D10_stop_new_leaves_the_status():
    agent = AgentFactory()

    set_stop_new(agent_id=agent.pk, stop=True)
    assert (fresh(agent).stop_new, fresh(agent).status.name) == (True, AVAILABLE)

    set_stop_new(agent_id=agent.pk, stop=False)
    assert (fresh(agent).stop_new, fresh(agent).status.name) == (False, AVAILABLE)


# After a wrap-up

END = LONG_AGO + timedelta(hours=1)
BEFORE, SINCE = END - timedelta(minutes=1), END + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "ran_out", "then"),
    [
        # On Break by the desk: back to Available, clicked or not
        ((ON_BREAK, StatusReason.LAPSED, BEFORE), False, AVAILABLE),
        ((ON_BREAK, StatusReason.REJECTED, SINCE), False, AVAILABLE),
        ((ON_BREAK, StatusReason.REJECTED, SINCE), True, AVAILABLE),
        # chosen before the end: zero makes Available (S1:25), a click keeps it
        (("Lunch", StatusReason.CHOSEN, BEFORE), True, AVAILABLE),
        (("Lunch", StatusReason.CHOSEN, BEFORE), False, "Lunch"),
        # chosen since the end: kept either way
        (("Lunch", StatusReason.CHOSEN, SINCE), True, "Lunch"),
        (("Lunch", StatusReason.CHOSEN, SINCE), False, "Lunch"),
        (("Lunch", StatusReason.SUPERVISOR, SINCE), True, "Lunch"),
        ((AVAILABLE, StatusReason.CHOSEN, BEFORE), True, AVAILABLE),
    ],
)
def test_E3_the_status_after_a_wrap_up(lunch, before, ran_out, then):
    status, reason, since = before
    agent = AgentFactory(status=status, status_reason=reason, status_since=since)

    return_from_wrap_up(agent_id=agent.pk, ended_at=END, countdown_ran_out=ran_out, now=clock.now())

    agent = fresh(agent)
    assert agent.status.name == then
    assert agent.status_reason == (reason if status == then else StatusReason.WRAPPED_UP)
