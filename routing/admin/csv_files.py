"""What the pages have in common whose rows come and go as CSV files."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from import_export.admin import ImportMixin
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from import_export.widgets import Widget
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from agents.services.audit import record_act
from routing.models import Channel
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# A file is read, checked and answered within one request, and every wrong line is told back.
MOST_LINES = 1000

# With what a spreadsheet's formulas begin.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
YES, NO = {"yes", "true", "1"}, {"no", "false", "0"}


def harmless(words: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(FORMULA) else words


def as_it_was(cell: Any) -> Any:
    """A cell of a file that comes back, as it was before it was made harmless."""
    if isinstance(cell, str) and cell.startswith("'") and cell[1:].startswith(FORMULA):
        return cell[1:]
    return cell


def moment_of(written: str) -> datetime:
    """A day or a moment as a cell has it, in UTC where it names no zone.

    Raises ValueError in the words of whoever made the file.
    """
    try:
        day = parse_date(written)
        moment = datetime.combine(day, time(), UTC) if day else parse_datetime(written)
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError(
            f"“{written}” is no day or moment, such as 2026-03-31 or 2026-03-31 14:05."
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ChannelsOfFile:
    """The channels, each found by its name, its number however written, or as in a list."""

    def __init__(self) -> None:
        channels = list(Channel.objects.all())
        self._found = {channel.name.casefold(): channel for channel in channels}
        self._found |= {str(channel).casefold(): channel for channel in channels}
        self._found |= {channel.number: channel for channel in channels}

    def find(self, written: str) -> Channel:
        """Raises ValueError where there is none."""
        found = self._found.get(written.casefold())
        if found is None:
            try:
                found = self._found.get(phone.normalise(written))
            except phone.NotANumber:
                found = None
        if found is None:
            raise ValueError(f"There is no channel “{written}”.")
        return found


class CsvResource(ModelResource):
    """Rows that go out as no formulas, and come back as they were."""

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        cell = super().export_field(field, instance, **kwargs)
        return harmless(cell) if isinstance(cell, str) else cell

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        dataset.headers = [column(head) for head in dataset.headers]
        return super().import_data(dataset, *args, **kwargs)

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        cells = {name: as_it_was(cell) for name, cell in row.items()}
        return super().import_row(cells, instance_loader, **kwargs)


def column(head: str) -> str:
    """The column that a head names, as it is written here or in what a list gives out."""
    return head.strip(' "').lower().removesuffix(" (utc)")


class YesNoWidget(Widget):
    def clean(self, value: object, row: Any = None, **kwargs: Any) -> bool:
        word = str("" if value is None else value).strip().lower()
        if word not in YES | NO:
            raise ValueError(f"“{value}” says neither yes nor no.")
        return word in YES

    def render(self, value: object, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class CsvImportForm(ImportForm):
    """Takes only a file that can be read, and says otherwise what it should be."""

    columns: tuple[str, ...]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"].help_text = (
            f"A CSV file whose first line is {','.join(self.columns)}. Its lines are taken all"
            " together, or none of them."
        )

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError("This is no CSV file in UTF-8. Save it as one.") from None
        file.seek(0)
        head, *rows = text.splitlines() or [""]
        named = {column(name) for name in head.split(",")}
        missing = [name for name in self.columns if name not in named]
        if missing:
            raise ValidationError(
                f"The file lacks {', '.join(missing)}. Its first line has to be"
                f" {','.join(self.columns)}; the export has it so."
            )
        if not any(row.strip(" ,") for row in rows):
            raise ValidationError("There is no line below the first one, so nothing to import.")
        if len(rows) > MOST_LINES:
            raise ValidationError(
                f"The file has {len(rows):,} lines below the first one, and at most {MOST_LINES:,}"
                " are taken at once. Divide it, each part with the first line."
            )
        return file


class TriedImportForm(CsvImportForm):
    """One whose file is only tried, until the supervisor says otherwise."""

    only_try = forms.BooleanField(
        label="Only try it",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Says what the file would do, and writes nothing. Take the mark away then, choose"
        " the file again, and it is written.",
    )


class TriesFirst(ImportMixin):
    """A page whose files can be tried before they are written; the trail has an entry for each.

    Its one resource leaves in ``result.told`` how many lines did what, in words. The entry calls
    what was added to ``file_of`` and names no customer.
    """

    file_of = ""
    formats = (CSV,)
    # In one step and one transaction: no file has to wait on the disk of one of several machines.
    skip_import_confirm = True
    skip_admin_log = True

    def process_dataset(
        self, dataset: Any, form: TriedImportForm, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Write the lines, or only try them, as the form says."""
        (resource,) = self.get_import_resource_classes(request)
        result = resource().import_data(
            dataset,
            dry_run=form.cleaned_data["only_try"],
            rollback_on_validation_errors=True,
            file_name=kwargs["file_name"],
            user=request.user,
        )
        result.only_tried = form.cleaned_data["only_try"]
        return result

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        told = result.told
        words = ", ".join(f"{many:,} {what}" for what, many in told.items()) or "no line"
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if result.only_tried:
            words = f"Nothing was written. This file would be: {words}."
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(reverse(f"{page}_import"))
        record_act(
            actor=request.user,
            act="imported",
            subject=self.file_of,
            after=told,
            now=clock.now(),
        )
        self.message_user(request, f"Written: {words}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"{page}_changelist"))
