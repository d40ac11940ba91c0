"""The documents that can fall behind the code, held against it."""

from __future__ import annotations

import re
from functools import cache

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

from routing.carriers.base import carrier
from routing.selectors.vitals import vitals
from smsdesk.health import ANSWERS
from smsdesk.lib import clock
from smsdesk.settings.environment import ROOT, Environment
from smsdesk.supervision.pages import GROUPS
from tests.factories import QueueFactory

SUPERVISORS = (ROOT / "docs" / "supervisors.md").read_text()
OPERATORS = (ROOT / "docs" / "operators.md").read_text()
CARRIERS = (ROOT / "docs" / "carriers.md").read_text()
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


def section(page: str, title: str) -> str:
    """What stands under a heading of the second level."""
    return page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("slug", settings.CARRIERS)
def test_K1_the_page_on_carriers_says_how_to_set_up_each(slug):
    adapter = carrier(slug)
    words = section(CARRIERS, f"{adapter.name} (`{slug}`)").lower()

    assert [each.label for each in adapter.credentials if each.label.lower() not in words] == []


def test_K1_the_page_on_carriers_is_linked():
    assert "(docs/carriers.md)" in (ROOT / "README.md").read_text()
    assert "(carriers.md)" in OPERATORS


def test_K1_the_supervisors_guide_names_every_page_of_the_admin():
    named = [title for _, pages in GROUPS for title, _, _ in pages]

    missing = [title for title in ["Live floor", *named] if title not in SUPERVISORS]

    assert missing == []


@pytest.mark.parametrize("guide", ["agents", "supervisors"])
def test_K1_each_picture_of_a_guide_is_there_is_small_and_is_shown(guide):
    page = (ROOT / "docs" / f"{guide}.md").read_text()
    pictures = {path.name: path for path in (ROOT / "docs" / "img" / guide).iterdir()}

    assert set(re.findall(rf"\(img/{guide}/(.+?)\)", page)) <= pictures.keys()
    assert {name for name, path in pictures.items() if path.stat().st_size > 250_000} == set()


def test_operators_read_of_every_setting_and_its_default():
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", section(OPERATORS, "Settings"), re.MULTILINE)
    settings = {name.upper(): field.default for name, field in Environment.model_fields.items()}
    read = re.compile(r"""environ(?:\.get\(|\.setdefault\(|\[)"([A-Z_]+)""")
    elsewhere = {
        name for path in (ROOT / "smsdesk").rglob("*.py") for name in read.findall(path.read_text())
    }

    assert {name for name, _ in rows} == settings.keys() | elsewhere | {"PYTHON"}
    shown = {name: default.strip("`").replace("—", "") for name, default in rows}
    told = {
        name: "" if settings[name] is None else str(settings[name])
        for name in settings
        if name != "VAR_DIR"
    }
    assert {name: shown[name] for name in told} == told


@pytest.mark.django_db
def test_operators_read_of_every_figure_and_every_address_of_monitoring():
    QueueFactory()
    figures = {f"smsdesk_{vital.name}" for vital in vitals(clock.now())} | {"smsdesk_redis_up"}

    assert [name for name in (*figures, *ANSWERS) if f"`{name}`" not in OPERATORS] == []


def test_what_operators_are_told_to_run_is_there():
    told = set(re.findall(r"manage\.py (\w+)", OPERATORS))

    assert told - get_commands().keys() == set()
    assert {name for name, app in get_commands().items() if app == "smsdesk"} - told == {
        "seed_demo",  # of make run
        "play_scenario",  # of the simulated carrier
        "state_diagrams",  # of these pages
    }
