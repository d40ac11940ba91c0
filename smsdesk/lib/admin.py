"""What admin pages of several apps are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse


class ReadOnly(ModelAdmin):
    """What happened is looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ChangesMany(ModelAdmin):
    """An action that changes several rows at once, as a page of its own asks.

    ``many_form`` says what can be different; it is given the number of ``rows``. ``change_rows``
    makes it so, in one transaction.
    """

    many_form: Any

    def change_rows(self, rows: Sequence[Any], form: Any) -> None:
        raise NotImplementedError  # each admin knows how its own rows are changed

    @admin.action(
        description="Change the selected %(verbose_name_plural)s…", permissions=["change"]
    )
    def change_many(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask what is to be different; what is left empty stays."""
        rows = list(queryset.order_by("name"))
        form = self.many_form(request.POST if "apply" in request.POST else None, rows=len(rows))
        if form.is_valid():
            with transaction.atomic():
                self.change_rows(sorted(rows, key=lambda row: row.pk), form)
            one, many = self.opts.verbose_name, self.opts.verbose_name_plural
            words = f"1 {one} was" if len(rows) == 1 else f"{len(rows)} {many} were"
            self.message_user(request, f"{words} changed.", messages.SUCCESS)
            return None
        context = self.admin_site.each_context(request) | {
            "title": f"Change the selected {self.opts.verbose_name_plural}",
            "list_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            "form": form,
            "media": self.media + form.media,
            "rows": rows,
            "opts": self.opts,
        }
        return render(request, "admin/change_many.html", context)


class MayStay(ModelAdmin):
    """Whoever deletes what must stay is told why, and what to do instead."""

    actions: tuple[str, ...] = ("delete_selected",)

    def why_it_stays(self, obj: Any) -> str:
        """In sentences; empty where it may be deleted."""
        raise NotImplementedError  # each admin knows which of its own rows must stay

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        allowed = obj is not None and self.has_delete_permission(request, obj)
        if allowed and self._must_stay(request, [obj]):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", obj.pk)
        page: HttpResponse = super().delete_view(request, object_id, extra_context)
        return page

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Django's own action, but for those that must stay."""
        if self._must_stay(request, queryset):
            return None
        return delete_selected(self, request, queryset)

    def _must_stay(self, request: HttpRequest, objects: Iterable[Any]) -> bool:
        reasons = [why for obj in objects if (why := self.why_it_stays(obj))]
        for reason in reasons:
            self.message_user(request, reason, messages.ERROR)
        return bool(reasons)
