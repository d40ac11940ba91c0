"""One run of the bench: its parts, and the programs of the machine they are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from tests.bench import assignments, offers, pages, pushes, reports, sends, webhooks
from tests.bench.floor import TABLE
from tests.bench.rows import clear_work, open_desk

if TYPE_CHECKING:
    from tests.bench.machine import Machine
    from tests.bench.report import Section

AGENTS = 50


class Session:
    """Starts what a part needs and measures it; ``quick`` does everything once and briefly."""

    def __init__(self, machine: Machine, *, quick: bool) -> None:
        self.machine = machine
        self.quick = quick
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
        self.desk = open_desk(agents=AGENTS)
        self.web = machine.run_web()
        self.floor = machine.run_app("tests.bench.floor:application")
        self.has_workers = False

    def webhooks(self) -> Section:
        with self.machine.running_app("tests.bench.tutorial:application") as tutorial:
            return webhooks.measure(
                web=self.web,
                floor=self.floor,
                tutorial=tutorial,
                inbound_path=self.desk.channel.account.inbound_path,
                rounds=1 if self.quick else 5,
                seconds=0.5 if self.quick else 3,
            )

    def assignments(self) -> Section:
        return assignments.measure(
            channel=self.desk.channel,
            rounds=1 if self.quick else 3,
            most_waiting=1_000 if self.quick else 10_000,
            most_agents=100 if self.quick else 1_000,
        )

    def offers(self) -> Section:
        self._run_workers()
        return offers.measure(
            desk=self.desk,
            web=self.web,
            floor=self.floor,
            rates=[10] if self.quick else [10, 20, 40, 100],
            seconds=1 if self.quick else 5,
            rounds=1 if self.quick else 3,
            burst=20 if self.quick else 100,
        )

    def sends(self) -> Section:
        self._run_workers()
        return sends.measure(
            desk=self.desk,
            web=self.web,
            rounds=1 if self.quick else 5,
            clicks=5 if self.quick else 40,
        )

    def pages(self) -> Section:
        return pages.measure(
            desk=self.desk,
            conversations=[1, 6] if self.quick else [1, 6, 10],
            rounds=2 if self.quick else 30,
        )

    def pushes(self) -> Section:
        return pushes.measure(
            desk=self.desk,
            web=self.web,
            web_pid=self.machine.pid("web"),
            floor=self.floor,
            desks=[2] if self.quick else [6, 50, 200],
            pushes=5 if self.quick else 200,
        )

    def reports(self) -> Section:
        return reports.measure(
            desk=self.desk,
            messages=10_000 if self.quick else 1_000_000,
            rounds=1 if self.quick else 10,
        )

    def _run_workers(self) -> None:
        """From here on texts are handled; what the parts before left is forgotten."""
        if not self.has_workers:
            clear_work()
            self.machine.run_worker("--include", "tests.bench.hop")
            self.machine.run_beat()
            self.has_workers = True
