"""One running desk for all faults, emptied before each, mended and judged after each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.faults.carrier import FakeCarrier
from tests.faults.rig import ENVIRONMENT, Rig

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_rig(desk_maker) -> Iterator[Rig]:
    desk = desk_maker(environment=ENVIRONMENT)
    try:
        yield Rig(desk)
    finally:
        desk.end()
        shutil.rmtree(desk.directory, ignore_errors=True)


@pytest.fixture
def rig(running_rig: Rig) -> Iterator[Rig]:
    """A whole desk without a text, everybody on break. Every invariant holds in the end."""
    running_rig.mend()
    running_rig.empty()
    yield running_rig
    running_rig.mend()
    running_rig.settle()


@pytest.fixture
def carrier(rig: Rig) -> Iterator[FakeCarrier]:
    """A carrier that the desk sends through, and that does what a test tells it."""
    carrier = FakeCarrier()
    rig.desk.sql("UPDATE routing_carrieraccount SET base_url = %s", carrier.url)
    try:
        yield carrier
    finally:
        carrier.stop()
