"""Agents: who they are, what they may, and which queues and skills they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from agents.models import Agent
from agents.services.roster import add_agent, change_agent, look_again
from routing.admin.rows import RowInline
from routing.models import AgentSkill, QueueMember
from smsdesk.lib import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class QueueInline(RowInline):
    model = QueueMember
    verbose_name = "queue"
    verbose_name_plural = "Queues"
    autocomplete_fields = ("queue",)


class SkillInline(RowInline):
    model = AgentSkill
    verbose_name_plural = "Skills"
    autocomplete_fields = ("skill",)


@admin.register(Agent)
class AgentAdmin(ModelAdmin):
    list_display = ("name", "team", "status", "stop_new", "present", "load", "sms_capable")
    list_filter = ("team", "queues", "status", "present", "sms_capable")
    search_fields = ("name", "user__username", "user__email")
    search_help_text = "By name, username or e-mail address."
    ordering = ("name",)
    inlines = (QueueInline, SkillInline)
    fieldsets = (
        (None, {"fields": ("user", "name", "team", "limit")}),
        (
            "What they may",
            {"fields": ("sms_capable", "may_reject", "may_initiate", "may_transfer")},
        ),
    )
    autocomplete_fields = ("user", "team")

    def save_model(
        self, request: HttpRequest, obj: Agent, form: ModelForm[Agent], change: bool
    ) -> None:
        if change:
            change_agent(agent=obj, fields=form.changed_data)
        else:
            add_agent(agent=obj, now=clock.now())

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Agent],
        formsets: Sequence[BaseModelFormSet[Any, Any]],
        change: bool,
    ) -> None:
        """A new queue or skill may let the agent take what waits already."""
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            look_again(form.instance.pk)
