"""Channels, and what their numbers can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.template.loader import render_to_string

from routing.admin.comparing import ComparesChannels
from routing.admin.dry_runs import TriedFirst
from routing.admin.exports import ExportsRows
from routing.admin.rows import NeedsSms, StaysWithAPast, TellsDesks
from routing.enums import ChannelState
from routing.forms import ChannelForm, CountryForm
from routing.models import CarrierAccount, Channel, NumberCapability, Queue
from routing.selectors.health import number_health
from routing.selectors.queues import queue_terms
from routing.selectors.rules import channel_ways, rules_in_order
from routing.services.dry_run import Setup
from routing.services.interactions import look_again_at_held
from routing.services.sending import ChannelRefused, move_channel
from smsdesk.lib import clock
from smsdesk.lib.countries import country_name

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest

    from routing.admin.dry_runs import Formsets


@admin.register(Channel)
class ChannelAdmin(ExportsRows, ComparesChannels, StaysWithAPast, NeedsSms, TellsDesks, TriedFirst):
    form = ChannelForm
    readonly_fields = ("health",)
    list_display = ("name", "number", "number_type", "where", "state", "queue", "schedule")
    list_filter = ("state", "number_type", "country", "account", "queue", "media_policy")
    list_select_related = ("queue", "schedule")
    export_columns = (*list_display, "account", "media_policy", "parts_per_second")
    search_fields = ("name", "number")
    autocomplete_fields = ("queue",)
    ordering = ("name",)
    actions = ("activate", "suspend", "delete_selected")
    fieldsets = (
        (
            "The number",
            {
                "fields": (
                    "name",
                    "number",
                    "account",
                    "state",
                    "number_type",
                    "country",
                    "used_for",
                )
            },
        ),
        ("Where its texts go", {"fields": ("queue", "schedule", "off_hours_reply")}),
        (
            "STOP, START and HELP",
            {"fields": ("keyword_answers", "stop_reply", "start_reply", "help_reply")},
        ),
        (
            "What may be sent",
            {"fields": ("media_policy", "allow_agent_initiated", "parts_per_second")},
        ),
        ("Quiet hours", {"fields": ("quiet_from", "quiet_until")}),
        ("When nobody writes", {"fields": ("ends_when_inactive", "inactivity_minutes")}),
        ("How its texts arrive", {"fields": ("health",)}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Where there is one account or one queue, a new channel has it."""
        initial: dict[str, Any] = {}
        for name, rows in (("account", CarrierAccount.objects), ("queue", Queue.objects)):
            ids = rows.values_list("pk", flat=True)[:2]
            if len(ids) == 1:
                initial[name] = ids[0]
        initial |= super().get_changeform_initial_data(request)
        return initial

    @admin.display(description="The last 24 hours")
    def health(self, channel: Channel) -> str:
        """As the floor's page of numbers has it; of a new channel nothing."""
        if not channel.pk:
            return "Nothing yet."
        [number] = number_health(clock.now(), channel_ids=[channel.pk])
        return render_to_string("floor/number_health.html", {"number": number})

    @admin.display(description="country", ordering="country")
    def where(self, channel: Channel) -> str:
        return country_name(channel.country)

    def save_model(
        self, request: HttpRequest, obj: Channel, form: ModelForm[Channel], change: bool
    ) -> None:
        """Texts held for the hours it had may go now."""
        if change:
            told = {"number_type", "country"}
            obj.save(update_fields=(told | set(form.changed_data)) - {"state"})
            if "state" in form.changed_data:
                self._move(request, Channel.objects.filter(pk=obj.pk), ChannelState(obj.state))
        else:
            obj.save()
        look_again_at_held(channel_id=obj.pk)

    def setups(self, changed: Channel, formsets: Formsets) -> tuple[Setup, Setup, list[str]]:
        before = Setup(rules_in_order(), channel_ways(), queue_terms())
        if not changed.pk:
            return before, before, ["No text has come to this number over this desk yet."]
        return before, replace(before, channels=channel_ways(changed=changed)), []

    @admin.action(description="Activate the selected channels", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._move(request, queryset, ChannelState.ACTIVE)

    @admin.action(
        description="Suspend the selected channels: nothing is sent", permissions=["change"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._move(request, queryset, ChannelState.SUSPENDED)

    def _move(self, request: HttpRequest, channels: QuerySet[Channel], to: ChannelState) -> None:
        for channel in channels.order_by("name"):
            try:
                move_channel(channel_id=channel.pk, to=to, now=clock.now())
            except ChannelRefused as refused:
                self.message_user(request, str(refused), messages.ERROR)
            else:
                self.message_user(request, f"{channel.name} is {to.label} now.", messages.SUCCESS)


@admin.register(NumberCapability)
class NumberCapabilityAdmin(TellsDesks):
    """What numbers of a country and type can do (A3, A8, A11–A14)."""

    form = CountryForm
    list_display = ("where", "number_type", "inbound", "outbound", "voice")
    list_display_links = ("where",)
    list_filter = ("number_type", "inbound", "outbound", "voice")
    search_fields = ("country",)
    search_help_text = "By the country's two letters."
    ordering = ("country", "number_type")
    fieldsets = (
        ("Numbers", {"fields": ("country", "number_type")}),
        ("What they can do", {"fields": ("inbound", "outbound", "voice")}),
    )

    @admin.display(description="country", ordering="country")
    def where(self, row: NumberCapability) -> str:
        return country_name(row.country)
