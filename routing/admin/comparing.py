"""A channel, or all of an account, held against the carrier's own list, by a button (N15)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.timezone import get_current_timezone_name, localtime
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from routing.models import Channel
from routing.services.reconcile import LONGEST_SPAN, can_compare, compare
from smsdesk.lib import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

A_DAY = timedelta(days=1)
LISTS = "Of the carriers, only Twilio has a list that the desk can read."


def _moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        error_messages={
            "required": "Choose a day and a time.",
            "invalid": "This is no time. Write it as 2026-03-01 14:30.",
        },
    )


class SpanForm(forms.Form):
    """The time that is compared."""

    since = _moment("From")
    until = _moment("Until")

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        since, until = fields.get("since"), fields.get("until")
        if since and until and since >= until:
            self.add_error("until", "Choose a time after the first one.")
        elif since and until and until - since > LONGEST_SPAN:
            days = LONGEST_SPAN.days
            self.add_error("until", f"Choose at most {days} days; compare longer times in steps.")
        return fields

    @classmethod
    def of(cls, posted: Any, now: datetime) -> SpanForm:
        """With the last day in it, until another is chosen."""
        usual = {"since": now - A_DAY, "until": now}
        shown = {name: f"{localtime(moment):%Y-%m-%dT%H:%M}" for name, moment in usual.items()}
        return cls(posted or None, initial=shown)


def comparing_page(**which: str) -> str:
    """The page that asks for which time: ``channel`` or ``account`` is compared."""
    return f"{reverse('admin:routing_channel_compare')}?{urlencode(which)}"


class ComparesAccounts(ModelAdmin):
    """The button at an account, for all its channels."""

    actions_detail = ("compare_account",)

    @action(description="Compare with the carrier …", permissions=["view"])  # type: ignore[untyped-decorator]
    def compare_account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(comparing_page(account=object_id))


class ComparesChannels(ModelAdmin):
    """The button at a channel, and the page that both lead to."""

    actions_detail = ("compare_channel",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.comparing)
        return [path("compare/", page, name="routing_channel_compare"), *super().get_urls()]

    @action(description="Compare with the carrier …", permissions=["change"])  # type: ignore[untyped-decorator]
    def compare_channel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(comparing_page(channel=object_id))

    def comparing(self, request: HttpRequest) -> HttpResponse:
        """Ask for the span of time; compare it, and tell what was found."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        channels = self._asked_for(request)
        now = clock.now()
        form = SpanForm.of(request.POST, now)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Compare with the carrier",
            "opts": self.opts,
            "channels": channels,
            "form": form,
            "zone": get_current_timezone_name(),
            "why_not": "" if all(map(can_compare, channels)) else LISTS,
        }
        if channels and not context["why_not"] and form.is_valid():
            context["comparisons"] = [
                compare(channel=channel, actor=request.user, **form.cleaned_data)
                for channel in channels
            ]
        return TemplateResponse(request, "admin/routing/compare.html", context)

    def _asked_for(self, request: HttpRequest) -> Sequence[Channel]:
        """The channel, or those of the account, that the address names."""
        for field in ("channel", "account"):
            named = request.GET.get(field, "")
            if named.isdecimal():
                key = "pk" if field == "channel" else "account"
                rows = Channel.objects.filter(**{key: int(named)})
                return list(rows.select_related("account").order_by("name"))
        return []
