"""Beside Save: unsaved values are tried on last week's texts; nothing is written (N8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import path
from unfold.admin import ModelAdmin

from routing.models import Queue
from routing.selectors.first_texts import MOST, first_texts
from routing.services.dry_run import differences, effects, median_waits
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from django.forms import BaseForm, BaseModelFormSet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from routing.services.dry_run import Difference, Setup
    from routing.services.rules import Course

    Formsets = Sequence[BaseModelFormSet[Any, Any]]

NAMED = 20


class TriedFirst(ModelAdmin):
    """For the admin of what decides where first texts go.

    ``setups`` says how they go before and after the change, and what else is to be said of it. The
    button stands in ``admin/routing/<model>/submit_line.html``.
    """

    change_form_after_template = "admin/routing/dry_run_place.html"

    def setups(self, changed: Any, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        raise NotImplementedError  # each admin knows what its own rows decide

    def get_urls(self) -> list[URLPattern]:
        meta = self.model._meta  # noqa: SLF001 - Django's
        name = f"{meta.app_label}_{meta.model_name}_dry_run"
        view = self.admin_site.admin_view(self.dry_run)
        urls: list[URLPattern] = super().get_urls()
        return [
            path("dry-run/", view, name=name),
            path("<int:object_id>/dry-run/", view, name=name),
            *urls,
        ]

    def dry_run(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            context = self._tried(request, object_id)
            transaction.set_rollback(True)
        return render(request, "admin/routing/dry_run.html", context)

    def _tried(self, request: HttpRequest, object_id: int | None) -> dict[str, Any]:
        row = self.get_object(request, str(object_id)) if object_id else None
        if object_id and row is None:
            return {"errors": ["This was deleted meanwhile, so there is nothing to try."]}
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        if not may:
            raise PermissionDenied
        form_class = self.get_form(request, row, change=row is not None, fields=None)
        form = form_class(request.POST, instance=row)
        errors = _errors(form)
        formsets, _ = self._create_formsets(request, form.instance, change=row is not None)
        for formset in formsets:
            errors += [str(error) for error in formset.non_form_errors()]
            errors += [error for each in formset.forms for error in _errors(each)]
        if errors:
            return {"errors": errors}
        return _outcome(*self.setups(form.instance, formsets))


def kept(formset: BaseModelFormSet[Any, Any]) -> list[dict[str, Any]]:
    """The values of an inline's rows, without the empty ones and those to be deleted."""
    rows = [form.cleaned_data for form in formset.forms]
    return [row for row in rows if row and not row.get("DELETE")]


def _errors(form: BaseForm) -> list[str]:
    return [
        str(error) if field == "__all__" else f"{form[field].label}: {error}"
        for field, errors in form.errors.items()
        for error in errors
    ]


def _outcome(before: Setup, after: Setup, warnings: list[str]) -> dict[str, Any]:
    sample = first_texts(clock.now())
    found = differences(sample.texts, before, after)
    names = dict(Queue.objects.values_list("pk", "name"))
    waits = median_waits(sample.texts)
    moved = [one for one in found if one.moves]
    concerned = {queue for one in moved for queue in (one.before.queue_id, one.after.queue_id)}
    return {
        "warnings": warnings,
        "count": len(sample.texts),
        "whole_week": sample.whole_week,
        "most": MOST,
        "effects": effects(found),
        "rows": [_row(one, names) for one in found[:NAMED]],
        "more": len(found) - NAMED,
        "waits": sorted(
            (names[queue_id], _in_words(waits[queue_id]))
            for queue_id in concerned
            if queue_id in waits
        ),
    }


def _row(one: Difference, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": one.text.interaction_id,
        "number": phone.display(one.text.address),
        "at": one.text.facts.at,
        "word": one.text.facts.first_word,
        "before": _way(one.before, names),
        "after": _way(one.after, names),
    }


def _way(way: Course, names: dict[int, str]) -> str:
    by = f"rule “{way.rule.name}”" if way.rule else "no rule"
    return f"{names[way.queue_id]}{', held' if way.held else ''} ({by})"


def _in_words(wait: timedelta) -> str:
    minutes, seconds = divmod(int(wait.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
