"""States move by compare-and-set against one declared table per model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model, TextChoices


class StaleState(Exception):
    """The row was no longer in a state that allows the move: somebody else was first."""


@dataclass(frozen=True)
class StateTable:
    """Where a model's state may go from where.

    ``moves``: state → the states it may become; ``starts``: the states a new row may have.
    """

    name: str
    starts: tuple[TextChoices, ...]
    moves: Mapping[TextChoices, frozenset[TextChoices]]

    def sources(self, target: TextChoices) -> list[str]:
        """The states that may become ``target``."""
        return [source.value for source, targets in self.moves.items() if target in targets]

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, for docs/architecture.md."""
        lines = ["stateDiagram-v2"]
        lines += [f"    [*] --> {state.value}" for state in self.starts]
        for source, targets in self.moves.items():
            lines += [
                f"    {source.value} --> {target.value}"
                for target in sorted(targets, key=lambda state: state.value)
            ]
        lines += [f"    {state.value} --> [*]" for state, to in self.moves.items() if not to]
        return "\n".join(lines)


def move(
    model: type[Model],
    pk: int,
    *,
    table: StateTable,
    to: TextChoices,
    only_from: TextChoices | None = None,
    **fields: Any,
) -> None:
    """Move one row to ``to`` and set ``fields``; exactly one of several callers succeeds.

    Raises StaleState where the row is in no state from which ``table`` leads to ``to``
    (or, when ``only_from`` is given, not in that one).
    """
    sources = table.sources(to)
    if only_from is not None:
        if only_from.value not in sources:
            raise ValueError(f"{table.name}: {only_from} never becomes {to}")
        sources = [only_from.value]
    rows: QuerySet[Model] = QuerySet(model).filter(pk=pk, state__in=sources)
    moved = rows.update(state=to, **fields)
    if not moved:
        raise StaleState(f"{model.__name__} {pk} cannot become {to.value} any more")
