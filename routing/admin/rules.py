"""The rules that send texts to queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages

from routing.admin.dry_runs import TriedFirst
from routing.forms import RuleForm
from routing.models import Rule
from routing.selectors.rules import channel_ways, rules_in_order, rules_with
from routing.services.dry_run import Setup
from routing.services.rules import warnings_about

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest

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

    def save_model(
        self, request: HttpRequest, obj: Rule, form: ModelForm[Rule], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        for sentence in warnings_about(obj.pk, rules_in_order()):
            self.message_user(request, sentence, messages.WARNING)

    def setups(self, changed: Rule, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        rules, channels = rules_with(changed), channel_ways()
        before = Setup(rules_in_order(), channels)
        return before, Setup(rules, channels), warnings_about(changed.pk, rules)
