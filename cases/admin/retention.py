"""How long things are kept (N19, J7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from unfold.admin import ModelAdmin

from cases.models import RetentionPeriod

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(ModelAdmin):
    """One row a kind, made by a migration: only its days are set."""

    list_display = ("__str__", "kept_for")
    fieldsets = (
        (
            None,
            {
                "fields": ("kind", "days"),
                "description": "Of conversations only words go: that they took place, when, with"
                " whom and at what price stays, and so do customers and cases. Without its life"
                " line nobody can tell how a conversation was routed, and reports of that time"
                " cannot be counted anew. The admin’s own history of a row goes with the audit"
                " trail. Opt-outs are never deleted, and nothing of an open conversation.",
            },
        ),
    )
    readonly_fields = ("kind",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="kept for")
    def kept_for(self, period: RetentionPeriod) -> str:
        return f"{period.days} days" if period.days else "ever"
