"""The documents that can fall behind the code, held against it."""

from __future__ import annotations

import re
from functools import cache

import pytest
from django.core.management import call_command

from smsdesk.settings.environment import ROOT

FEATURES = (ROOT / "docs" / "features.md").read_text()
ROW = re.compile(r"^\| ([A-Z]\d+) \| .*? \| (works|partly|not yet) \| (.*?) \|$", re.MULTILINE)
ROWS = ROW.findall(FEATURES)


@cache
def every_test() -> frozenset[str]:
    return frozenset(
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    )


def test_the_state_diagrams_are_current():
    call_command("state_diagrams", check=True)


def test_every_row_of_the_requirements_has_a_state():
    counts = {"A": 26, "B": 15, "C": 8, "D": 10, "E": 4, "F": 20, "G": 14, "H": 14}
    counts |= {"I": 9, "J": 9, "K": 3, "N": 22}
    expected = {f"{part}{n}" for part, many in counts.items() for n in range(1, many + 1)}

    assert {row for row, _, _ in ROWS} == expected
    assert len(ROWS) == len(expected)


@pytest.mark.parametrize(("row", "state", "shown_by"), ROWS, ids=[row for row, _, _ in ROWS])
def test_what_works_names_tests_that_exist(row, state, shown_by):
    named = re.findall(r"`(test_\w+)`", shown_by)

    assert [name for name in named if name not in every_test()] == []
    assert named or state != "works"
