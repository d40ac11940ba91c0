"""The rules that send texts to queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from unfold.admin import ModelAdmin

from routing.forms import RuleForm
from routing.models import Rule
from routing.selectors.rules import rules_in_order
from routing.services.rules import never_reached

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
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
        rules = rules_in_order()
        names = {rule.rule_id: rule.name for rule in rules}
        for rule_id, earlier in never_reached(rules).items():
            if obj.pk in {rule_id, earlier.rule_id}:
                self.message_user(
                    request,
                    f"Rule “{names[rule_id]}” can never match: “{earlier.name}” is asked before"
                    " it and matches every text that it would. Move it up, or ask more of"
                    f" “{earlier.name}”.",
                    messages.WARNING,
                )
