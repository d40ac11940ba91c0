"""N14: counted once and for good, whatever comes late, twice, at the same time, or is deleted."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cases.models import Kept, RetentionPeriod
from cases.services.retention import apply_retention
from routing.enums import EventKind, InteractionState
from routing.models import Event, Interaction, Tally, TallyDue
from routing.services.tallies import LOCK, count_anew, count_due, horizon, keep_counted
from routing.tasks import count_tallies
from smsdesk.lib import clock
from tests.factories import InteractionFactory
from tests.routing.test_tallies import counted, totals

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
K = EventKind


def write(interaction: Interaction, kind: EventKind, at: datetime, **fields) -> None:
    fields = {"queue_id": interaction.queue_id} | fields
    Event.objects.create(interaction=interaction, kind=kind, at=at, **fields)


class TestCountedOnce:
    """Late, again, or interrupted: the same numbers."""

    @pytest.fixture
    def interaction(self):
        return InteractionFactory(initiated_at=NOON)

    def test_N14_an_event_that_comes_late_is_counted_in_its_own_quarter(self, interaction):
        write(interaction, K.OFFERED, NOON + 2 * HOUR)
        count_due()
        write(interaction, K.LAPSED, NOON + timedelta(seconds=60))
        count_tallies()

        assert totals() == {"offered": 1, "lapsed": 1}
        assert Tally.objects.get(lapsed=1).quarter == NOON
        assert not TallyDue.objects.exists()

    def test_N14_what_is_counted_again_is_not_counted_twice(self, interaction):
        write(interaction, K.OFFERED, NOON)
        before = (count_due(), counted())[1]
        for _ in range(2):
            TallyDue.objects.create(quarter=NOON)
            count_due()
            count_anew()

        assert counted() == before != {}

    def test_N14_a_count_that_is_interrupted_is_made_the_next_time(self, interaction, monkeypatch):
        write(interaction, K.OFFERED, NOON)

        def die(*_: object, **__: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(Tally.objects, "bulk_create", die)
            with pytest.raises(RuntimeError):
                count_due()
        assert totals() == {}
        count_due()

        assert totals() == {"offered": 1}

    def test_N14_rebuilding_from_nonsense_says_what_a_day_looks_like(self):
        with pytest.raises(CommandError, match="Write it as 2026-03-01"):
            call_command("rebuild_reports", "--from", "yesterday")


class TestKeptForGood:
    """Life lines are deleted when their time is over; what was counted of them stays."""

    @pytest.fixture
    def now(self):
        RetentionPeriod.objects.filter(kind=Kept.EVENTS).update(days=30)
        return clock.now()

    def closed(self, at: datetime, *, began: datetime) -> Interaction:
        """A conversation with an entry at its beginning and one at its end."""
        interaction = InteractionFactory(
            initiated_at=began, closed_at=at, state=InteractionState.CLOSED
        )
        write(interaction, K.RECEIVED, began)
        write(interaction, K.OFFERED, at)
        return interaction

    def test_N14_rebuilding_lowers_nothing_whose_life_lines_were_deleted(self, now, capsys):
        deleted = self.closed(now - 40 * DAY, began=now - 41 * DAY)
        self.closed(now - 5 * DAY, began=now - 41 * DAY)  # in the same quarter, and stays
        count_due()
        before = counted()
        apply_retention()
        assert not deleted.events.exists()

        for begin in ([], ["--from", "2020-01-01"]):
            call_command("rebuild_reports", *begin)
            assert counted() == before
        assert (totals()["texts_in"], totals()["offered"]) == (2, 2)
        assert (
            f"Life lines of before {horizon():%Y-%m-%d %H:%M} UTC were deleted, for their time was"
            " over: what was counted until then stays as it is."
        ) in capsys.readouterr().out

    def test_N14_rebuilding_counts_anew_what_came_after(self, now):
        self.closed(now - 40 * DAY, began=now - 40 * DAY)
        self.closed(now - 5 * DAY, began=now - 41 * DAY)
        count_due()
        apply_retention()
        Tally.objects.filter(quarter__gte=now - 6 * DAY).update(offered=99)
        count_anew()

        assert totals()["offered"] == 2

    def test_N14_what_comes_for_a_time_whose_life_lines_are_gone_lowers_nothing(self, now):
        self.closed(now - 40 * DAY, began=now - 40 * DAY)
        count_due()
        apply_retention()
        before = counted()
        TallyDue.objects.create(quarter=Tally.objects.latest("quarter").quarter)
        count_due()

        assert counted() == before != {}
        assert not TallyDue.objects.exists()

    def test_N14_nothing_is_deleted_before_it_is_counted(self, now):
        entries = self.closed(now - 40 * DAY, began=now - 40 * DAY).events.count()

        assert apply_retention() == {}
        assert horizon() is None
        count_due()
        assert apply_retention() == {"entries of life lines": entries}
        assert totals()["texts_in"] == 1

    def test_N14_a_longer_period_does_not_bring_deleted_life_lines_back(self, now):
        keep_counted(before=now - 10 * DAY)
        kept = horizon()
        keep_counted(before=now - 30 * DAY)

        assert horizon() == kept


@pytest.mark.django_db(transaction=True)
@pytest.mark.races
def test_N14_nobody_counts_beside_somebody_who_counts():
    interaction = InteractionFactory(initiated_at=NOON)
    write(interaction, K.OFFERED, NOON)
    found = []

    def beside() -> None:
        found.append(count_due())
        connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        other = threading.Thread(target=beside)
        other.start()
        other.join(timeout=30)

    assert found == [0]
    assert count_due() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.races
def test_N14_what_is_written_while_several_count_and_rebuild_is_counted_once():
    interactions = [InteractionFactory(initiated_at=NOON) for _ in range(3)]
    Event.objects.all().delete()
    written, ready = threading.Event(), threading.Barrier(6)
    failed = []

    def run(work) -> None:
        try:
            Tally.objects.exists()  # connects
            ready.wait(timeout=60)
            work()
        except Exception as error:  # noqa: BLE001 - a thread's error is the test's
            failed.append(error)
        finally:
            connection.close()

    def writes(interaction: Interaction) -> None:
        for number in range(60):
            with transaction.atomic():
                write(interaction, K.OFFERED, NOON + number % 3 * HOUR)

    def counts(count) -> None:
        while not written.is_set():
            count()

    writers = [
        threading.Thread(target=run, args=[lambda one=one: writes(one)]) for one in interactions
    ]
    counters = [
        threading.Thread(target=run, args=[lambda count=count: counts(count)])
        for count in (count_due, count_due, count_anew)
    ]
    for thread in [*counters, *writers]:
        thread.start()
    for thread in writers:
        thread.join(timeout=60)
    written.set()
    for thread in counters:
        thread.join(timeout=60)
    count_due()

    assert failed == []
    assert totals() == {"offered": 180}
    assert Counter(Tally.objects.values_list("quarter", flat=True)) == {
        NOON + number * HOUR: 3 for number in range(3)
    }
