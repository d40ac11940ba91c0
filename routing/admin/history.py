"""Conversations, and what befell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from routing.admin.rows import RowInline
from routing.models import Event, Interaction, Message, Offer
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest


class HistoryInline(RowInline):
    fk_name = "interaction"
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EventInline(HistoryInline):
    model = Event
    fields = ("at", "kind", "state", "agent")
    readonly_fields = fields
    verbose_name_plural = "Life line"


class MessageInline(HistoryInline):
    model = Message
    fields = ("created_at", "author", "body", "state", "failure")
    readonly_fields = fields
    verbose_name_plural = "Messages"


class OfferInline(HistoryInline):
    model = Offer
    fields = ("offered_at", "agent", "state", "decided_at", "receipt")
    readonly_fields = fields
    verbose_name_plural = "Offers, and why"


@admin.register(Interaction)
class InteractionAdmin(ReadOnly):
    list_display = ("call_id", "channel", "queue", "agent", "state", "initiated_at", "ended_by")
    list_filter = ("state", "queue", "channel")
    search_fields = ("customer_address",)
    ordering = ("-pk",)
    inlines = (EventInline, MessageInline, OfferInline)
