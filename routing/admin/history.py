"""Conversations, and what befell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.template.loader import render_to_string

from routing.admin.exports import ExportsRows
from routing.admin.rows import RowInline
from routing.models import Event, Interaction, Message, Offer, Rule
from routing.selectors.lifelines import told_of
from routing.selectors.story import story_of
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from unfold.admin import ModelAdmin


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
    fields = ("created_at", "author", "body", "state", "failure", "told")
    readonly_fields = fields
    verbose_name_plural = "Messages"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        messages: QuerySet[Message] = super().get_queryset(request)
        return messages.select_related("request").prefetch_related("receipts", "request__parts")

    @admin.display(description="how it came, or its receipts")
    def told(self, message: Message) -> str:
        return told_of(message)


class OfferInline(HistoryInline):
    model = Offer
    fields = ("offered_at", "agent", "state", "decided_at", "why")
    readonly_fields = fields
    verbose_name_plural = "Offers"

    @admin.display(description="why this agent")
    def why(self, offer: Offer) -> str:
        return str(offer.receipt.get("why", ""))


class CampaignTagFilter(admin.SimpleListFilter):
    """By the tags that rules give; the conversations themselves are too many to ask."""

    title = "campaign tag"
    parameter_name = "campaign_tag"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        tags = Rule.objects.exclude(campaign_tag="").order_by("campaign_tag")
        return [(tag, tag) for tag in tags.values_list("campaign_tag", flat=True).distinct()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Interaction]
    ) -> QuerySet[Interaction]:
        return queryset.filter(campaign_tag=self.value()) if self.value() else queryset


@admin.register(Interaction)
class InteractionAdmin(ExportsRows, ReadOnly):
    list_display = ("call_id", "channel", "queue", "agent", "state", "initiated_at", "ended_by")
    list_select_related = ("channel", "queue", "agent")
    export_columns = (
        "pk",
        "customer_address",
        "channel",
        "queue",
        "agent",
        "state",
        "initiated_at",
        "accepted_at",
        "ended_at",
        "ended_by",
        "disposition",
        "campaign_tag",
    )
    list_filter = ("state", "queue", "channel", CampaignTagFilter)
    search_fields = ("customer_address",)
    search_help_text = "By digits of the customer's number."
    ordering = ("-pk",)
    inlines = (EventInline, MessageInline, OfferInline)
    readonly_fields = ("receipt",)
    fieldsets = (
        ("How it was routed, and why", {"fields": ("receipt",)}),
        (
            "The conversation",
            {
                "fields": (
                    "channel",
                    "customer_address",
                    "state",
                    "queue",
                    "priority",
                    "agent",
                    "campaign_tag",
                    "initiated_at",
                    "queued_at",
                    "accepted_at",
                    "ended_at",
                    "ended_by",
                    "closed_at",
                    "disposition",
                    "note",
                    "handover_note",
                )
            },
        ),
        (
            "What it waits for",
            {
                "fields": (
                    "unanswered",
                    "response_due_at",
                    "held_until",
                    "parked_until",
                    "overflow_due_at",
                    "inactivity_due_at",
                    "wrap_up_due_at",
                )
            },
        ),
    )

    @admin.display(description="In words")
    def receipt(self, interaction: Interaction) -> str:
        story = story_of(interaction)
        return render_to_string("admin/routing/interaction/story.html", {"story": story})
