"""Assigning waiting texts to agents: how many a second, and what each costs the database."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from routing.enums import InteractionState, OfferState
from routing.models import Interaction, Offer, Queue
from routing.services.assignment import route_waiting
from smsdesk.lib import clock
from smsdesk.lib.doorbell import doorbell
from tests.bench.floor import INSERT
from tests.bench.load import middle_ratio
from tests.bench.report import Section, Target, ms
from tests.bench.rows import (
    ACCEPTANCE_SECONDS,
    PLACES,
    above_their_limit,
    add_agents,
    clear_work,
    new_number,
)

if TYPE_CHECKING:
    from routing.models import Channel

WAITING = (100, 1_000, 10_000)
AGENTS = (10, 100, 1_000)
ONE_BY_ONE = 40
AT_ONCE = 50  # with the above no more than ten agents have places for
ROUTERS = 4
MOST_GROWTH = 1.3
MOST_DATABASE_SECONDS = 0.001

ABOUT = (
    "`route_waiting` called in one process against rows made for it. *One by one*: a pass for each"
    " text, as its doorbell asks for; *in a pass*: a backlog, offered in one go. Database time is"
    " what PostgreSQL itself counts as active (statements and commits, which wait for the disk),"
    " one by one. The floor is one durable INSERT and one PUBLISH from the same process."
)


@dataclass
class Figures:
    """One size's rounds: seconds for each assignment."""

    one_by_one: list[float] = field(default_factory=list)
    in_a_pass: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)


def measure(*, channel: Channel, rounds: int, most_waiting: int, most_agents: int) -> Section:
    """Measure every size up to those given, and look whether anybody got too much."""
    queues = {
        number: Queue.objects.create(name=f"Bench {number}", acceptance_seconds=ACCEPTANCE_SECONDS)
        for number in AGENTS
        if number <= most_agents
    }
    add_agents("assigned", max(queues), [(queue, number) for number, queue in queues.items()])
    sizes = [
        (waiting, agents) for agents in queues for waiting in WAITING if waiting <= most_waiting
    ]
    figures = {size: Figures() for size in sizes}
    floor = Figures()
    too_much = 0
    for _ in range(rounds):
        for waiting, agents in sizes:
            fill(channel, queues[agents], waiting)
            _measure_size(figures[waiting, agents], queues[agents])
            too_much += above_their_limit()
            _measure_floor(floor)
    statements = _statements(channel, queues[min(queues)])
    raced, too_much_raced = _race(channel, queues[min(100, max(queues))])
    clear_work()
    section = _section(figures, floor, statements, raced)
    section.targets.append(_limits(too_much + too_much_raced))
    return section


def fill(channel: Channel, queue: Queue, waiting: int) -> None:
    """Let so many texts wait in the queue, and nothing anywhere else."""
    clear_work()
    now = clock.now()
    Interaction.objects.bulk_create(
        (
            Interaction(
                channel=channel,
                customer_address=new_number(),
                queue=queue,
                state=InteractionState.QUEUED,
                initiated_at=now,
                queued_at=now,
            )
            for _ in range(waiting)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE routing_interaction")


def _measure_size(figures: Figures, queue: Queue) -> None:
    _assign(queue, passes=3, most=1)
    active = _active_seconds()
    figures.one_by_one.append(_assign(queue, passes=ONE_BY_ONE, most=1))
    figures.database.append((_active_seconds() - active) / ONE_BY_ONE)
    figures.in_a_pass.append(_assign(queue, passes=1, most=AT_ONCE))


def _assign(queue: Queue, *, passes: int, most: int) -> float:
    """Seconds for each assignment, the doorbells they ring included."""
    started = time.perf_counter()
    for _ in range(passes):
        made = route_waiting(queue_ids=[queue.pk], now=clock.now(), most=most)
        if made != most:
            raise RuntimeError(f"{made} offers were made instead of {most}.")
    doorbell.flush()
    return (time.perf_counter() - started) / (passes * most)


def _measure_floor(floor: Figures) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as bell, connection.cursor() as cursor:

        def once() -> None:
            cursor.execute(INSERT, [new_number(), b"text"])
            bell.publish("floor.0", "text")

        once()
        active = _active_seconds()
        started = time.perf_counter()
        for _ in range(ONE_BY_ONE):
            once()
        floor.one_by_one.append((time.perf_counter() - started) / ONE_BY_ONE)
        floor.database.append((_active_seconds() - active) / ONE_BY_ONE)


def _active_seconds() -> float:
    """How long PostgreSQL has been busy for this database, by its own count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT active_time / 1000 FROM pg_stat_database WHERE datname = current_database()"
        )
        (seconds,) = cursor.fetchone()
    return float(seconds)


def _statements(channel: Channel, queue: Queue) -> int:
    fill(channel, queue, 10)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        route_waiting(queue_ids=[queue.pk], now=clock.now(), most=1)
    return len(captured)


def _race(channel: Channel, queue: Queue) -> tuple[float, int]:
    """Several routers at once, until no place is left: assignments a second, agents above limit."""
    places = PLACES * queue.members.count()
    fill(channel, queue, places + 100)
    begin = threading.Barrier(ROUTERS + 1)

    def route(_: int) -> None:
        begin.wait()
        try:
            while route_waiting(queue_ids=[queue.pk], now=clock.now()):
                pass
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(ROUTERS) as pool:
        done = [pool.submit(route, number) for number in range(ROUTERS)]
        begin.wait()
        started = time.perf_counter()
        for each in done:
            each.result()
    elapsed = time.perf_counter() - started
    made = Offer.objects.filter(state=OfferState.PENDING).count()
    if made != places:
        raise RuntimeError(f"{made} of {places} places were filled.")
    return made / elapsed, above_their_limit()


def _section(
    figures: dict[tuple[int, int], Figures], floor: Figures, statements: int, raced: float
) -> Section:
    section = Section(
        "Assignments",
        f"{ABOUT} An assignment is {statements} statements and one commit; {ROUTERS} routers at"
        f" once, in threads of one process, make {raced:.0f} a second together.",
        [
            "waiting × agents",
            "one by one /s",
            "in a pass /s",
            "ms",
            "of which database ms",
            "× floor",
        ],
    )
    section.rows.append(
        [
            "floor",
            *(f"{1 / median(floor.one_by_one):.0f}", ""),
            *(ms(median(floor.one_by_one)), ms(median(floor.database)), "1.0"),
        ]
    )
    for (waiting, agents), one in figures.items():
        section.rows.append(
            [
                f"{waiting:,} × {agents:,}",
                f"{1 / median(one.one_by_one):.0f}",
                f"{1 / median(one.in_a_pass):.0f}",
                ms(median(one.one_by_one)),
                ms(median(one.database)),
                f"{median(one.one_by_one) / median(floor.one_by_one):.1f}",
            ]
        )
    agents = min(100, max(agents for _, agents in figures))
    most = max(waiting for waiting, _ in figures)
    growth = middle_ratio(figures[most, agents].one_by_one, figures[100, agents].one_by_one)
    worst = max(figures, key=lambda size: median(figures[size].database))
    database = median(figures[most, agents].database)
    section.targets = [
        Target(
            f"One assignment, {most:,} beside 100 waiting, {agents} agents",
            f"within {MOST_GROWTH} × of each other",
            f"{growth:.2f} ×",
            1 / MOST_GROWTH <= growth <= MOST_GROWTH,
        ),
        Target(
            f"Database time of one assignment, {most:,} waiting × {agents} agents",
            f"at most {ms(MOST_DATABASE_SECONDS)} ms",
            f"{ms(database)} ms (floor {ms(median(floor.database))} ms; worst"
            f" {ms(median(figures[worst].database))} ms at {worst[0]:,} × {worst[1]:,})",
            database <= MOST_DATABASE_SECONDS,
        ),
    ]
    return section


def _limits(too_much: int) -> Target:
    return Target(
        f"Agents above their limit, also with {ROUTERS} routers at once",
        "none, ever",
        str(too_much),
        too_much == 0,
    )
