"""Queues, their members, and skills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from routing.admin.rows import RowInline, TellsDesks, WarnsWhileOff
from routing.events import MemberJoined
from routing.models import AgentSkill, OverflowStep, Queue, QueueMember, Skill
from routing.services.overflow import look_again_at_overflow
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class MemberInline(RowInline):
    model = QueueMember
    autocomplete_fields = ("agent",)


class OverflowInline(RowInline):
    model = OverflowStep
    fk_name = "queue"
    verbose_name_plural = "Overflow"


class SkillHolderInline(RowInline):
    model = AgentSkill
    autocomplete_fields = ("agent",)


@admin.register(Skill)
class SkillAdmin(WarnsWhileOff, ModelAdmin):
    search_fields = ("name",)
    inlines = (SkillHolderInline,)


@admin.register(Queue)
class QueueAdmin(WarnsWhileOff, TellsDesks):
    list_display = ("name", "skill", "priority", "acceptance_seconds", "wrap_up_seconds")
    list_filter = ("skill", "disposition_required", "transcripts_saved")
    ordering = ("-priority", "name")
    search_fields = ("name",)
    inlines = (MemberInline, OverflowInline)
    fieldsets = (
        (None, {"fields": ("name", "priority")}),
        ("Who is offered its texts", {"fields": ("skill", "minimum_level", "sticky_minutes")}),
        (
            "By when",
            {
                "fields": (
                    "acceptance_seconds",
                    "first_response_seconds",
                    "next_response_seconds",
                    "targets_in_hours",
                )
            },
        ),
        ("What pops", {"fields": ("screen_pop", "chat_log_pops")}),
        (
            "At the end",
            {
                "fields": (
                    "wrap_up_seconds",
                    "wrap_up_extension_seconds",
                    "disposition_required",
                    "transcripts_saved",
                )
            },
        ),
    )

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Queue],
        formset: BaseModelFormSet[Any, Any],
        change: bool,
    ) -> None:
        """A new member may be able to take what waits already, and that may move on earlier."""
        super().save_formset(request, form, formset, change)
        if formset.model is OverflowStep:
            look_again_at_overflow(form.instance.pk)
        else:
            publish(MemberJoined(form.instance.pk))
