"""Queues, their members, and skills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from unfold.admin import ModelAdmin

from routing.admin.rows import RowInline, WarnsWhileOff
from routing.events import MemberJoined
from routing.models import AgentSkill, Queue, QueueMember, Skill
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class MemberInline(RowInline):
    model = QueueMember
    autocomplete_fields = ("agent",)


class SkillHolderInline(RowInline):
    model = AgentSkill
    autocomplete_fields = ("agent",)


@admin.register(Skill)
class SkillAdmin(WarnsWhileOff, ModelAdmin):
    search_fields = ("name",)
    inlines = (SkillHolderInline,)


@admin.register(Queue)
class QueueAdmin(WarnsWhileOff, ModelAdmin):
    list_display = ("name", "skill", "priority", "acceptance_seconds", "wrap_up_seconds")
    search_fields = ("name",)
    inlines = (MemberInline,)

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Queue],
        formset: BaseModelFormSet[QueueMember, ModelForm[QueueMember]],
        change: bool,
    ) -> None:
        """A new member may be able to take what waits already."""
        super().save_formset(request, form, formset, change)
        publish(MemberJoined(form.instance.pk))
