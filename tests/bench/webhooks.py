"""Carriers' requests: how many a second, and how soon each is answered."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.load import Run, hammer, middle_ratio, pace, percentile
from tests.bench.report import Section, Target, ms
from tests.bench.rows import clear_work, text_maker

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECTIONS = 32
CALM_RATE = 100
LEAST_OF_FLOOR = 0.5
MOST_TIMES_P99 = 3
LEAST_TIMES_TUTORIAL = 10

ABOUT = (
    f"Signed Twilio texts, each from a new customer, over {CONNECTIONS} kept connections as fast as"
    f" they are answered, and at a calm {CALM_RATE} a second. One daphne process each, no worker:"
    " what happens behind the answer is measured below. Medians of the rounds; ratios are the"
    " median of each round's own ratio."
)


class Variant:
    """One server under load, and its runs."""

    def __init__(self, name: str, port: int, make: Callable[[], bytes]) -> None:
        self.name = name
        self.port = port
        self.make = make
        self.fast: list[Run] = []
        self.calm: list[Run] = []

    def measure(self, seconds: float) -> None:
        run = asyncio.run(hammer(self.port, self.make, connections=CONNECTIONS, seconds=seconds))
        self.fast.append(_checked(run))

    def measure_calm(self, seconds: float) -> None:
        wanted = round(CALM_RATE * seconds)
        run = asyncio.run(pace(self.port, self.make, rate=CALM_RATE, count=wanted))
        self.calm.append(_checked(run))

    @property
    def rates(self) -> list[float]:
        return [run.per_second for run in self.fast]


def measure(
    *, web: int, floor: int, tutorial: int, inbound_path: str, rounds: int, seconds: float
) -> Section:
    """Measure the desk's webhook beside the floor and the tutorial's, given their ports."""
    desk = Variant("desk", web, text_maker(f"http://127.0.0.1:{web}", inbound_path))
    bare = Variant("floor", floor, text_maker(f"http://127.0.0.1:{floor}", "/text/0"))
    manual = Variant("tutorial path", tutorial, text_maker(f"http://127.0.0.1:{tutorial}", "/text"))
    variants = [bare, desk, manual]
    for variant in variants:
        variant.measure(min(1.0, seconds))
        variant.fast.clear()
    for number in range(rounds):
        bare.measure(seconds)
        desk.measure(seconds)
        if number % 2 == 0:
            manual.measure(seconds)
        clear_work()
        bare.measure_calm(seconds)
        desk.measure_calm(seconds)
        clear_work()
    return _section(bare, desk, manual)


def _section(bare: Variant, desk: Variant, manual: Variant) -> Section:
    of_floor = middle_ratio(desk.rates, bare.rates)
    of_tutorial = middle_ratio(desk.rates[::2], manual.rates)
    p99 = {one.name: _p(one.fast, 0.99) for one in (bare, desk)}
    calm99 = {one.name: _p(one.calm, 0.99) for one in (bare, desk)}
    section = Section(
        "Webhooks",
        ABOUT,
        ["", "requests/s", "of the floor", "p50 ms", "p99 ms", "calm p50 ms", "calm p99 ms"],
    )
    for one in (bare, desk, manual):
        ratio = {bare: 1.0, desk: of_floor}.get(one) or median(one.rates) / median(bare.rates)
        calm = [ms(_p(one.calm, 0.5)), ms(_p(one.calm, 0.99))] if one.calm else ["", ""]
        fast = [ms(_p(one.fast, 0.5)), ms(_p(one.fast, 0.99))]
        section.rows.append([one.name, f"{median(one.rates):.0f}", f"{ratio:.2f}", *fast, *calm])
    section.targets = [
        Target(
            "Webhook, requests a second",
            f"at least {LEAST_OF_FLOOR} of the floor",
            f"{of_floor:.2f}",
            of_floor >= LEAST_OF_FLOOR,
        ),
        Target(
            "Webhook, p99 of the answer",
            f"at most {MOST_TIMES_P99} × the floor's",
            f"{p99['desk'] / p99['floor']:.1f} × (calm: {calm99['desk'] / calm99['floor']:.1f} ×)",
            p99["desk"] <= MOST_TIMES_P99 * p99["floor"],
        ),
        Target(
            "Webhook, beside the tutorial path",
            f"at least {LEAST_TIMES_TUTORIAL} × its requests a second",
            f"{of_tutorial:.1f} ×",
            of_tutorial >= LEAST_TIMES_TUTORIAL,
        ),
    ]
    return section


def _p(runs: list[Run], share: float) -> float:
    """The median of the rounds' percentiles."""
    return median(percentile(run.seconds, share) for run in runs)


def _checked(run: Run) -> Run:
    if run.refused or not run.seconds:
        raise RuntimeError(f"{run.refused} of {len(run.seconds)} requests were refused.")
    return run
