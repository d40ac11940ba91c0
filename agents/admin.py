"""Who works here, for supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from agents.models import Agent, StatusCode, Team
from agents.services.roster import add_agent, change_agent, change_team
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.db.models import Model
    from django.forms import ModelForm
    from django.http import HttpRequest

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ("name", "limit")
    search_fields = ("name",)

    def save_model(
        self, request: HttpRequest, obj: Team, form: ModelForm[Team], change: bool
    ) -> None:
        if change:
            change_team(team=obj, fields=form.changed_data)
        else:
            obj.save()


@admin.register(StatusCode)
class StatusCodeAdmin(ModelAdmin):
    list_display = ("name", "kind", "position", "built_in")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Available and On Break are what the desk itself sets; they stay as they are."""
        return not getattr(obj, "built_in", False) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not getattr(obj, "built_in", False) and super().has_delete_permission(request, obj)


@admin.register(Agent)
class AgentAdmin(ModelAdmin):
    list_display = ("name", "team", "status", "stop_new", "present", "load", "may_reject")
    list_filter = ("team", "status", "present")
    search_fields = ("name", "user__username")
    fields = ("user", "name", "team", "limit", "may_reject")
    autocomplete_fields = ("user",)

    def save_model(
        self, request: HttpRequest, obj: Agent, form: ModelForm[Agent], change: bool
    ) -> None:
        if change:
            change_agent(agent=obj, fields=form.changed_data)
        else:
            add_agent(agent=obj, now=clock.now())
