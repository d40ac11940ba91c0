"""The audit trail, for those who want to know who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from agents.models import AuditEntry
from agents.services.following import DELETED
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

MOST_IN_LIST = 3


class PersonFilter(admin.SimpleListFilter):
    """By the name at that time, for the person's user may be gone."""

    title = "person"
    parameter_name = "person"
    DESK = "-"

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin[AuditEntry]
    ) -> list[tuple[str, str]]:
        names = AuditEntry.objects.order_by("actor_name").values_list("actor_name", flat=True)
        return [(name or self.DESK, name or "the desk itself") for name in names.distinct()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry] | None:
        name = self.value()
        return (
            None if name is None else queryset.filter(actor_name="" if name == self.DESK else name)
        )


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin[AuditEntry]
    ) -> list[tuple[str, str]]:
        types = AuditEntry.objects.exclude(subject_type="").order_by("subject_type")
        kinds = [
            (each, kind_of(each))
            for each in types.values_list("subject_type", flat=True).distinct()
        ]
        return sorted(kinds, key=lambda kind: kind[1])

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry] | None:
        value = self.value()
        return None if value is None else queryset.filter(subject_type=value)


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ("moment", "person", "act", "kind", "subject_label", "changes_in_short")
    list_display_links = ("moment", "subject_label")
    list_filter = (PersonFilter, KindFilter, "act")
    search_fields = ("actor_name", "act", "subject_label", "before", "after")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    fields = ("moment", "person", "act", "kind", "subject_label", "changes")
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description="when", ordering="at")
    def moment(self, entry: AuditEntry) -> str:
        return f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="person", ordering="actor_name")
    def person(self, entry: AuditEntry) -> str:
        return entry.actor_name or "the desk itself"

    @admin.display(description="kind", ordering="subject_type")
    def kind(self, entry: AuditEntry) -> str:
        return kind_of(entry.subject_type)

    @admin.display(description="before → after")
    def changes_in_short(self, entry: AuditEntry) -> SafeString:
        lines = list(change_lines(entry))
        rest = len(lines) - MOST_IN_LIST
        more = format_html("<div>and {} more</div>", rest) if rest > 0 else ""
        return format_html("<div>{}{}</div>", _as_html(lines[:MOST_IN_LIST]), more)

    @admin.display(description="before → after")
    def changes(self, entry: AuditEntry) -> SafeString:
        return _as_html(list(change_lines(entry)))


def kind_of(subject_type: str) -> str:
    """A kind of thing as people call it; its stored name where the code no longer knows it."""
    try:
        return str(apps.get_model(subject_type)._meta.verbose_name)  # noqa: SLF001 - Django's
    except (LookupError, ValueError):
        return subject_type


def change_lines(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """Each changed field, and what became of it in words."""
    for name in [*entry.before, *(name for name in entry.after if name not in entry.before)]:
        if name not in entry.before:
            yield name, as_words(entry.after[name])
        elif name in entry.after:
            yield name, f"{as_words(entry.before[name])} → {as_words(entry.after[name])}"
        elif entry.act == DELETED:
            yield name, f"{as_words(entry.before[name])} → gone"
        else:  # an act, such as "monitored", only says where it was done
            yield name, as_words(entry.before[name])


def as_words(value: Any) -> str:
    if value in ("", None, [], {}):
        return "nothing"
    if isinstance(value, list):
        return ", ".join(map(as_words, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {as_words(each)}" for name, each in value.items())
    return str(value)


def _as_html(lines: list[tuple[str, str]]) -> SafeString:
    return format_html_join("", "<div><b>{}</b>: {}</div>", lines)
