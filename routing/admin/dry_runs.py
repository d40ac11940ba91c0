"""Beside Save: unsaved values are tried on last week's texts; nothing is written (N8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import path, reverse
from unfold.admin import ModelAdmin

from agents.models import Agent
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

    from routing.services.dry_run import Difference, Setup, Way

    Formsets = Sequence[BaseModelFormSet[Any, Any]]

NAMED = 20


class TriedFirst(ModelAdmin):
    """For the admin of what decides where texts go.

    ``setups`` says how they go before and after the change, and what else is to be said of it.
    """

    change_form_after_template = "admin/routing/dry_run_place.html"

    def setups(self, changed: Any, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        raise NotImplementedError  # each admin knows what its own rows decide

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_dry_run"
        view = self.admin_site.admin_view(self.dry_run)
        urls: list[URLPattern] = super().get_urls()
        return [
            path("dry-run/", view, name=name),
            path("<int:object_id>/dry-run/", view, name=name),
            *urls,
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the address that ``admin/routing/submit_line.html`` gives the button."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_dry_run"
        row = kwargs.get("obj")
        if self._may_try(request, row):
            context["dry_run_url"] = reverse(name, args=[row.pk] if row else [])
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def dry_run(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            context = self._tried(request, object_id)
            transaction.set_rollback(True)
        return render(request, "admin/routing/dry_run.html", context)

    def _may_try(self, request: HttpRequest, row: Any) -> bool:
        """Who may not save it is not offered to try it, either."""
        may: bool = (
            self.has_change_permission(request, row) if row else self.has_add_permission(request)
        )
        return may

    def _tried(self, request: HttpRequest, object_id: int | None) -> dict[str, Any]:
        row = self.get_object(request, str(object_id)) if object_id else None
        if object_id and row is None:
            return {"errors": ["This was deleted meanwhile, so there is nothing to try."]}
        if not self._may_try(request, row):
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
    concerned = {queue for one in found for queue in (one.before.queue_id, one.after.queue_id)}
    return {
        "warnings": warnings,
        "count": len(sample.texts),
        "whole_week": sample.whole_week,
        "most": MOST,
        "effects": effects(found),
        "rows": _rows(found[:NAMED], names),
        "more": len(found) - NAMED,
        "waits": sorted(
            (names[queue_id], _wait(waits[queue_id])) for queue_id in concerned if queue_id in waits
        ),
    }


def _rows(found: Sequence[Difference], names: dict[int, str]) -> list[dict[str, Any]]:
    takers = Agent.objects.in_bulk({one.text.taker for one in found if one.text.taker})
    return [
        {
            "id": one.text.interaction_id,
            "number": phone.display(one.text.address),
            "at": one.text.facts.at,
            "word": one.text.facts.first_word,
            "before": _way(one, one.before, names, takers),
            "after": _way(one, one.after, names, takers),
        }
        for one in found
    ]


def _way(one: Difference, way: Way, names: dict[int, str], takers: dict[int, Agent]) -> str:
    rule, first, last = way.course.rule, names[way.course.queue_id], names[way.queue_id]
    by = f"rule “{rule.name}”" if rule else "no rule"
    words = [f"{first}{', held' if way.course.held else ''} ({by})"]
    if last != first:
        words.append(f"moved on to {last}")
    if one.before.waits.priority != one.after.waits.priority:
        words.append(f"priority {way.waits.priority}")
    if way.waits.asks_level is not None:
        words.append(f"skill relaxed to level {way.waits.asks_level}")
    if one.text.taker and way.for_taker is False:
        words.append(f"not offered to {takers[one.text.taker]}")
    return ", ".join(words)


def _wait(wait: timedelta) -> str:
    minutes, seconds = divmod(int(wait.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
