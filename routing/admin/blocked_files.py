"""Blocked numbers from a CSV file: one line a number and channel (N19)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field

from routing.admin.csv_files import ChannelsOfFile, CsvResource, TriedImportForm, moment_of
from routing.models import BlockedNumber
from routing.services.sending import tell_desks
from smsdesk.lib import phone

COLUMNS = ("number", "channel", "reason", "until")


class BlockedImportForm(TriedImportForm):
    columns = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"].help_text += (
            " channel is its name or its number, or empty for every channel; until is a day or a"
            " moment in UTC, such as 2026-03-31 or 2026-03-31 14:05, or empty until somebody"
            " unblocks it. A number that is blocked there already takes the file's reason and end."
        )


class BlockedResource(CsvResource):
    """Numbers that the file does not name stay as they are."""

    number = Field("number", "number", readonly=True)
    channel = Field("channel__name", "channel", readonly=True)
    reason = Field("reason", "reason", readonly=True)
    until = Field("until", "until", readonly=True)

    class Meta:
        model = BlockedNumber
        fields = COLUMNS
        import_id_fields = ("number", "channel")
        skip_diff = True
        use_transactions = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.named: set[tuple[str, int | None]] = set()
        self.user_id = kwargs["user"].pk
        self.channels = ChannelsOfFile()

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Every cell of a line is looked at, and each that is wrong says so."""
        cells = {name: str("" if row[name] is None else row[name]).strip() for name in COLUMNS}
        wrong: dict[str, str] = {}
        channel, number = None, ""
        try:
            channel = self.channels.find(cells["channel"]) if cells["channel"] else None
        except ValueError as error:
            wrong["channel"] = str(error)
        try:
            number = phone.customer(
                cells["number"], region=channel.region if channel else phone.HOME
            )
        except ValueError as error:
            wrong["number"] = str(error)
        try:
            row["until"] = moment_of(cells["until"]) if cells["until"] else None
        except ValueError as error:
            wrong["until"] = str(error)
        if not 0 < len(cells["reason"]) <= BlockedNumber.LONGEST_REASON:
            wrong["reason"] = (
                f"A reason has 1 to {BlockedNumber.LONGEST_REASON} characters; agents read it."
            )
        pair = (number, channel.pk if channel else None)
        if not wrong and pair in self.named:
            wrong["number"] = f"The file names {phone.display(number)} twice for that channel."
        if wrong:
            raise ValidationError(wrong)
        self.named.add(pair)
        row["number"], row["channel"], row["reason"] = number, channel, cells["reason"]

    def get_instance(self, instance_loader: Any, row: Any) -> BlockedNumber | None:
        return BlockedNumber.objects.filter(number=row["number"], channel=row["channel"]).first()

    def before_save_instance(self, instance: BlockedNumber, row: Any, **kwargs: Any) -> None:
        instance.number, instance.channel = row["number"], row["channel"]
        instance.reason, instance.until = row["reason"], row["until"]

    def do_instance_save(self, instance: BlockedNumber, is_create: bool) -> None:
        """Also where somebody blocks the same number just now."""
        words = {"reason": instance.reason, "until": instance.until}
        saved, _ = BlockedNumber.objects.update_or_create(
            number=instance.number,
            channel=instance.channel,
            defaults=words,
            create_defaults=words | {"created_by_id": self.user_id},
        )
        instance.pk = saved.pk

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        totals = result.totals
        counts = {"blocked": totals["new"], "changed": totals["update"]}
        result.told = {word: many for word, many in counts.items() if many}
        tell_desks()
