"""Every race runs over real, committed transactions and ends with every invariant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import AccountFactory, ChannelFactory
from tests.races.paper import Paper
from tests.races.together import crew, settle

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _all_invariants_hold(transactional_db: None, paper: Paper) -> Iterator[None]:
    yield
    crew.disband()
    settle()


@pytest.fixture
def paper(settings):
    """The carrier of ``channel``: it takes every text and remembers it."""
    settings.CARRIERS = {**settings.CARRIERS, Paper.slug: f"{Paper.__module__}.Paper"}
    Paper.taken.clear()
    return Paper()


@pytest.fixture
def channel(paper):
    return ChannelFactory(account=AccountFactory(carrier=Paper.slug))
