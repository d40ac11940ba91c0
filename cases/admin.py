"""Customers, cases and the knowledge base, for supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from cases.models import (
    Article,
    CannedReply,
    Case,
    ChatLog,
    Customer,
    CustomerPhone,
    Disposition,
)

if TYPE_CHECKING:
    from django.http import HttpRequest


class PhoneInline(TabularInline):
    model = CustomerPhone
    extra = 0


class ChatLogInline(TabularInline):
    model = ChatLog
    extra = 0
    fields = (
        "initiated_at",
        "accepted_at",
        "terminated_at",
        "agent_name",
        "disposition",
        "transcript",
    )
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    list_display = ("name", "email")
    search_fields = ("name", "email", "phones__number")
    inlines = (PhoneInline,)


@admin.register(Case)
class CaseAdmin(ModelAdmin):
    list_display = ("number", "subject", "customer", "state", "updated_at")
    list_filter = ("state",)
    search_fields = ("subject", "customer__name", "phone")
    autocomplete_fields = ("customer",)
    readonly_fields = ("opened_at", "updated_at")
    inlines = (ChatLogInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Disposition)
class DispositionAdmin(ModelAdmin):
    list_display = ("name", "position", "active")


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
