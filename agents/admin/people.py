"""Who works here, for supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from agents.forms import StatusCodeForm, UserForm
from agents.models import Agent, StatusCode, Team
from agents.services.roster import add_agent, change_agent, change_team
from agents.services.supervisors import leaves_no_supervisor
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = ("delete_selected",)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            user = self.get_object(request, unquote(object_id))
            if (
                user is not None
                and self.has_delete_permission(request, user)
                and self._must_stay(request, User.objects.filter(pk=user.pk))
            ):
                return redirect("admin:auth_user_change", user.pk)
            return super().delete_view(request, object_id, extra_context)

    @admin.action(description="Delete selected users", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        """Django's own action, but for those who must stay."""
        with transaction.atomic():
            if self._must_stay(request, queryset):
                return None
            return delete_selected(self, request, queryset)

    def _must_stay(self, request: HttpRequest, users: QuerySet[User]) -> bool:
        """Whether these users must not be deleted; the supervisor is told why."""
        ids = set(users.values_list("pk", flat=True))
        if request.user.pk in ids:
            reason = "You cannot delete your own user: ask another supervisor to do it."
        elif leaves_no_supervisor(without=ids):
            reason = "Nobody could sign in here as a supervisor any more: make another one first."
        else:
            return False
        self.message_user(request, reason, messages.ERROR)
        return True


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
    form = StatusCodeForm
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
    fields = (
        "user",
        "name",
        "team",
        "limit",
        "may_reject",
        "may_initiate",
        "may_transfer",
    )
    autocomplete_fields = ("user",)

    def save_model(
        self, request: HttpRequest, obj: Agent, form: ModelForm[Agent], change: bool
    ) -> None:
        if change:
            change_agent(agent=obj, fields=form.changed_data)
        else:
            add_agent(agent=obj, now=clock.now())
