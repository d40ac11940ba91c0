"""Queues, their members, and skills."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q

from routing.admin.dry_runs import TriedFirst, kept
from routing.admin.exports import ExportsRows
from routing.admin.rows import NeedsSms, RowInline, StaysWithAPast, TellsDesks
from routing.events import MemberJoined
from routing.forms import ManyQueuesForm
from routing.models import AgentSkill, OverflowStep, Queue, QueueMember, Skill
from routing.selectors.queues import queue_terms, queue_terms_with
from routing.selectors.rules import channel_ways, rules_in_order
from routing.services.dry_run import Setup
from routing.services.matching import why_not_skilled
from routing.services.overflow import look_again_at_overflow
from routing.services.queues import change_queues
from smsdesk.lib.admin import ChangesMany
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest

    from routing.admin.dry_runs import Formsets


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


class AskedFilter(admin.SimpleListFilter):
    title = "asked for"
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "by a queue"), ("no", "by none"), ("unheld", "held by no agent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Skill]) -> QuerySet[Skill]:
        asked = Q(pk__in=Queue.objects.filter(skill__isnull=False).values("skill"))
        held = Q(pk__in=AgentSkill.objects.values("skill"))
        chosen = {"yes": asked, "no": ~asked, "unheld": ~held}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Skill)
class SkillAdmin(ExportsRows, NeedsSms):
    list_display = ("name", "agents", "asked_by")
    list_filter = (AskedFilter,)
    search_fields = ("name", "holders__agent__name")
    search_help_text = "By the skill's name, or an agent's who has it."
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        skills: QuerySet[Skill] = super().get_queryset(request)
        asking = Queue.objects.filter(skill=OuterRef("pk")).order_by("name").values("name")
        return skills.annotate(
            asking=ArraySubquery(asking), held_by=Count("holders", distinct=True)
        )

    @admin.display(description="agents", ordering="held_by")
    def agents(self, skill: Any) -> int:
        return int(skill.held_by)

    @admin.display(description="asked for by")
    def asked_by(self, skill: Any) -> str:
        return ", ".join(skill.asking)

    inlines = (SkillHolderInline,)


@admin.register(Queue)
class QueueAdmin(ExportsRows, StaysWithAPast, NeedsSms, TellsDesks, TriedFirst, ChangesMany):
    list_display = ("name", "skill", "priority", "acceptance_seconds", "wrap_up_seconds")
    list_filter = ("skill", "disposition_required", "transcripts_saved")
    list_select_related = ("skill",)
    ordering = ("-priority", "name")
    search_fields = ("name",)
    inlines = (MemberInline, OverflowInline)
    actions = ("change_many", "delete_selected")
    many_form = ManyQueuesForm
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

    def change_rows(self, rows: Sequence[Queue], form: ManyQueuesForm) -> None:
        change_queues(
            queues=rows,
            fields=form.changes(),
            joining=form.cleaned_data["come"],
            leaving=form.cleaned_data["go"],
        )

    def setups(self, changed: Queue, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        before = Setup(rules_in_order(), channel_ways(), queue_terms())
        if not changed.pk:
            return before, before, ["No channel and no rule uses this queue yet."]
        rows = {formset.model: kept(formset) for formset in formsets}
        fields = ("after_seconds", "does", "to_queue", "level", "raise_by")
        terms = queue_terms_with(
            changed,
            steps=[
                OverflowStep(queue=changed, **{name: row[name] for name in fields})
                for row in rows[OverflowStep]
            ],
            members=[row["agent"].pk for row in rows[QueueMember]],
        )
        asks, levels = changed.asked_level, terms[changed.pk].levels.values()
        nobody = all(why_not_skilled(level, asks) for level in levels)
        words = "Nobody can be offered its texts: no member has the skill that it asks."
        return before, replace(before, queues=terms), [words] if nobody else []
