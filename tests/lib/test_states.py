"""States move by compare-and-set: along the declared table, and for one of several callers."""

from __future__ import annotations

import pytest

from routing.enums import (
    INTERACTION_MOVES,
    MESSAGE_MOVES,
    OFFER_MOVES,
    InteractionState,
    MessageState,
    OfferState,
)
from routing.models import Interaction
from smsdesk.lib.states import StaleState, move
from tests.factories import InteractionFactory

TABLES = [
    (INTERACTION_MOVES, InteractionState),
    (OFFER_MOVES, OfferState),
    (MESSAGE_MOVES, MessageState),
]


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_every_state_has_its_line_in_the_table(table, states):
    assert set(table.moves) == set(states)


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_the_diagram_has_one_arrow_for_each_move(table, states):
    arrows = [line for line in table.mermaid().splitlines() if "[*]" not in line]

    assert arrows[0] == "stateDiagram-v2"
    assert len(arrows) - 1 == sum(len(targets) for targets in table.moves.values())


@pytest.mark.django_db
def test_a_move_sets_the_state_and_the_fields():
    waiting = InteractionFactory(state=InteractionState.HELD)

    move(
        Interaction,
        waiting.pk,
        table=INTERACTION_MOVES,
        to=InteractionState.QUEUED,
        priority=3,
    )

    waiting.refresh_from_db()
    assert (waiting.state, waiting.priority) == (InteractionState.QUEUED, 3)


@pytest.mark.django_db
def test_the_second_of_two_equal_moves_is_stale_and_changes_nothing():
    waiting = InteractionFactory()
    move(Interaction, waiting.pk, table=INTERACTION_MOVES, to=InteractionState.OFFERED)

    with pytest.raises(StaleState):
        move(
            Interaction,
            waiting.pk,
            table=INTERACTION_MOVES,
            to=InteractionState.OFFERED,
            priority=3,
        )

    waiting.refresh_from_db()
    assert (waiting.state, waiting.priority) == (InteractionState.OFFERED, 0)


@pytest.mark.django_db
def test_a_move_that_the_table_lacks_is_stale():
    waiting = InteractionFactory()

    with pytest.raises(StaleState):
        move(Interaction, waiting.pk, table=INTERACTION_MOVES, to=InteractionState.WRAP_UP)

    waiting.refresh_from_db()
    assert waiting.state == InteractionState.QUEUED


@pytest.mark.django_db
def test_only_from_narrows_the_table_and_may_not_widen_it():
    waiting = InteractionFactory(state=InteractionState.HELD)

    with pytest.raises(StaleState):
        move(
            Interaction,
            waiting.pk,
            table=INTERACTION_MOVES,
            to=InteractionState.QUEUED,
            only_from=InteractionState.OFFERED,
        )
    with pytest.raises(ValueError, match="CLOSED never becomes QUEUED"):
        move(
            Interaction,
            waiting.pk,
            table=INTERACTION_MOVES,
            to=InteractionState.QUEUED,
            only_from=InteractionState.CLOSED,
        )
