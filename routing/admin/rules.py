"""The rules that send texts to queues."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from routing.forms import RuleForm
from routing.models import Rule


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm
    list_display = ("name", "position", "channel", "keyword", "queue", "priority", "active")
