"""Lists that go out as CSV files, with the columns that supervisors read."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import label_for_field, lookup_field
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from agents.services.audit import record_act
from routing.admin.csv_files import harmless
from smsdesk.lib import clock
from smsdesk.lib.streams import attachment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

AT_ONCE = 500


class Line:
    """What a csv.writer writes to: it keeps nothing and gives back each line."""

    def write(self, line: str) -> str:
        return line


class ExportsRows(ModelAdmin):
    """The rows chosen in a list, or all that its search and filters leave, as a CSV file.

    ``export_columns`` are named as those of ``list_display``, which they are unless they are given.
    Times are in UTC, by ISO 8601. The trail says who took how many rows.
    """

    export_columns: Sequence[str] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if IS_POPUP_VAR not in request.GET and self.has_view_permission(request):
            export = self.get_action("export_rows")
            actions["export_rows"] = export
        return actions

    @admin.action(description="Export the selected %(verbose_name_plural)s as CSV")
    def export_rows(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        columns = [name for name in self.export_columns or self.list_display if name[0] != "_"]
        now = clock.now()
        many = str(self.opts.verbose_name_plural)
        record_act(
            actor=request.user,
            act="exported",
            subject=many,
            after={"rows": queryset.count(), "columns": columns},
            now=now,
        )
        return attachment(
            request,
            self._lines(queryset, columns),
            name=f"{many.replace(' ', '-')}-{now:%Y-%m-%d}.csv",
            content_type="text/csv; charset=utf-8",
        )

    def _lines(self, rows: QuerySet[Any], columns: Sequence[str]) -> Iterator[str]:
        write = csv.writer(Line()).writerow
        heads = [capfirst(str(label_for_field(name, self.model, self))) for name in columns]
        yield "\ufeff" + write(heads)  # so that spreadsheets take it for UTF-8
        for row in rows.iterator(chunk_size=AT_ONCE):
            yield write([harmless(self._cell(row, name)) for name in columns])

    def _cell(self, row: Model, name: str) -> str:
        field, _, value = lookup_field(name, row, self)
        if field is not None and getattr(field, "choices", None):
            return str(getattr(row, f"get_{name}_display")())
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        return "" if value is None else str(value)
