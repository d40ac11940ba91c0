"""Campaigns, for supervisors (I7, I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from agents.services.audit import record_act
from cases.enums import CampaignState
from cases.forms import CampaignForm
from cases.models import (
    Campaign,
    CampaignRecipient,
)
from cases.models.campaign import MOST_RECIPIENTS
from cases.selectors.audience import preview_of
from cases.selectors.campaigns import progress_of
from cases.services.campaigns import (
    CampaignRefused,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    start_campaign,
)
from routing.selectors.announcements import why_nothing_is_announced
from smsdesk.lib import clock, phone
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from cases.selectors.audience import Preview
    from cases.selectors.campaigns import Progress

# What a supervisor may do with a campaign, what the audit trail calls it, and what is said of it.
ACTS: dict[str, tuple[Callable[..., object], str, str]] = {
    "start": (start_campaign, "started", "Started."),
    "pause": (pause_campaign, "paused", "Paused. Nobody is texted before it is resumed."),
    "resume": (resume_campaign, "resumed", "Resumed."),
    "cancel": (cancel_campaign, "cancelled", "Cancelled. Nobody else is texted."),
}


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    """One text to many: its preview and its progress stand above its form (I7, I9)."""

    form = CampaignForm
    fieldsets = (
        (None, {"fields": ("name", "channel", "body")}),
        ("Whom it texts", {"fields": ("audience", "contact_days", "numbers")}),
        ("When", {"fields": ("starts_at", "per_minute")}),
    )
    list_display = ("name", "channel", "state", "started_at", "ended_at")
    list_filter = ("state", "channel")
    search_fields = ("name", "body")
    ordering = ("-pk",)
    warn_unsaved_form = True
    change_form_outer_before_template = "cases/campaign.html"

    class Media:
        css = {"all": ["css/campaign.css"]}

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(require_POST(self.act))
        acts = path("<int:campaign_id>/act/<slug:name>/", act, name="cases_campaign_act")
        return [acts, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """Once started, a campaign is what it was started as; its rate may change."""
        return () if obj is None or obj.state == CampaignState.DRAFT else CampaignForm.FIXED

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        over = obj is not None and obj.state in {CampaignState.DONE, CampaignState.CANCELLED}
        return not over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """What customers were texted, and why, is kept."""
        started = obj is not None and obj.state != CampaignState.DRAFT
        return not started and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """A selection may hold campaigns that were started, so none are deleted together."""
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name != "delete_selected"
        }

    def save_model(
        self, request: HttpRequest, obj: Campaign, form: ModelForm[Campaign], change: bool
    ) -> None:
        """Write what was changed, and nothing of what the campaign does meanwhile."""
        obj.save(update_fields=form.changed_data if change else None)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        campaign = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if campaign is not None and self.has_view_permission(request, campaign):
            context |= {"campaign": campaign, **standing(campaign)}
            if not self.has_change_permission(request, campaign):
                context["acts"] = []
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def act(self, request: HttpRequest, campaign_id: int, name: str) -> HttpResponse:
        """Start, pause, resume or cancel; then look at the campaign again."""
        campaign = self.get_object(request, str(campaign_id))
        if campaign is None or name not in ACTS:
            raise Http404
        if not super().has_change_permission(request, campaign):
            raise PermissionDenied
        act, done, said = ACTS[name]
        asked: dict[str, Any] = {} if name == "pause" else {"now": clock.now()}
        if name == "start":
            asked["seen"] = request.POST.get("seen", "")
        try:
            with transaction.atomic():
                act(campaign_id=campaign.pk, **asked)
                record_act(actor=request.user, act=done, subject=campaign, now=clock.now())
        except CampaignRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
        else:
            self.log_change(request, campaign, said)
            self.message_user(request, said, messages.SUCCESS)
        return redirect(reverse("admin:cases_campaign_change", args=[campaign_id]))


def standing(campaign: Campaign) -> dict[str, Any]:
    """What stands above a campaign's form: a draft's preview, else its progress."""
    now = clock.now()
    if campaign.state == CampaignState.DRAFT:
        preview = preview_of(campaign, now=now)
        if preview.too_many:
            return {
                "heading": f"This would text {numbers(preview.recipients)}, and one campaign texts"
                f" {MOST_RECIPIENTS:,} at most. Choose a smaller audience.",
            }
        return {
            "heading": "Before it starts",
            "figures": figures_before(campaign, preview, now),
            "sample": preview.sample,
            "acts": [("start", f"Start, and text {numbers(preview.recipients)}")],
        }
    progress = progress_of(campaign, now)
    heading = campaign.get_state_display().capitalize()
    shut = why_nothing_is_announced(campaign.channel)
    if campaign.state == CampaignState.RUNNING and shut:
        heading += f", but it waits. {shut}"
    elif campaign.next_at and campaign.next_at > now:
        heading += f"; the next text is sent at {moment(campaign.next_at)}"
    acts = {
        CampaignState.RUNNING: [("pause", "Pause")],
        CampaignState.PAUSED: [("resume", "Resume")],
    }
    return {
        "heading": heading,
        "percent": progress.settled,
        "figures": figures_since(progress),
        "acts": acts.get(CampaignState(campaign.state), []),
        "variant": "default",
        "may_cancel": campaign.state in acts,
    }


def figures_before(campaign: Campaign, preview: Preview, now: datetime) -> list[tuple[str, str]]:
    price = "" if preview.price is None else f", {preview.price} {settings.CURRENCY}"
    minutes = -(-preview.recipients // campaign.per_minute)
    begins = campaign.starts_at
    later = f", from {moment(begins)}" if begins and begins > now else ""
    figures = [
        ("Texts", numbers(preview.recipients)),
        ("Parts", f"{preview.parts:,}{price}"),
        ("Takes", f"{minutes:,} minute{'' if minutes == 1 else 's'}{later}"),
    ]
    if preview.unpriced:
        figures.append(("No price is listed for", ", ".join(preview.unpriced)))
    return figures + [(f"Left out: {why}", f"{count:,}") for why, count in preview.left_out]


def figures_since(progress: Progress) -> list[tuple[str, str]]:
    counts = [
        ("Recipients", progress.recipients),
        ("Waiting", progress.waiting),
        *([("Of them, until the night is over there", progress.asleep)] if progress.asleep else []),
        ("On their way", progress.leaving),
        ("Sent", progress.sent),
        ("Delivered", progress.delivered),
        ("Failed", progress.failed),
        ("May have been sent", progress.unknown),
        ("Answered within a week", progress.answered),
        *((f"Left out: {why}", count) for why, count in progress.left_out),
    ]
    return [(words, f"{count:,}") for words, count in counts]


def numbers(count: int) -> str:
    return f"{count:,} number{'' if count == 1 else 's'}"


def moment(at: datetime) -> str:
    return f"{localtime(at):%d %b %Y, %H:%M:%S} {settings.TIME_ZONE}"


@admin.register(CampaignRecipient)
class CampaignRecipientAdmin(ReadOnly):
    """Whom each campaign texted, and what became of it."""

    list_display = ("phone", "name", "campaign", "state", "reason", "text")
    list_filter = ("state", "reason", "campaign")
    search_fields = ("number", "name")
    list_select_related = ("campaign", "message")
    ordering = ("-campaign", "pk")

    @admin.display(description="number", ordering="number")
    def phone(self, recipient: CampaignRecipient) -> str:
        return phone.display(recipient.number)

    @admin.display(description="its text is")
    def text(self, recipient: CampaignRecipient) -> str:
        message = recipient.message
        if message is None:
            return ""
        return f"{message.get_state_display()} {message.failure}".strip()
