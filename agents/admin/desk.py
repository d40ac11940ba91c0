"""Teams, and the status menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count

from agents.forms import ManyTeamsForm, StatusCodeForm
from agents.models import Agent, StatusCode, Team
from agents.services.roster import change_team, change_teams, delete_team
from agents.services.status_codes import delete_status_code, save_status_code, why_status_stays
from smsdesk.lib.admin import ChangesMany, MayStay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


@admin.register(Team)
class TeamAdmin(ChangesMany):
    list_display = ("name", "limit", "members")
    search_fields = ("name", "agents__name")
    search_help_text = "By the team's name, or an agent's in it."
    ordering = ("name",)
    actions = ("change_many",)
    many_form = ManyTeamsForm

    def change_rows(self, rows: Sequence[Team], form: ManyTeamsForm) -> None:
        change_teams(
            teams=rows,
            fields=form.changes(),
            joining=form.cleaned_data["come"],
            leaving=form.cleaned_data["go"],
        )

    @admin.display(description="agents", ordering="members_count")
    def members(self, team: Any) -> int:
        count: int = team.members_count
        return count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(members_count=Count("agents"))

    def save_model(
        self, request: HttpRequest, obj: Team, form: ModelForm[Team], change: bool
    ) -> None:
        if change:
            change_team(team=obj, fields=form.changed_data)
        else:
            obj.save()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Agents stay, but lose their team: whoever deletes it reads whose it is."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        names = Agent.objects.filter(team__in=objs).order_by("name").values_list("name", flat=True)
        if names:
            deleted = [*deleted, f"Who has no team then: {', '.join(names)}"]
        return deleted, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        delete_team(team=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        for team in queryset:
            delete_team(team=team)


@admin.register(StatusCode)
class StatusCodeAdmin(MayStay):
    form = StatusCodeForm
    list_display = ("name", "kind", "position", "in_menu", "built_in")
    list_filter = ("kind", "in_menu")
    search_fields = ("name",)
    ordering = ("position", "name")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Available and On Break are what the desk itself sets; they stay as they are."""
        return not getattr(obj, "built_in", False) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not getattr(obj, "built_in", False) and super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: StatusCode, form: ModelForm[StatusCode], change: bool
    ) -> None:
        save_status_code(code=obj)

    def delete_model(self, request: HttpRequest, obj: StatusCode) -> None:
        delete_status_code(code=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StatusCode]) -> None:
        for code in queryset:
            delete_status_code(code=code)

    def why_it_stays(self, obj: StatusCode) -> str:
        return why_status_stays(obj)
