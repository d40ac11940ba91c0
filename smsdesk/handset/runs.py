"""A scenario is played: started, sent step by step, stopped.

What is written down is that it was started and stopped, in the audit trail, and the texts
themselves; everything else follows from these, the file and the time. So a worker that dies loses
nothing, and two that look at once send each text once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from agents.selectors.audit import last_of
from agents.services.audit import record_act
from smsdesk.handset import calls, scenario_files, selectors
from smsdesk.handset.models import Call, Direction, Phone, Scenario, Text
from smsdesk.handset.services import CannotText, channel_of, copy_of, heed_stop_words, webhooks
from smsdesk.lib import clock
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from datetime import datetime

    from smsdesk.handset.scenario_files import ScenarioFile, Step

STARTED, STOPPED = "started a scenario", "stopped a scenario"
LOCK = "handset scenario"
FASTEST = 60
# What is due when its time is over is sent all the same, a worker may have been away.
GRACE = timedelta(minutes=1)
LONGEST = timedelta(seconds=scenario_files.LONGEST_SECONDS * 2) + GRACE


@dataclass(frozen=True)
class Run:
    """A scenario that plays: against a number, ``speed`` times as fast as its file says."""

    entry_id: int
    name: str
    number: str
    seed: int
    speed: int
    base_url: str
    started_at: datetime
    scenario: ScenarioFile
    steps: list[Step]

    def sid(self, place: int) -> str:
        """The carrier's name of a step's text: whoever sends it, it is sent once."""
        named = hashlib.md5(f"{self.entry_id} {place}".encode(), usedforsecurity=False)
        return f"SM{named.hexdigest()}"

    @property
    def sids(self) -> list[str]:
        return [self.sid(place) for place in range(len(self.steps))]

    @property
    def lasts(self) -> timedelta:
        return timedelta(seconds=scenario_files.lasts(self.scenario, self.steps) / self.speed)

    def due_at(self, seconds: float) -> datetime:
        """When a moment of the file is."""
        return self.started_at + timedelta(seconds=seconds / self.speed)

    def seconds_at(self, now: datetime) -> float:
        """Which moment of the file it is."""
        return (now - self.started_at).total_seconds() * self.speed


@dataclass(frozen=True)
class Progress:
    """How far a run is: texts sent ``of`` so many, and seconds of all."""

    run: Run
    sent: int
    of: int
    seconds: int
    lasts: int


def present_run(now: datetime) -> Run | None:
    """The scenario that plays now."""
    entry = last_of([STARTED, STOPPED], since=now - LONGEST)
    if entry is None or entry.act == STOPPED:
        return None
    told = entry.after
    try:
        scenario = scenario_files.load(told["scenario"])
    except scenario_files.BadScenario:  # changed since it was started
        return None
    run = Run(
        entry_id=entry.pk,
        name=told["scenario"],
        number=told["number"],
        seed=told["seed"],
        speed=told["speed"],
        base_url=told["base_url"],
        started_at=entry.at,
        scenario=scenario,
        steps=scenario_files.plan(scenario, told["seed"]),
    )
    late = now - (run.started_at + run.lasts)
    over = late >= GRACE or (late >= timedelta(0) and _sent(run) == len(run.steps))
    return None if over else run


def _sent(run: Run) -> int:
    return Text.objects.filter(sid__in=run.sids).count()


def progress(now: datetime) -> Progress | None:
    run = present_run(now)
    if run is None:
        return None
    lasts = run.lasts.total_seconds()
    return Progress(
        run=run,
        sent=_sent(run),
        of=len(run.steps),
        seconds=int(min((now - run.started_at).total_seconds(), lasts)),
        lasts=int(lasts),
    )


def behaviour(now: datetime) -> Scenario:
    """How the carrier treats a text of the desk now: by what plays, else by the page's switches."""
    run = present_run(now)
    phase = run.scenario.phase_at(run.seconds_at(now)) if run else None
    return Scenario(pk=1, **phase.switches()) if phase else selectors.scenario()


@transaction.atomic
def start(
    *, name: str, number: str, base_url: str, now: datetime, seed: int | None = None, speed: int = 1
) -> Run:
    """Begin to play a scenario to a number of the simulated carrier. Raises CannotText."""
    lock_until_commit(LOCK)
    playing = present_run(now)
    if playing:
        raise CannotText(f"“{playing.scenario.title}” plays already. Stop it first.")
    channel = channel_of(number)
    if not 1 <= speed <= FASTEST:
        raise CannotText(f"It plays between 1 and {FASTEST} times as fast.")
    try:
        scenario = scenario_files.load(name)
    except scenario_files.BadScenario as bad:
        raise CannotText(str(bad)) from bad
    seed = scenario.seed if seed is None else seed
    if not 0 <= seed <= scenario_files.LARGEST_SEED:
        raise CannotText(f"A seed is a number from 0 to {scenario_files.LARGEST_SEED}.")
    phones = {step.phone for step in scenario_files.plan(scenario, seed)}
    own = selectors.desk_number_among(phones)
    if own is not None:
        raise CannotText(f"{own} is the desk’s own number, and a phone of this scenario.")
    told = {
        "scenario": name,
        "number": channel.number,
        "seed": seed,
        "speed": speed,
        "base_url": base_url,
    }
    record_act(actor=None, act=STARTED, subject=scenario.title, after=told, now=now)
    run = present_run(now)
    assert run is not None
    return run


@transaction.atomic
def stop(*, now: datetime) -> bool:
    """Send nothing more of what plays, nor its webhooks that are not due. False: nothing plays."""
    lock_until_commit(LOCK)
    run = present_run(now)
    if run is None:
        return False
    Call.objects.filter(text__sid__in=run.sids, done_at__isnull=True, attempts=0).delete()
    record_act(actor=None, act=STOPPED, subject=run.scenario.title, now=now)
    return True


def play() -> None:
    """Send what is due of the scenario that plays. Every sweep does it; see settings.SWEPT."""
    if present_run(clock.now()) is not None:
        play_due(now=clock.now())


@transaction.atomic
def play_due(*, now: datetime) -> int:
    """Send every step that is due and was not sent yet; how many were."""
    lock_until_commit(LOCK)
    run = present_run(now)
    if run is None:
        return 0
    due = [place for place, step in enumerate(run.steps) if run.due_at(step.at) <= now]
    named = {run.sid(place): run.steps[place] for place in due}
    for sid in Text.objects.filter(sid__in=named).values_list("sid", flat=True):
        del named[sid]
    if not named:
        return 0
    channel = channel_of(run.number)
    Phone.objects.bulk_create(
        [Phone(number=number) for number in dict.fromkeys(s.phone for s in named.values())],
        ignore_conflicts=True,
    )
    texts = Text.objects.bulk_create(
        Text(
            sid=sid,
            direction=Direction.SENT,
            phone=step.phone,
            business_number=channel.number,
            body=step.body,
            at=now,
        )
        for sid, step in named.items()
    )
    owed: list[Call] = []
    for text, step in zip(texts, named.values(), strict=True):
        heed_stop_words(text)
        if step.webhook_at is None:
            continue
        due_at = max(now, run.due_at(step.webhook_at))
        [call] = webhooks([text], channel=channel, base_url=run.base_url, due_at=due_at)
        owed += [call, *(copy_of(call) for _ in range(step.calls - 1))]
    calls.schedule(owed)
    return len(texts)
