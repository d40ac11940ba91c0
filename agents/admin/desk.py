"""Teams, and the status menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.db.models import Count
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from agents.forms import ManyTeamsForm, StatusCodeForm
from agents.models import StatusCode, Team
from agents.services.roster import change_team, change_teams, delete_team
from agents.services.status_codes import delete_status_code, save_status_code, why_status_stays
from smsdesk.lib.admin import ChangesMany

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse


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

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        delete_team(team=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        for team in queryset:
            delete_team(team=team)


@admin.register(StatusCode)
class StatusCodeAdmin(ModelAdmin):
    form = StatusCodeForm
    actions = ("delete_selected",)
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

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        code = self.get_object(request, unquote(object_id))
        allowed = code is not None and self.has_delete_permission(request, code)
        if allowed and self._must_stay(request, [code]):
            return redirect("admin:agents_statuscode_change", code.pk)
        page: HttpResponse = super().delete_view(request, object_id, extra_context)
        return page

    @admin.action(description="Delete selected status codes", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[StatusCode]
    ) -> HttpResponse | None:
        """Django's own action, but for those that must stay."""
        if self._must_stay(request, queryset):
            return None
        return delete_selected(self, request, queryset)

    def _must_stay(self, request: HttpRequest, codes: Any) -> bool:
        """Whether one of these must not be deleted; the supervisor is told why."""
        reasons = [why for code in codes if (why := why_status_stays(code))]
        for reason in reasons:
            self.message_user(request, reason, messages.ERROR)
        return bool(reasons)
