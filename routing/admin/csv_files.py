"""What the pages have in common whose rows come and go as CSV files."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export.resources import ModelResource
from import_export.widgets import Widget
from unfold.contrib.import_export.forms import ImportForm

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


class CsvResource(ModelResource):
    """Rows that go out as no formulas, and come back as they were."""

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        cell = super().export_field(field, instance, **kwargs)
        return harmless(cell) if isinstance(cell, str) else cell

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        cells = {name: as_it_was(cell) for name, cell in row.items()}
        return super().import_row(cells, instance_loader, **kwargs)


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
        missing = [name for name in self.columns if name not in head.replace('"', "").split(",")]
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
