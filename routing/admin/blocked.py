"""Blocked numbers (N19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from routing.admin.blocked_files import BlockedImportForm, BlockedResource
from routing.admin.csv_files import TriesFirst
from routing.admin.exports import ExportsRows
from routing.admin.rows import TellsDesks
from routing.models import BlockedNumber
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest

    from routing.models.blocked import BlockedQuerySet


class InForceFilter(admin.SimpleListFilter):
    title = "in force"
    parameter_name = "in_force"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[BlockedNumber]
    ) -> list[tuple[str, str]]:
        return [("yes", "blocked now"), ("no", "over")]

    def queryset(self, request: HttpRequest, queryset: BlockedQuerySet) -> BlockedQuerySet:  # type: ignore[override]
        if self.value() == "yes":
            return queryset.in_force()
        return queryset.filter(until__lte=clock.now()) if self.value() == "no" else queryset


@admin.register(BlockedNumber)
class BlockedNumberAdmin(TriesFirst, ExportsRows, TellsDesks):
    """Deleting an entry unblocks the number."""

    list_display = ("__str__", "channel", "reason", "until", "created_at", "created_by")
    list_filter = (InForceFilter, "channel")
    list_select_related = ("channel", "created_by")
    export_columns = ("number", "channel", "reason", "until", "created_at", "created_by")
    search_fields = ("number", "reason")
    ordering = ("-pk",)
    resource_classes = (BlockedResource,)
    import_form_class = BlockedImportForm
    file_of = "blocked numbers"
    fieldsets = (
        (
            None,
            {
                "fields": ("number", "channel", "reason", "until"),
                "description": "Its texts are kept among the carrier requests, as blocked, and ring"
                " nobody; nothing is sent to it. Delete the entry to unblock it. Then a kept text"
                " can be handled again. A conversation that is open stays so, and its agent reads"
                " why nothing can be sent.",
            },
        ),
    )

    def save_model(
        self,
        request: HttpRequest,
        obj: BlockedNumber,
        form: ModelForm[BlockedNumber],
        change: bool,
    ) -> None:
        if not change:
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)
