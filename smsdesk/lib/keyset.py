"""Pages of lines from several tables in one order, found by the place of a line, never by number.

A page costs the same at the end of ten thousand lines as at their beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.db.models import Q

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet

    Row = TypeVar("Row", bound=Model)


class Place(NamedTuple):
    """Where a line stands: its time, then its table, then its row."""

    at: datetime
    table: int
    pk: int


@dataclass(frozen=True)
class Window:
    """At most ``most`` lines ``before`` and ``after`` given places: the newest, or the oldest."""

    most: int
    before: Place | None = None
    after: Place | None = None
    newest: bool = True

    def of(self, rows: QuerySet[Row], column: str, table: int) -> QuerySet[Row]:
        """The rows of one table that may be in the window, and one more if there is one."""
        if self.before is not None:
            rows = rows.filter(_beside("lt", self.before, column, table))
        if self.after is not None:
            rows = rows.filter(_beside("gt", self.after, column, table))
        sign = "-" if self.newest else ""
        return rows.order_by(f"{sign}{column}", f"{sign}pk")[: self.most + 1]


def _beside(side: str, place: Place, column: str, table: int) -> Q:
    """Rows of a table strictly on one ``side`` of a place."""
    if table == place.table:
        same_time = Q(**{column: place.at, f"pk__{side}": place.pk})
        # The first condition is for the index; the others only refine it.
        return Q(**{f"{column}__{side}e": place.at}) & (
            Q(**{f"{column}__{side}": place.at}) | same_time
        )
    with_its_time = (table < place.table) == (side == "lt")
    return Q(**{f"{column}__{side}{'e' if with_its_time else ''}": place.at})
