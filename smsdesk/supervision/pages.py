"""The admin's first page and its sidebar, in a supervisor's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse

from smsdesk.supervision.setup import setup_steps

if TYPE_CHECKING:
    from django.http import HttpRequest

# Title, then the pages under it: title, icon, model.
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Numbers",
        (
            ("Channels", "sms", "routing.channel"),
            ("Carrier accounts", "cell_tower", "routing.carrieraccount"),
            ("Company-wide SMS switch", "power_settings_new", "routing.smsswitch"),
            ("Sending policies", "policy", "routing.sendingpolicy"),
            ("Countries and prices", "public", "routing.destination"),
            ("Number capabilities", "dialpad", "routing.numbercapability"),
            ("Blocked numbers", "block", "routing.blockednumber"),
        ),
    ),
    (
        "Routing",
        (
            ("Queues", "inbox", "routing.queue"),
            ("Rules", "alt_route", "routing.rule"),
            ("Schedules", "schedule", "routing.schedule"),
            ("Skills", "psychology", "routing.skill"),
        ),
    ),
    (
        "People",
        (
            ("Agents", "support_agent", "agents.agent"),
            ("Teams", "groups", "agents.team"),
            ("Status menu", "toggle_on", "agents.statuscode"),
            ("Who may sign in", "person", "auth.user"),
            ("Roles", "badge", "auth.group"),
        ),
    ),
    (
        "What agents use",
        (
            ("Dispositions", "label", "cases.disposition"),
            ("Canned replies", "quickreply", "cases.cannedreply"),
            ("Articles", "menu_book", "cases.article"),
            ("Campaigns", "campaign", "cases.campaign"),
        ),
    ),
    (
        "Customers",
        (
            ("Customers", "contacts", "cases.customer"),
            ("Cases", "folder_open", "cases.case"),
            ("Consent", "verified_user", "routing.consententry"),
            ("Keywords", "key", "routing.keyword"),
            ("Retention periods", "auto_delete", "cases.retentionperiod"),
        ),
    ),
    (
        "What happened",
        (
            ("Reports", "bar_chart", "routing.tally"),
            ("Conversations", "forum", "routing.interaction"),
            ("Carrier requests", "move_to_inbox", "routing.carrierrequest"),
            ("Campaign recipients", "outgoing_mail", "cases.campaignrecipient"),
            ("Audit trail", "history", "agents.auditentry"),
        ),
    ),
)


def first_page(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page has beside the list of everything: what is missing."""
    steps = setup_steps()
    missing = [step for step in steps if not step.done and not step.optional]
    return context | {"setup": {"steps": steps, "missing": len(missing)}}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Every page that this person may see, by what a supervisor would look for it under."""
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}  # noqa: SLF001 - Django's
    start: dict[str, Any] = {"title": "Start", "icon": "home", "link": reverse("admin:index")}
    start["active"] = request.path == start["link"]
    groups: list[dict[str, Any]] = [{"title": "", "items": [start]}]
    if request.user.has_perm("routing.supervise"):
        floor = {"title": "Live floor", "icon": "monitor_heart", "link": reverse("floor")}
        groups[0]["items"].append(floor | {"active": request.path == floor["link"]})
    for title, items in GROUPS:
        shown = [
            {
                "title": name,
                "icon": icon,
                "link": reverse(f"admin:{label.replace('.', '_')}_changelist"),
            }
            for name, icon, label in items
            if label in pages and pages[label].has_view_permission(request)
        ]
        if shown:
            groups.append({"title": title, "separator": True, "items": shown})
    return groups
