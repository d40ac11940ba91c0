"""Who may send texts: the company-wide switch, and the sending policies (A10, A20–A22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from routing.admin.rows import RowInline, TellsDesks
from routing.forms import SendingPolicyForm
from routing.models import PolicyMember, SendingPolicy, SmsSwitch
from routing.services.sending import switch_sms
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse


@admin.register(SmsSwitch)
class SmsSwitchAdmin(ModelAdmin):
    fields = ("sms_on", "reason", "changed_at", "changed_by")
    readonly_fields = ("changed_at", "changed_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one switch, so its list is its page."""
        return redirect("admin:routing_smsswitch_change", 1)

    def save_model(
        self, request: HttpRequest, obj: SmsSwitch, form: ModelForm[SmsSwitch], change: bool
    ) -> None:
        assert request.user.pk is not None
        switch_sms(on=obj.sms_on, reason=obj.reason, user_id=request.user.pk, now=clock.now())


class PolicyMemberInline(RowInline):
    model = PolicyMember
    autocomplete_fields = ("team", "agent")


@admin.register(SendingPolicy)
class SendingPolicyAdmin(TellsDesks):
    form = SendingPolicyForm
    list_display = ("name", "sms_on", "reach", "holds_for")
    list_filter = ("sms_on", "reach")
    search_fields = ("name", "members__team__name", "members__agent__name")
    search_help_text = "By the policy's name, or a team's or agent's who has it."
    ordering = ("name",)
    inlines = (PolicyMemberInline,)
    fieldsets = (
        ("The policy", {"fields": ("name", "sms_on")}),
        ("Where to", {"fields": ("reach", "countries")}),
    )

    @admin.display(description="holds for")
    def holds_for(self, policy: SendingPolicy) -> str:
        if policy.is_default:
            return "everybody else, campaigns and automatic texts"
        return ", ".join(str(member) for member in policy.members.all()) or "nobody yet"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SendingPolicy]:
        policies: QuerySet[SendingPolicy] = super().get_queryset(request)
        return policies.prefetch_related("members__team", "members__agent")

    def get_inlines(self, request: HttpRequest, obj: SendingPolicy | None) -> Any:
        """The default policy holds for whoever has no other: nobody is put into it."""
        return () if obj is not None and obj.is_default else self.inlines

    def has_delete_permission(self, request: HttpRequest, obj: SendingPolicy | None = None) -> bool:
        """The default policy stays: what it says is changed instead."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and not (obj is not None and obj.is_default)
