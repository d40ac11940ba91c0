"""Queries whose SQL is made once, for what every frame and page reads.

Django makes a query's SQL anew each time: several times the work of sending it and of reading what
comes back. It has no public way to keep it, so this leans on two methods of its compiler, which
the tests hold to what an ordinary query answers.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler

# Stands for an id or a number in the SQL that is kept; no row has it.
PLACE = -7_415_320_918


class Prepared:
    """A query of some ids and texts. All else in it is settled when it is first asked."""

    def __init__(self, query: Callable[..., QuerySet[Any]]) -> None:
        self._query = query
        self._made: tuple[QuerySet[Any], SQLCompiler, str, tuple[Any, ...]] | None = None

    def __call__(self, *values: int | str) -> list[Any]:
        """The rows that the query finds with these values."""
        places = [type(value)(PLACE - number) for number, value in enumerate(values)]
        if self._made is None:
            queryset = self._query(*places)
            compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
            self._made = (queryset, compiler, *compiler.as_sql())
        queryset, made, sql, parameters = self._made
        filled = tuple(values[places.index(one)] if one in places else one for one in parameters)
        compiler = copy(made)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # this thread's
        rows = queryset.all()
        vars(compiler)["as_sql"] = lambda: (sql, filled)
        vars(rows.query)["get_compiler"] = lambda *_, **__: compiler
        return list(rows)
