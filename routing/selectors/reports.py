"""The tallies of a period, added up by time, queue, agent, team or channel (N14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, Sum

from routing.models import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

COLUMNS = tuple(
    field.name
    for field in Tally._meta.concrete_fields  # noqa: SLF001 - Django's
    if field.name not in {"id", "quarter", "queue", "channel", "agent", "dispositions"}
)
NAMES = {
    "queue": "queue__name",
    "agent": "agent__name",
    "team": "agent__team__name",
    "channel": "channel__name",
}
NONE = {"agent": "No agent", "team": "No team"}
HOUR, DAY = "hour", "day"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whole days of a time zone, and whose: ids by name of the group, where it is not all."""

    first: date
    last: date
    zone: ZoneInfo
    only: dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    sums: Counter[str]


def by_time(scope: Scope, step: str) -> list[Row]:
    """A row for each hour or day of the period, those without anything too."""
    rows = {label: Row(label, Counter()) for label in _labels(scope, step)}
    for values in _sums(scope, "quarter"):
        label = _label(values.pop("quarter").astimezone(scope.zone), step)
        rows[label].sums.update(values)
    return list(rows.values())


def by_group(scope: Scope, group: str) -> list[Row]:
    """A row for each queue, agent, team or channel that has anything, by name."""
    name = NAMES[group]
    rows = [
        Row(values[name] or NONE[group], Counter({column: values[column] for column in COLUMNS}))
        for values in _sums(scope, name, *([] if group == "team" else [f"{group}_id"]))
    ]
    return sorted(rows, key=lambda row: row.label.casefold())


def total(rows: list[Row]) -> Counter[str]:
    sums: Counter[str] = Counter(dict.fromkeys(COLUMNS, 0))
    for row in rows:
        sums.update(row.sums)
    return sums


def dispositions(scope: Scope) -> list[tuple[str, int]]:
    """How often each was chosen, the most frequent first."""
    rows, parameters = _tallies(scope).values("dispositions").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said.key, sum(said.value::int) AS times"  # noqa: S608 - Django's own SQL
            f" FROM ({rows}) tally, jsonb_each_text(tally.dispositions) said"
            " GROUP BY 1 ORDER BY 2 DESC, 1",
            parameters,
        )
        return list(cursor.fetchall())


def _sums(scope: Scope, *group: str) -> Iterator[dict[str, Any]]:
    rows: Any = _tallies(scope).values(*group)
    # Under names of their own: an alias must not be a column's.
    summed = rows.annotate(**{f"sum_{name}": Sum(F(name)) for name in COLUMNS}).order_by()
    for values in summed:
        yield {name.removeprefix("sum_"): value for name, value in values.items()}


def _tallies(scope: Scope) -> QuerySet[Tally]:
    tallies = Tally.objects.filter(
        quarter__gte=datetime.combine(scope.first, time(), scope.zone),
        quarter__lt=datetime.combine(scope.last + timedelta(days=1), time(), scope.zone),
    )
    fields = {"team": "agent__team"}
    return tallies.filter(**{fields.get(name, name): pk for name, pk in scope.only.items()})


def _labels(scope: Scope, step: str) -> Iterator[str]:
    if step == DAY:
        for number in range((scope.last - scope.first).days + 1):
            yield f"{scope.first + timedelta(days=number):%Y-%m-%d}"
        return
    at = datetime.combine(scope.first, time(), scope.zone).astimezone(UTC)
    end = datetime.combine(scope.last + timedelta(days=1), time(), scope.zone)
    while at < end:
        yield _label(at.astimezone(scope.zone), step)
        at += timedelta(minutes=15)


def _label(local: datetime, step: str) -> str:
    if step == DAY:
        return f"{local:%Y-%m-%d}"
    # When clocks go back an hour comes twice; its offset tells them apart.
    again = f" ({local:%z})" if local.utcoffset() != local.replace(fold=0).utcoffset() else ""
    return f"{local:%Y-%m-%d %H:00}{again}"
