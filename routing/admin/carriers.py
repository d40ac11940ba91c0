"""Accounts with carriers, and what carriers sent us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.utils.text import Truncator
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin

from agents.services.audit import record_act
from routing.enums import RequestKind, RequestState
from routing.forms import AccountForm
from routing.models import CarrierAccount, CarrierRequest
from routing.services.inbox import replay_request
from smsdesk.lib import clock
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(CarrierAccount)
class CarrierAccountAdmin(ModelAdmin):
    list_display = ("name", "carrier", "account_sid", "base_url")
    form = AccountForm
    fields = ("name", "carrier", "account_sid", "auth_token", "base_url")
    readonly_fields = ("inbound_address", "status_address")

    def get_fields(self, request: HttpRequest, obj: CarrierAccount | None = None) -> Any:
        """A new account has its addresses once it is saved. Whoever only looks sees no token."""
        fields = self.fields if obj is None else (*self.fields, *self.readonly_fields)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return [name for name in fields if name != "auth_token"]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: CarrierAccount | None = None,
        **kwargs: Any,
    ) -> Any:
        if obj is not None and obj.why_unusable:
            self.message_user(request, obj.why_unusable, messages.ERROR)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.display(description="Address for texts")
    def inbound_address(self, account: CarrierAccount) -> str:
        return f"{settings.PUBLIC_URL}{account.inbound_path}"

    @admin.display(description="Address for receipts")
    def status_address(self, account: CarrierAccount) -> str:
        return f"{settings.PUBLIC_URL}{account.status_path}"


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
        count = len(proven)
        for each in proven:
            with transaction.atomic():
                replay_request(request_id=each.pk, now=clock.now())
                record_act(actor=request.user, act="handled again", subject=each, now=clock.now())
        left_out = queryset.count() - count
        words = f"{count} requests are handled again."
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
