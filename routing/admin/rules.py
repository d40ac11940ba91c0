"""The rules that send texts to queues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages

from routing.admin.dry_runs import TriedFirst
from routing.forms import RuleForm
from routing.models import Rule
from routing.selectors.queues import queue_terms
from routing.selectors.rules import channel_ways, rules_in_order, rules_with
from routing.services.dry_run import Setup
from routing.services.rules import warnings_about

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

    from routing.admin.dry_runs import Formsets


@admin.register(Rule)
class RuleAdmin(TriedFirst):
    """In the order in which they are asked; dragged into another one and saved."""

    form = RuleForm
    list_display = (
        "name",
        "channel",
        "keyword",
        "countries",
        "queue",
        "priority",
        "campaign_tag",
        "active",
        "position",
    )
    list_select_related = ("channel", "queue")
    ordering_field = "position"
    # Dragging numbers what the page shows: all of them, and in no other order.
    list_per_page = 1000
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("name", "active", "position")}),
        (
            "If all of this holds",
            {
                "fields": (
                    "channel",
                    "keyword",
                    "countries",
                    "known_customer",
                    "opted_out",
                    "schedule",
                    "in_schedule",
                )
            },
        ),
        ("Then", {"fields": ("queue", "priority", "reply", "campaign_tag")}),
    )

    def save_related(
        self, request: HttpRequest, form: ModelForm[Rule], formsets: Formsets, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, RuleForm):  # not a row of the list, saved amid others
            self._warn(request, warnings_about({form.instance.pk}, rules_in_order()))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Put into another order, they are looked at once all of them are saved."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if request.method == "POST" and "_save" in request.POST:
            rules = rules_in_order()
            self._warn(request, warnings_about({rule.rule_id for rule in rules}, rules))
        return response

    def _warn(self, request: HttpRequest, sentences: list[str]) -> None:
        for sentence in sentences:
            self.message_user(request, sentence, messages.WARNING)

    def setups(self, changed: Rule, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        before = Setup(rules_in_order(), channel_ways(), queue_terms())
        rules = rules_with(changed)
        return before, replace(before, rules=rules), warnings_about({changed.pk}, rules)
