"""Channels, queues and what passed through them, for supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import admin, messages
from django.utils.text import Truncator
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline

from routing.enums import RequestKind, RequestState
from routing.events import MemberJoined
from routing.forms import AccountForm, ChannelForm, RuleForm
from routing.models import (
    AgentSkill,
    CarrierAccount,
    CarrierRequest,
    Channel,
    ConsentEntry,
    Destination,
    Event,
    Holiday,
    Interaction,
    Message,
    Offer,
    OpeningSpan,
    Queue,
    QueueMember,
    Rule,
    Schedule,
    Skill,
)
from routing.services.inbox import replay_request
from routing.services.interactions import look_again_at_held
from smsdesk.lib import clock
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class ReadOnly(ModelAdmin):
    """What happened is looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RowInline(TabularInline):
    extra = 0
    tab = True


class MemberInline(RowInline):
    model = QueueMember
    autocomplete_fields = ("agent",)


class SkillHolderInline(RowInline):
    model = AgentSkill
    autocomplete_fields = ("agent",)


class SpanInline(RowInline):
    model = OpeningSpan


class HolidayInline(RowInline):
    model = Holiday


@admin.register(CarrierAccount)
class CarrierAccountAdmin(ModelAdmin):
    list_display = ("name", "carrier", "account_sid", "base_url")
    form = AccountForm
    fields = ("name", "carrier", "account_sid", "auth_token", "base_url")
    readonly_fields = ("inbound_address", "status_address")

    def get_fields(self, request: HttpRequest, obj: CarrierAccount | None = None) -> Any:
        """A new account has its addresses once it is saved."""
        return self.fields if obj is None else (*self.fields, *self.readonly_fields)

    @admin.display(description="Address for texts")
    def inbound_address(self, account: CarrierAccount) -> str:
        return f"{settings.PUBLIC_URL}{account.inbound_path}"

    @admin.display(description="Address for receipts")
    def status_address(self, account: CarrierAccount) -> str:
        return f"{settings.PUBLIC_URL}{account.status_path}"


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


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm
    list_display = ("name", "position", "channel", "keyword", "queue", "priority", "active")


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    list_display = ("name", "timezone")
    inlines = (SpanInline, HolidayInline)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Schedule],
        formsets: Sequence[BaseModelFormSet[Any, Any]],
        change: bool,
    ) -> None:
        """Texts held for these hours may go now, or later than thought."""
        super().save_related(request, form, formsets, change)
        look_again_at_held(schedule_id=form.instance.pk)


@admin.register(Skill)
class SkillAdmin(ModelAdmin):
    search_fields = ("name",)
    inlines = (SkillHolderInline,)


@admin.register(Queue)
class QueueAdmin(ModelAdmin):
    list_display = ("name", "skill", "priority", "acceptance_seconds", "wrap_up_seconds")
    search_fields = ("name",)
    inlines = (MemberInline,)

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Queue],
        formset: BaseModelFormSet[QueueMember, ModelForm[QueueMember]],
        change: bool,
    ) -> None:
        """A new member may be able to take what waits already."""
        super().save_formset(request, form, formset, change)
        publish(MemberJoined(form.instance.pk))


@admin.register(CarrierRequest)
class CarrierRequestAdmin(ReadOnly):
    """The inbox: what carriers sent us, and what became of it (N15)."""

    list_display = ("received", "kind", "from_to", "first_words", "account", "state", "note")
    list_filter = ("state", "kind", "account")
    ordering = ("-received_at",)
    exclude = ("body",)
    readonly_fields = ("body_as_text",)
    actions = ("replay",)

    @admin.display(description="received at", ordering="received_at")
    def received(self, request: CarrierRequest) -> str:
        return f"{localtime(request.received_at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="from → to")
    def from_to(self, request: CarrierRequest) -> str:
        sender, recipient = text_field(request, "From"), text_field(request, "To")
        return f"{sender} → {recipient}" if sender or recipient else ""

    @admin.display(description="first words")
    def first_words(self, request: CarrierRequest) -> str:
        return Truncator(text_field(request, "Body")).chars(60)

    @admin.display(description="Body")
    def body_as_text(self, request: CarrierRequest) -> str:
        return bytes(request.body).decode("utf-8", "backslashreplace")[:10_000]

    @admin.action(description="Handle again", permissions=["view"])
    def replay(self, request: HttpRequest, queryset: QuerySet[CarrierRequest]) -> None:
        """Only what is proven to be the carrier's can be handled."""
        proven = queryset.exclude(state=RequestState.QUARANTINED)
        ids = list(proven.values_list("pk", flat=True))
        for pk in ids:
            replay_request(request_id=pk, now=clock.now())
        left_out = queryset.count() - len(ids)
        words = f"{len(ids)} requests are handled again."
        if left_out:
            words += f" {left_out} in quarantine were left out: nothing proves whose they are."
        self.message_user(request, words, messages.SUCCESS)


def text_field(request: CarrierRequest, name: str) -> str:
    """One field of a text as the carrier posted it; empty where its body is anything else.

    Only for the eye, and for requests nobody has proven: it never raises.
    """
    if request.kind != RequestKind.INBOUND:
        return ""
    body = bytes(request.body).decode("utf-8", "replace")
    return parse_qs(body, errors="replace").get(name, [""])[0][:200]


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
