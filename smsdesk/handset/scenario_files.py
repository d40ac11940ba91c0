"""Scenario files: what phones and the carrier do, told in TOML. Pure, but for reading the file.

The format is in docs/simulator.md. A plan is drawn from a file and a seed, and is the same each
time; nothing in it looks at a clock or at the database.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from smsdesk.handset.models import LONGEST_DELAY_SECONDS
from smsdesk.handset.twilio_wire import LONGEST_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

FOLDER = Path(__file__).parent / "scenarios"
MOST_TEXTS = 500
LONGEST_SECONDS = 1800
LARGEST_SEED = 1_000_000
# Phones of a scenario: each of its streams has a thousand numbers of its own.
FIRST_PHONE = 14155560000
PHONES_PER_STREAM = 1000
MOST_STREAMS = 10
LINE_OF_SYNTAX = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]
Percent = Annotated[int, Field(ge=0, le=100)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


class BadScenario(Exception):
    """The file cannot be played. The message names it, the line, and what is wrong there."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Within(_Told):
    begins: Seconds = Field(default=0, alias="from")
    until: Seconds

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.until < self.begins:
            raise ValueError("until is before from")
        return self


class Stream(_Within):
    """Texts of customers over a time; see ``plan``."""

    count: Annotated[int, Field(ge=1, le=MOST_TEXTS)]
    phones: Annotated[int, Field(ge=1, le=PHONES_PER_STREAM)] | None = None
    words: Annotated[list[Words], Field(min_length=1)]
    twice: Percent = 0
    lost: Percent = 0
    disorder: Annotated[float, Field(ge=0, le=300)] = 0
    held_until: Seconds = 0


class Phase(_Within):
    """How the carrier treats what the desk sends over a time: the switches of the page."""

    delay_seconds: Annotated[float, Field(ge=0, le=LONGEST_DELAY_SECONDS)] = 0
    duplicate_webhooks: bool = False
    receipts_out_of_order: bool = False
    time_out_after_accepting: bool = False
    failure_code: Annotated[str, Field(pattern=r"^([1-9]\d{4})?$")] = ""

    def switches(self) -> dict[str, Any]:
        return self.model_dump(exclude={"begins", "until"})


class ScenarioFile(_Told):
    """A whole file."""

    title: Annotated[str, Field(min_length=1, max_length=60)]
    about: Annotated[str, Field(min_length=1, max_length=300)]
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 1
    texts: Annotated[list[Stream], Field(min_length=1, max_length=MOST_STREAMS)]
    carrier: Annotated[list[Phase], Field(max_length=MOST_STREAMS)] = []

    @model_validator(mode="after")
    def few_enough(self) -> Self:
        texts = sum(stream.count for stream in self.texts)
        if texts > MOST_TEXTS:
            raise ValueError(f"it has {texts} texts, and {MOST_TEXTS} is the most")
        return self

    def phase_at(self, seconds: float) -> Phase | None:
        """What the carrier does then; of several that overlap, the last in the file."""
        told = [each for each in self.carrier if each.begins <= seconds < each.until]
        return told[-1] if told else None


@dataclass(frozen=True)
class Step:
    """A phone's text: when it is sent, and when, how often, its webhook is called; never: None."""

    at: float
    phone: str
    body: str
    webhook_at: float | None
    calls: int


def names() -> list[str]:
    """The scenarios there are, good or bad, by name."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> ScenarioFile:
    """The scenario of that name. Raises BadScenario."""
    if name not in names():
        raise BadScenario(f"There is no scenario called “{name[:60]}”.")
    return read(f"{name}.toml", (FOLDER / f"{name}.toml").read_bytes())


def read(name: str, content: bytes) -> ScenarioFile:
    """The scenario in a file's ``content``. Raises BadScenario with the line and the reason."""
    try:
        source = content.decode()
        return ScenarioFile.model_validate(tomllib.loads(source))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadScenario(f"{name}, line {line}: this is no UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        place = LINE_OF_SYNTAX.search(str(error))
        line = int(place[1]) if place and place[1] else source.count("\n") + 1
        raise BadScenario(f"{name}, line {line}: {LINE_OF_SYNTAX.sub('', str(error))}.") from None
    except ValidationError as error:
        raise BadScenario(_told(name, source, error.errors()[0])) from None


def plan(scenario: ScenarioFile, seed: int) -> list[Step]:
    """What is sent when. The same for the same file and seed, on every machine."""
    rng = random.Random(seed)  # noqa: S311 - a play, not a secret
    steps = [
        step
        for place, stream in enumerate(scenario.texts)
        for step in _of_stream(stream, FIRST_PHONE + place * PHONES_PER_STREAM, rng)
    ]
    return sorted(steps, key=lambda step: step.at)


def lasts(scenario: ScenarioFile, steps: Sequence[Step]) -> float:
    """Seconds until everything in it is over."""
    ends = [step.webhook_at or step.at for step in steps]
    return max([*ends, *(phase.until for phase in scenario.carrier)])


def _of_stream(stream: Stream, first_phone: int, rng: random.Random) -> Iterator[Step]:
    moments = sorted(rng.uniform(stream.begins, stream.until) for _ in range(stream.count))
    # Each of the words as often as any other.
    words = [stream.words[place % len(stream.words)] for place in range(stream.count)]
    rng.shuffle(words)
    phones = stream.phones or stream.count
    for place, at, body in zip(count(), moments, words, strict=False):
        lost = rng.randrange(100) < stream.lost
        twice = rng.randrange(100) < stream.twice
        late = rng.uniform(0, stream.disorder)
        yield Step(
            at=at,
            phone=f"+{first_phone + place % phones}",
            body=body.replace("{n}", str(place + 1)),
            webhook_at=None if lost else max(at, stream.held_until) + late,
            calls=2 if twice else 1,
        )


def _told(name: str, source: str, error: ErrorDetails) -> str:
    """What is wrong, in a sentence that names the line."""
    keys = [part for part in error["loc"] if isinstance(part, str)]
    if keys and error["type"] == "value_error":
        keys = []  # of a whole table
    what = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    words = {
        "missing": "is missing",
        "extra_forbidden": "is no word of scenario files",
    }.get(error["type"], what[0].lower() + what[1:])
    field = f"“{keys[-1]}” " if keys else ""
    return f"{name}, line {_line_of(source, error['loc'])}: {field}{words}."


def _line_of(source: str, place: tuple[int | str, ...]) -> int:
    """The line that a key stands in, else that of its table, else the first."""
    table = str(place[0]) if len(place) > 1 else ""
    number = int(place[1]) if len(place) > 1 and isinstance(place[1], int) else 0
    keys = [part for part in place if isinstance(part, str)]
    found, present, seen = 1, "", -1
    for line, words in enumerate(source.splitlines(), start=1):
        header = re.match(r"\s*\[\[\s*(\w+)\s*\]\]", words)
        if header:
            present = header[1]
            seen += present == table
        here = present == table and (not table or seen == number)
        if here and header:
            found = line
        elif here and keys and re.match(rf"\s*{re.escape(keys[-1])}\s*=", words):
            return line
    return found
