"""What was measured, as a table to print and as the measured part of docs/performance.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.bench.machine import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- end: measured -->"


@dataclass(frozen=True)
class Target:
    """Something aimed at, and whether this run reached it."""

    what: str
    aim: str
    measured: str
    met: bool


@dataclass
class Section:
    """One measurement: its table and what was aimed at."""

    title: str
    about: str
    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


def ms(seconds: float) -> str:
    """Milliseconds with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def as_text(section: Section) -> str:
    lines = [section.title, "", *_aligned(section.header, section.rows)]
    lines += [
        f"  {'met   ' if target.met else 'MISSED'} {target.what}: {target.measured} ({target.aim})"
        for target in section.targets
    ]
    return "\n".join(lines) + "\n"


def write_page(sections: list[Section], facts: Mapping[str, str]) -> None:
    """Put the figures between the markers of docs/performance.md; the rest is written by hand."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{_as_markdown(sections, facts)}{END}{after}")


def _as_markdown(sections: list[Section], facts: Mapping[str, str]) -> str:
    lines = [f"Measured on {datetime.now(UTC):%Y-%m-%d} on this machine:", ""]
    lines += _table(["", ""], [[name, value] for name, value in facts.items()])
    lines += ["", "### Targets", ""]
    lines += _table(
        ["what", "aim", "measured", ""],
        [
            [target.what, target.aim, target.measured, "met" if target.met else "**missed**"]
            for section in sections
            for target in section.targets
        ],
    )
    for section in sections:
        lines += ["", f"### {section.title}", "", section.about, ""]
        lines += _table(section.header, section.rows)
    return "\n".join(lines) + "\n"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    marks = ["---", *["--:"] * (len(header) - 1)] if len(header) > 2 else ["---"] * len(header)
    return [f"| {' | '.join(cells)} |" for cells in [header, marks, *rows]]


def _aligned(header: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in [header, *rows]
    ]
