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
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from agents.enums import Role
from agents.forms import UserForm
from agents.models import Agent
from agents.services.roles import admit_by_role, may_manage, roles_to_give
from agents.services.signing_in import reset_second_factor, unlock_sign_in
from agents.services.supervisors import leaves_no_supervisor
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

admin.site.unregister(User)
admin.site.unregister(Group)
# Whoever read the key of somebody's device there could sign in as them.
admin.site.unregister((TOTPDevice, StaticDevice))


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = ("unlock", "reset_two_factor", "delete_selected")
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active", "is_superuser")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        named = ["Superuser"] if user.is_superuser else []
        return ", ".join([*named, *(group.name for group in user.groups.all())])

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (not isinstance(obj, User) or may_manage(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not isinstance(obj, User) or may_manage(request.user, obj))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Whoever is no superuser gives roles only, which say what their members may."""
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": ("first_name", "last_name", "email")}),
            ("What they may", {"fields": ("is_active", "groups")}),
            ("Important dates", {"fields": ("last_login", "date_joined")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return () if request.user.is_superuser else ("last_login", "date_joined")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = roles_to_give(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        admit_by_role(form.instance)

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

    @admin.action(description="Unlock signing in", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let those try again who typed too many wrong passwords."""
        freed = [
            user
            for user in self._managed(request, queryset)
            if unlock_sign_in(user=user, actor=request.user, now=clock.now())
        ]
        self._say(request, "may try again", "had been locked out", freed)

    @admin.action(description="Reset two-factor sign-in", permissions=["change"])
    def reset_two_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Their phone is lost: they set up another one when they next sign in."""
        reset = [
            user
            for user in self._managed(request, queryset)
            if reset_second_factor(user=user, actor=request.user, now=clock.now())
        ]
        self._say(request, "will set it up anew", "had set it up", reset)

    def _managed(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        """Those of these users whom this supervisor may manage; the others are named."""
        managed = [user for user in users if may_manage(request.user, user)]
        others = ", ".join(user.username for user in users if user not in managed)
        if others:
            self.message_user(request, f"Not yours to manage: {others}.", messages.ERROR)
        return managed

    def _say(self, request: HttpRequest, done: str, nobody: str, users: list[User]) -> None:
        names = ", ".join(user.username for user in users)
        words = f"{names} {done}." if names else f"Nobody of these {nobody}."
        self.message_user(request, words, messages.SUCCESS if names else messages.WARNING)

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
        elif agent := Agent.objects.filter(user__in=ids).order_by("pk").first():
            instead = "delete the agent first, or make it inactive instead."
            reason = f"{agent.name} signs in with it: {instead}"
        else:
            return False
        self.message_user(request, reason, messages.ERROR)
        return True


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """The desk's own roles are what they are; they are put right after every migration."""
        return not _is_role(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not _is_role(obj) and super().has_delete_permission(request, obj)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in Role.values
