"""The tallies of a period, added up by time, and by queue, agent, team or channel (N14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import DateTimeField, F, Func, IntegerField, Sum, Value

from agents.models import Agent, Team
from routing.models import Channel, Queue, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

COLUMNS = tuple(
    field.name
    for field in Tally._meta.concrete_fields  # noqa: SLF001 - Django's
    if field.name not in {"id", "quarter", "queue", "channel", "agent", "dispositions"}
)
# By id, and named afterwards: PostgreSQL groups numbers several times faster than names.
GROUPS: dict[str, tuple[str, Any]] = {
    "queue": ("queue_id", Queue),
    "agent": ("agent_id", Agent),
    "team": ("agent__team_id", Team),
    "channel": ("channel_id", Channel),
}
NONE = {"agent": "No agent", "team": "No team"}
UNNAMED: Mapping[int | None, str] = {None: ""}
HOUR, DAY, PERIOD = "hour", "day", "period"
QUARTER = timedelta(minutes=15)
# Spans whose groups are read at once: a day's hours of many agents, and not a month's.
SPANS_AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class Scope:
    """Whole days of a time zone, and whose: ids by name of the group, where it is not all."""

    first: date
    last: date
    zone: ZoneInfo
    only: dict[str, int]


class Span(NamedTuple):
    """An hour, a day or all of a period, from one moment to another, in words and in few."""

    begin: datetime
    end: datetime
    label: str
    short: str


@dataclass(frozen=True, slots=True)
class Row:
    """What was counted of one span and group: columns' sums, and dispositions' times."""

    span: Span
    group: str = ""
    sums: dict[str, int | Decimal] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    said: Counter[str] = field(default_factory=Counter)


def over_time(scope: Scope, step: str) -> list[Row]:
    """A row for each hour or day of the period, those without anything too."""
    spans = spans_of(scope, step)
    found = {row.span: row for row in _rows(scope, spans)}
    return [found.get(span) or Row(span) for span in spans]


def by_group(scope: Scope, step: str, group: str) -> Iterator[Row]:
    """A row for each span and queue, agent, team or channel that has anything, a few at a time."""
    spans = spans_of(scope, step)
    column, model = GROUPS[group]
    names = dict(model.objects.values_list("pk", "name")) | {None: NONE.get(group, "")}
    for place in range(0, len(spans), SPANS_AT_ONCE):
        yield from _rows(scope, spans[place : place + SPANS_AT_ONCE], column, names)


def total(scope: Scope, rows: Iterable[Row]) -> Row:
    """The rows added up."""
    whole = Row(spans_of(scope, PERIOD)[0])
    for row in rows:
        for column, value in row.sums.items():
            whole.sums[column] += value
        whole.said.update(row.said)
    return whole


def spans_of(scope: Scope, step: str) -> list[Span]:
    """The period's hours or days, one behind the other, or all of it.

    A day begins at its first moment, a local hour at its first quarter: where clocks change, a day
    has 23 or 25 hours.
    """
    dates = [
        scope.first + timedelta(days=number)
        for number in range((scope.last - scope.first).days + 2)
    ]
    begins = [datetime.combine(day, time(), scope.zone).astimezone(UTC) for day in dates]
    if step == PERIOD:
        words = f"{scope.first} to {scope.last}"
        return [Span(begins[0], begins[-1], words, words)]
    if step == DAY:
        labels = [(f"{day:%Y-%m-%d}", f"{day.day} {day:%b}") for day in dates]
    else:
        quarters = [begins[0]]
        while quarters[-1] < begins[-1]:
            quarters.append(quarters[-1] + QUARTER)
        hours: dict[tuple[str, str], datetime] = {}
        for quarter in quarters:
            hours.setdefault(_hour(quarter.astimezone(scope.zone)), quarter)
        labels, begins = list(hours), list(hours.values())
    return [
        Span(begin, end, *label)
        for begin, end, label in zip(begins, begins[1:], labels, strict=False)
    ]


def _hour(local: datetime) -> tuple[str, str]:
    # When clocks go back an hour comes twice; its offset tells them apart.
    again = f" ({local:%z})" if local.utcoffset() != local.replace(fold=0).utcoffset() else ""
    return f"{local:%Y-%m-%d %H:00}{again}", f"{local.day} {local:%b %H:00}"


def _rows(
    scope: Scope, spans: list[Span], group: str = "", names: Mapping[int | None, str] = UNNAMED
) -> list[Row]:
    """A row for each of these spans, and ids of the group's column, that has anything."""
    fields = ("span", group) if group else ("span",)
    tallies = _tallies(scope, spans).values(*fields)
    found: dict[tuple[Any, ...], Row] = {}
    # Under names of their own: an alias must not be a column's.
    sums = tallies.annotate(**{f"sum_{name}": Sum(F(name)) for name in COLUMNS}).order_by()
    for values in sums.values_list(*fields, *(f"sum_{name}" for name in COLUMNS)):
        key, summed = values[: len(fields)], values[len(fields) :]
        name = names[key[1]] if group else ""
        found[key] = Row(spans[key[0] - 1], name, dict(zip(COLUMNS, summed, strict=True)))
    for *key, word, times in _said(tallies, fields):
        found[tuple(key)].said[word] = times
    return [found[key] for key in sorted(found, key=lambda key: _place(key, names))]


def _place(key: tuple[Any, ...], names: Mapping[int | None, str]) -> tuple[Any, ...]:
    """By time, then by name, and what has none last."""
    span, pk = (*key, None)[:2]
    return span, pk is None, names[pk].casefold(), pk or 0


def _said(tallies: QuerySet[Any], fields: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """How often each disposition was chosen, of each of these groups."""
    rows, parameters = (
        tallies.exclude(dispositions={}).values(*fields, "dispositions").query.sql_with_params()
    )
    keys = ", ".join(f"key_{number}" for number in range(len(fields)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {keys}, said.key, sum(said.value::int)"  # noqa: S608 - Django's own SQL
            f" FROM ({rows}) tally ({keys}, dispositions), jsonb_each_text(dispositions) said"
            f" GROUP BY {keys}, said.key",
            parameters,
        )
        return list(cursor.fetchall())


def _tallies(scope: Scope, spans: list[Span]) -> QuerySet[Any]:
    """The tallies of these spans, each with its span's number, from 1 on."""
    begins = Value([span.begin for span in spans], ArrayField(DateTimeField()))
    number: Any = Value(1)  # of a single one PostgreSQL need not guess how many there are
    if len(spans) > 1:
        number = Func(F("quarter"), begins, function="width_bucket", output_field=IntegerField())
    fields = {"team": "agent__team"}
    return Tally.objects.filter(
        quarter__gte=spans[0].begin,
        quarter__lt=spans[-1].end,
        **{fields.get(name, name): pk for name, pk in scope.only.items()},
    ).annotate(span=number)
