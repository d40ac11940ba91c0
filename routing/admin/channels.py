"""Channels, and where texts may go over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from unfold.admin import ModelAdmin

from routing.forms import ChannelForm
from routing.models import Channel, ConsentEntry, Destination
from routing.services.interactions import look_again_at_held
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest


@admin.register(Channel)
class ChannelAdmin(ModelAdmin):
    form = ChannelForm
    list_display = ("name", "number", "account", "queue", "schedule")
    search_fields = ("name", "number")

    def save_model(
        self, request: HttpRequest, obj: Channel, form: ModelForm[Channel], change: bool
    ) -> None:
        """Texts held for the hours it had may go now."""
        super().save_model(request, obj, form, change)
        look_again_at_held(channel_id=obj.pk)


@admin.register(Destination)
class DestinationAdmin(ModelAdmin):
    """The price list, by which the composer says what a text costs (A9, N3)."""

    list_display = ("country", "price_per_part")
    search_fields = ("country",)


@admin.register(ConsentEntry)
class ConsentEntryAdmin(ReadOnly):
    """The opt-out ledger (N1)."""

    list_display = ("address", "channel", "opted_out", "source", "at", "agent")
    list_filter = ("opted_out", "source", "channel")
    search_fields = ("address",)
    ordering = ("-pk",)
