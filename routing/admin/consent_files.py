"""The opt-out ledger as a CSV file: lines are added to it, and none is changed (N1)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from import_export.fields import Field

from routing.admin.csv_files import (
    ChannelsOfFile,
    CsvResource,
    TriedImportForm,
    YesNoWidget,
    moment_of,
)
from routing.models import ConsentEntry
from routing.services.consent_import import (
    FileLine,
    LineRefused,
    Outcome,
    add_line,
    lock_imports,
    tell_whose_consent_changed,
)
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Channel

COLUMNS = ("number", "channel", "opted_out", "at", "note")


class ConsentImportForm(TriedImportForm):
    columns = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"].help_text += (
            " opted_out is yes or no; at is a day or a moment in UTC, such as 2026-03-31 or"
            " 2026-03-31 14:05; channel is its name or its number. What the ledger has already, or"
            " knows something newer of, is left out."
        )


class ConsentResource(CsvResource):
    """What goes out says where each line comes from; what comes in is evidence of its own."""

    number = Field("address", "number", readonly=True)
    channel = Field("channel__name", "channel", readonly=True)
    opted_out = Field("opted_out", "opted_out", widget=YesNoWidget(), readonly=True)
    at = Field(column_name="at", readonly=True)
    source = Field("get_source_display", "source", readonly=True)
    evidence = Field("evidence", "evidence", readonly=True)
    note = Field("note", "note", readonly=True)

    class Meta:
        model = ConsentEntry
        fields = export_order = (
            "number",
            "channel",
            "opted_out",
            "at",
            "source",
            "evidence",
            "note",
        )
        import_id_fields = ()
        skip_diff = True
        use_transactions = True

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("channel", "message", "agent", "user")

    def dehydrate_at(self, line: ConsentEntry) -> str:
        return f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        lock_imports()
        self.told: Counter[Outcome] = Counter()
        self.changed: set[tuple[int, str]] = set()
        self.file = str(kwargs.get("file_name") or "a file")
        self.user_id = kwargs["user"].pk
        self.channels = ChannelsOfFile()

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Every cell of a line is looked at, and each that is wrong says so."""
        read: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, reader in (
            ("channel", self.channels.find),
            ("opted_out", YesNoWidget().clean),
            ("at", _moment),
            ("note", _note),
        ):
            try:
                read[name] = reader(str("" if row[name] is None else row[name]).strip())
            except ValueError as error:
                wrong[name] = str(error)
        try:
            read["number"] = self._number(row["number"], read.get("channel"))
        except ValueError as error:
            wrong["number"] = str(error)
        if wrong:
            raise ValidationError(wrong)
        line = FileLine(
            channel_id=read["channel"].pk,
            address=read["number"],
            opted_out=read["opted_out"],
            at=read["at"],
            note=read["note"],
            file=self.file,
            place=kwargs["row_number"] + 1,  # below the first line, which names the columns
        )
        try:
            outcome = add_line(line, user_id=self.user_id)
        except LineRefused as refused:
            raise ValidationError({"opted_out": str(refused)}) from None
        self.told[outcome] += 1
        if outcome in {Outcome.OUT, Outcome.IN}:
            self.changed.add((line.channel_id, line.address))

    def skip_row(self, *args: Any, **kwargs: Any) -> bool:
        return True  # the ledger's own service has written it

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        result.told = {one.value: self.told[one] for one in Outcome if self.told[one]}
        tell_whose_consent_changed(self.changed)

    def _number(self, written: Any, channel: Channel | None) -> str:
        text = str("" if written is None else written).strip()
        if text.startswith("#") and ConsentEntry.objects.filter(address=text).exists():
            return text  # that of somebody who was erased, as the export names it
        return phone.customer(text, region=channel.region if channel else phone.HOME)


def _moment(written: str) -> datetime:
    moment = moment_of(written)
    if moment > clock.now():
        raise ValueError(f"“{written}” is still to come.")
    return moment


def _note(written: str) -> str:
    longest = 200
    if len(written) > longest:
        raise ValueError(f"A note has {longest} characters at most.")
    return written
