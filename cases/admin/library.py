"""What agents look up and choose from: dispositions, articles and canned replies."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from cases.models import Article, CannedReply, Disposition
from routing.admin.rows import TellsDesks


@admin.register(Disposition)
class DispositionAdmin(TellsDesks):
    list_display = ("name", "position", "active")
    list_filter = ("active", "queues")
    search_fields = ("name",)
    ordering = ("position", "name")
    filter_horizontal = ("queues",)


@admin.register(Article)
class ArticleAdmin(ModelAdmin):
    list_display = ("title", "published", "updated_at")
    list_filter = ("published",)
    search_fields = ("title", "body")
    prepopulated_fields = {"slug": ("title",)}


@admin.register(CannedReply)
class CannedReplyAdmin(ModelAdmin):
    list_display = ("shortcut", "title", "active")
    list_filter = ("active", "queues")
    search_fields = ("shortcut", "title", "body")
