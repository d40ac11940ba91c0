"""The reports' page and its CSV (N14)."""

from __future__ import annotations

import csv
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from agents.models import Agent, Team
from routing.admin.csv_files import harmless
from routing.models import Channel, Queue, Schedule, Tally
from routing.models.hours import check_timezone
from routing.selectors.charts import Point, chart
from routing.selectors.measures import COUNTING, DISPOSITIONS_MEAN, MEASURES, Measure
from routing.selectors.reports import (
    DAY,
    GROUPS,
    HOUR,
    PERIOD,
    Row,
    Scope,
    by_group,
    over_time,
    total,
)
from smsdesk.lib import clock
from smsdesk.lib.admin import ReadOnly
from smsdesk.lib.streams import attachment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

MOST_DAYS, MOST_DAYS_BY_HOUR = 366, 31
STEPS = [(DAY, "Day by day"), (HOUR, "Hour by hour"), (PERIOD, "The whole period")]
BY = [("", "Nothing"), *((name, name.capitalize()) for name in GROUPS)]
LABELS = {measure.key: measure.label for measure in MEASURES}
BY_KEY = {measure.key: measure for measure in MEASURES}
# By the hour up to so many days, the chart has a bar an hour; 48 bars have room on a telephone.
DAYS_BY_HOUR = 2
# Of the groups of a whole period, so many are drawn.
MOST_RANKED = 20
ROWS_PER_PAGE = 200
# Lines of a CSV file that go out together.
PIECE = 500
# Without it spreadsheets take the file for Latin.
BOM = "\ufeff"


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


def _choice(label: str, choices: list[tuple[str, str]], wrong: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=choices[0][0] != "",
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": wrong},
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
    each = _choice("Rows", STEPS, "Choose rows for one of the times listed.")
    by = _choice("Group by", BY, "Group by one of those listed.")
    chart = _choice("Chart", list(LABELS.items()), "Choose one of the figures listed.")

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__({**usual(), **data})
        self.fields["first"].label = "First day"
        self.fields["last"].label = "Last day"

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last:
            days = (last - first).days + 1
            if days < 1:
                self.add_error("last", "This is before the first day. Choose a later one.")
            elif days > MOST_DAYS:
                self.add_error("last", f"Choose at most {MOST_DAYS} days.")
            elif asked.get("each") == HOUR and days > MOST_DAYS_BY_HOUR:
                self.add_error("each", f"By the hour, choose at most {MOST_DAYS_BY_HOUR} days.")
        return asked

    def scope(self) -> Scope:
        asked = self.cleaned_data
        only = {name: asked[name].pk for name in GROUPS if asked[name]}
        return Scope(asked["first"], asked["last"], ZoneInfo(asked["zone"]), only)


def usual() -> dict[str, str]:
    """The last seven days, in the time zone of the first schedule."""
    zone = Schedule.objects.order_by("pk").values_list("timezone", flat=True).first() or "UTC"
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    return {
        "first": f"{today - timedelta(days=6)}",
        "last": f"{today}",
        "zone": zone,
        "each": DAY,
        "by": "",
        "chart": "conversations",
    }


class Report:
    """What was asked for. Rows of groups are added up only as far as they are read."""

    def __init__(self, asked: dict[str, Any], scope: Scope) -> None:
        self.asked, self.scope = asked, scope
        self.each, self.by = asked["each"], asked["by"]
        step = self.each
        if step == PERIOD:
            step = HOUR if (scope.last - scope.first).days < DAYS_BY_HOUR else DAY
        self.over_time = over_time(scope, step)
        self.total = total(scope, self.over_time)

    def rows(self) -> Iterable[Row]:
        if self.by:
            return by_group(self.scope, self.each, self.by)
        return [self.total] if self.each == PERIOD else self.over_time

    @property
    def heads(self) -> list[str]:
        """Of the columns before the figures."""
        time = {DAY: "Day", HOUR: "Hour", PERIOD: "" if self.by else "Period"}[self.each]
        return [head for head in (time, self.by.capitalize()) if head]

    def labels(self, row: Row) -> list[str]:
        """Under these heads."""
        time = "" if self.each == PERIOD and self.by else row.span.label
        return [label for label in (time, row.group) if label]


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
            report = Report(form.cleaned_data, form.scope())
            context |= _shown(report, BY_KEY[form.cleaned_data["chart"]], _page_of(request))
            context["csv"] = f"{reverse('admin:routing_tally_csv')}?{request.GET.urlencode()}"
        return TemplateResponse(request, "admin/routing/tally/reports.html", context)

    def as_csv(self, request: HttpRequest) -> HttpResponse:
        """Every row: those of a month's hours and agents are more than memory should hold."""
        form = self._form(request)
        if not form.is_valid():  # the page says what is wrong
            page = reverse("admin:routing_tally_changelist")
            return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")
        asked = form.cleaned_data
        by = "-".join(filter(None, (asked["each"], asked["by"])))
        return attachment(
            request,
            _csv(Report(asked, form.scope())),
            name=f"report-{asked['first']}-{asked['last']}-by-{by}.csv",
            content_type="text/csv; charset=utf-8",
        )

    def _form(self, request: HttpRequest) -> ReportForm:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return ReportForm(request.GET.dict())


def _page_of(request: HttpRequest) -> int:
    words = request.GET.get("page", "")
    return max(1, int(words)) if words.isdecimal() and len(words) < 7 else 1  # noqa: PLR2004


def _shown(report: Report, charted: Measure, page: int) -> dict[str, Any]:
    begin = (page - 1) * ROWS_PER_PAGE
    rows = report.rows()
    ranked: list[Any] = []
    if report.by and report.each == PERIOD:
        rows = list(rows)
        ranked = _ranked(charted, rows)
    shown = list(islice(rows, begin, begin + ROWS_PER_PAGE + 1))
    words = sorted({word for row in shown for word in row.said})
    return {
        "empty": not any(report.total.sums.values()),
        "charted": _label(charted),
        "chart": _drawn(charted, report.over_time),
        "ranked": ranked,
        "figures": [
            (_label(measure), _words(measure, measure.of(report.total.sums)), measure.means)
            for measure in MEASURES
        ],
        "heads": report.heads,
        "labels": [_label(measure) for measure in MEASURES],
        "words": words,
        "rows": [
            (
                report.labels(row),
                [_words(measure, measure.of(row.sums)) for measure in MEASURES],
                [row.said[word] for word in words],
            )
            for row in shown[:ROWS_PER_PAGE]
        ],
        "begin": begin + 1,
        "end": begin + min(len(shown), ROWS_PER_PAGE),
        "page": page,
        "next_page": page + 1,
        "more": len(shown) > ROWS_PER_PAGE,
        "dispositions": report.total.said.most_common(),
    }


def _drawn(charted: Measure, rows: list[Row]) -> dict[str, Any]:
    """A bar for each hour or day, with what it says."""
    values = [charted.of(row.sums) for row in rows]
    drawn = chart(
        [
            Point(row.span.label, row.span.short, None if value is None else float(value))
            for row, value in zip(rows, values, strict=True)
        ],
        charted.unit,
    )
    return {
        "bars": [
            (bar, _words(charted, value)) for bar, value in zip(drawn.bars, values, strict=True)
        ],
        "lines": [(line, _words(charted, line.value)) for line in drawn.lines],
        "ticks": drawn.ticks,
    }


def _ranked(charted: Measure, rows: list[Row]) -> list[tuple[str, float, str]]:
    """The groups with the highest figures: name, share of a hundred of the highest, and words."""
    values = [(charted.of(row.sums), row.group) for row in rows]
    highest = sorted(((value, name) for value, name in values if value), reverse=True)
    return [
        (name, round(100 * float(value) / float(highest[0][0]), 2), _words(charted, value))
        for value, name in highest[:MOST_RANKED]
    ]


class _Line:
    """What csv writes to: a line is what it returns."""

    def write(self, line: str) -> str:
        return line


def _csv(report: Report) -> Iterator[str]:
    sheet = csv.writer(_Line())
    words = [word for word, _ in report.total.said.most_common()]

    def line(labels: list[str], row: Row) -> Any:
        figures = [_plain(measure, measure.of(row.sums)) for measure in MEASURES]
        return sheet.writerow(
            [*map(harmless, labels), *figures, *(row.said[word] for word in words)]
        )

    heads = [*report.heads, *map(_label, MEASURES), *(f"Disposition: {word}" for word in words)]
    yield BOM + str(sheet.writerow(heads))
    lines = chain(
        (line(report.labels(row), row) for row in report.rows()),
        [line(["Total", *[""] * (len(report.heads) - 1)], report.total)],
    )
    while piece := "".join(islice(lines, PIECE)):
        yield piece
    told = [
        [],
        ["Time zone", str(report.scope.zone)],
        [],
        ["Figure", "What it means"],
        *([_label(measure), measure.means] for measure in MEASURES),
        ["Disposition", DISPOSITIONS_MEAN],
        *(["", words] for words in COUNTING),
    ]
    yield "".join(sheet.writerow(cells) for cells in told)


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
    return f"{value:,.0f}"


def _time(seconds: int) -> str:
    """In the two largest units that are not nought: 1 h 5 min, 5 min."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    units = [(hours, "h"), (minutes, "min"), (0 if hours else seconds, "s")]
    return " ".join(f"{many:,} {unit}" for many, unit in units if many) or "0 s"


def _plain(measure: Measure, value: Any) -> Any:
    """A figure as programs read it: times in seconds, shares of one."""
    if value is None:
        return ""
    return round(value, 3) if measure.unit in {"time", "share"} else value
