"""Who works here, for supervisors."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from agents.models import Agent, StatusCode, Team


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ("name", "limit")
    search_fields = ("name",)


@admin.register(StatusCode)
class StatusCodeAdmin(ModelAdmin):
    list_display = ("name", "kind", "position", "built_in")

    def has_delete_permission(self, request: object, obj: StatusCode | None = None) -> bool:
        return (obj is None or not obj.built_in) and super().has_delete_permission(request, obj)


@admin.register(Agent)
class AgentAdmin(ModelAdmin):
    list_display = ("name", "team", "status", "stop_new", "present", "load", "may_reject")
    list_filter = ("team", "status", "present")
    search_fields = ("name", "user__username")
    # Routing moves these under a lock; a form would overwrite what happened meanwhile.
    readonly_fields = (
        "status",
        "status_reason",
        "status_since",
        "stop_new",
        "present",
        "presence_due_at",
        "load",
        "idle_since",
        "desk_version",
    )
