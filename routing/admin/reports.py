"""The reports' page and its CSV (N14)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from agents.models import Agent, Team
from routing.models import Channel, Queue, Schedule, Tally
from routing.models.hours import check_timezone
from routing.selectors.charts import bars, shown_labels
from routing.selectors.measures import COUNTING, DISPOSITIONS_MEAN, MEASURES, Measure
from routing.selectors.reports import (
    DAY,
    HOUR,
    NAMES,
    Row,
    Scope,
    by_group,
    by_time,
    dispositions,
    total,
)
from smsdesk.lib import clock
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from collections import Counter

    from django.http import HttpRequest
    from django.urls import URLPattern

MOST_DAYS, MOST_DAYS_BY_HOUR = 366, 31
GROUPS = [(HOUR, "hour"), (DAY, "day"), *((name, name) for name in NAMES)]
LABELS = {measure.key: measure.label for measure in MEASURES}
BY_KEY = {measure.key: measure for measure in MEASURES}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _day() -> forms.DateField:
    return forms.DateField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        error_messages={
            "required": "Choose a day.",
            "invalid": "This is no day. Write it as 2026-03-01.",
        },
    )


def _one_of(model: Any, every: str) -> Any:
    return forms.ModelChoiceField(
        model.objects.order_by("name"),
        required=False,
        empty_label=every,
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": "This one is gone. Choose another, or all of them."},
    )


def _choice(choices: list[tuple[str, str]], wrong: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=choices, widget=UnfoldAdminSelectWidget, error_messages={"invalid_choice": wrong}
    )


class ReportForm(forms.Form):
    """What is asked for. Whatever the address does not say is as in ``usual``."""

    first = _day()
    last = _day()
    zone = forms.CharField(
        label="Time zone",
        widget=UnfoldAdminTextInputWidget(attrs={"list": "zones"}),
        validators=[check_timezone],
        error_messages={"required": "Choose a time zone, such as America/New_York."},
    )
    queue = _one_of(Queue, "All queues")
    agent = _one_of(Agent, "All agents")
    team = _one_of(Team, "All teams")
    channel = _one_of(Channel, "All channels")
    by = _choice(GROUPS, "Group by one of those listed.")
    chart = _choice(list(LABELS.items()), "Choose one of the figures listed.")

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__({**usual(), **data})
        self.fields["first"].label = "First day"
        self.fields["last"].label = "Last day"
        self.fields["by"].label = "Group by"

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last:
            days = (last - first).days + 1
            if days < 1:
                self.add_error("last", "This is before the first day. Choose a later one.")
            elif days > MOST_DAYS:
                self.add_error("last", f"Choose at most {MOST_DAYS} days.")
            elif asked.get("by") == HOUR and days > MOST_DAYS_BY_HOUR:
                self.add_error("by", f"By the hour, choose at most {MOST_DAYS_BY_HOUR} days.")
        return asked

    def scope(self) -> Scope:
        asked = self.cleaned_data
        only = {name: asked[name].pk for name in NAMES if asked[name]}
        return Scope(asked["first"], asked["last"], ZoneInfo(asked["zone"]), only)


def usual() -> dict[str, str]:
    """The last seven days, in the time zone of the first schedule."""
    zone = Schedule.objects.order_by("pk").values_list("timezone", flat=True).first() or "UTC"
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    return {
        "first": f"{today - timedelta(days=6)}",
        "last": f"{today}",
        "zone": zone,
        "by": DAY,
        "chart": "conversations",
    }


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked for, added up."""

    over_time: list[Row]
    rows: list[Row]
    total: Counter[str]
    dispositions: list[tuple[str, int]]


def report_of(scope: Scope, by: str) -> Report:
    short = (scope.last - scope.first).days < 2  # noqa: PLR2004 - two days have 48 bars
    over_time = by_time(scope, by if by in (HOUR, DAY) else HOUR if short else DAY)
    rows = over_time if by in (HOUR, DAY) else by_group(scope, by)
    return Report(over_time, rows, total(over_time), dispositions(scope))


@admin.register(Tally)
class TallyAdmin(ReadOnly):
    """Its list is the reports; single tallies have no page."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("", site.admin_view(self.changelist_view), name="routing_tally_changelist"),
            path("csv/", site.admin_view(self.as_csv), name="routing_tally_csv"),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        form = self._form(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Reports",
            "opts": self.opts,
            "form": form,
            "zones": Schedule.objects.order_by("timezone").values_list("timezone", flat=True),
            "counting": COUNTING,
            "dispositions_mean": DISPOSITIONS_MEAN,
        }
        if form.is_valid():
            report = report_of(form.scope(), form.cleaned_data["by"])
            context |= _shown(report, BY_KEY[form.cleaned_data["chart"]])
            context["csv"] = f"{reverse('admin:routing_tally_csv')}?{request.GET.urlencode()}"
            context["by"] = form.cleaned_data["by"]
        return TemplateResponse(request, "admin/routing/tally/reports.html", context)

    def as_csv(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request)
        if not form.is_valid():  # the page says what is wrong
            page = reverse("admin:routing_tally_changelist")
            return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")
        asked = form.cleaned_data
        report = report_of(form.scope(), asked["by"])
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        name = f"report-{asked['first']}-{asked['last']}-by-{asked['by']}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        sheet = csv.writer(answer)
        sheet.writerow([asked["by"].capitalize(), *map(_label, MEASURES)])
        for row in [*report.rows, Row("Total", report.total)]:
            sums = total([row])
            figures = [_plain(measure, sums) for measure in MEASURES]
            sheet.writerow([_text(row.label), *figures])
        sheet.writerows([[], ["Disposition", "Times"]])
        sheet.writerows([_text(word), times] for word, times in report.dispositions)
        sheet.writerows([[], ["Figure", "What it means"]])
        sheet.writerows([_label(measure), measure.means] for measure in MEASURES)
        sheet.writerow(["Disposition", DISPOSITIONS_MEAN])
        sheet.writerows(["", words] for words in COUNTING)
        return answer

    def _form(self, request: HttpRequest) -> ReportForm:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return ReportForm(request.GET.dict())


def _shown(report: Report, charted: Measure) -> dict[str, Any]:
    points = [
        (row.label, None if value is None else float(value), _words(charted, value))
        for row in report.over_time
        for value in [charted.of(total([row]))]
    ]
    highest = max((value or 0 for _, value, _ in points), default=0)
    return {
        "empty": not any(report.total.values()),
        "charted": _label(charted),
        "bars": bars(points),
        "highest": _words(charted, highest if highest % 1 else int(highest)),
        "ticks": shown_labels([label for label, _, _ in points]),
        "figures": [
            (_label(measure), _words(measure, measure.of(report.total)), measure.means)
            for measure in MEASURES
        ],
        "labels": [_label(measure) for measure in MEASURES],
        "rows": [
            (row.label, [_words(measure, measure.of(total([row]))) for measure in MEASURES])
            for row in report.rows
        ],
        "dispositions": report.dispositions,
    }


def _label(measure: Measure) -> str:
    return f"{measure.label} ({settings.CURRENCY})" if measure.unit == "money" else measure.label


def _words(measure: Measure, value: Any) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    if measure.unit == "share":
        return f"{value:.1%}"
    if measure.unit == "money":
        return f"{value:,.2f}"
    if measure.unit == "time":
        return _time(round(value))
    return f"{value:,}"


def _time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _plain(measure: Measure, sums: Counter[str]) -> Any:
    """A figure as programs read it: times in seconds, shares of one."""
    value = measure.of(sums)
    if value is None:
        return ""
    return round(value, 3) if measure.unit in {"time", "share"} else value


def _text(words: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(FORMULA) else words
