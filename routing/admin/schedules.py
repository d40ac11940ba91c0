"""Opening hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from routing.admin.rows import RowInline
from routing.models import Holiday, OpeningSpan, Schedule
from routing.services.interactions import look_again_at_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class SpanInline(RowInline):
    model = OpeningSpan


class HolidayInline(RowInline):
    model = Holiday


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    list_display = ("name", "timezone")
    inlines = (SpanInline, HolidayInline)

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
