"""Opening hours."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from django.contrib import admin

from routing.admin.dry_runs import TriedFirst, kept
from routing.admin.rows import RowInline
from routing.models import Holiday, OpeningSpan, Schedule, Weekday
from routing.selectors.queues import queue_terms
from routing.selectors.rules import channel_ways, rules_in_order
from routing.services.dry_run import Setup
from routing.services.interactions import look_again_at_held
from smsdesk.lib.hours import Hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest

    from routing.admin.dry_runs import Formsets


# What the form of a new schedule begins with.
OFFICE_DAYS = range(Weekday.MONDAY, Weekday.SATURDAY)
OFFICE_HOURS = {"opens": time(9), "closes": time(17)}


class SpanInline(RowInline):
    model = OpeningSpan

    def get_extra(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> int:
        return 0 if obj else len(OFFICE_DAYS)


class HolidayInline(RowInline):
    model = Holiday


@admin.register(Schedule)
class ScheduleAdmin(TriedFirst):
    list_display = ("name", "timezone")
    search_fields = ("name",)
    inlines = (SpanInline, HolidayInline)

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Office hours for a new schedule. What is sent of them is kept, changed or not."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if inline.model is OpeningSpan and obj.pk is None and request.method == "GET":
            kwargs["initial"] = [{"weekday": day, **OFFICE_HOURS} for day in OFFICE_DAYS]
        return kwargs

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Schedule],
        formsets: Sequence[BaseModelFormSet[Any, Any]],
        change: bool,
    ) -> None:
        """Texts held for these hours may go now, or later than thought."""
        super().save_related(request, form, formsets, change)
        look_again_at_held(schedule_id=form.instance.pk)

    def setups(self, changed: Schedule, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        rows = {formset.model: kept(formset) for formset in formsets}
        holidays = rows[Holiday]
        hours = Hours(
            timezone=changed.timezone,
            spans=tuple((row["weekday"], row["opens"], row["closes"]) for row in rows[OpeningSpan]),
            holidays=frozenset(row["date"] for row in holidays),
            short_days=tuple(
                (row["date"], row["opens"], row["closes"])
                for row in holidays
                if row["opens"] is not None
            ),
        )
        instead = {changed.pk: hours} if changed.pk else {}
        before = Setup(rules_in_order(), channel_ways(), queue_terms())
        after = Setup(rules_in_order(instead=instead), channel_ways(instead=instead), before.queues)
        used = changed.pk and (changed.channels.exists() or changed.rules.exists())
        return before, after, [] if used else ["No channel and no rule uses this schedule yet."]
