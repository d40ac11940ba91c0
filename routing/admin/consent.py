"""The opt-out ledger: looked at, taken out, and added to by files, never changed (N1)."""

from __future__ import annotations

from django.contrib import admin
from import_export.admin import ImportExportModelAdmin
from unfold.contrib.import_export.forms import ExportForm

from routing.admin.consent_files import ConsentImportForm, ConsentResource
from routing.admin.csv_files import TriesFirst
from routing.models import ConsentEntry
from smsdesk.lib.admin import ReadOnly


@admin.register(ConsentEntry)
class ConsentEntryAdmin(ReadOnly, TriesFirst, ImportExportModelAdmin):
    """A line is its evidence; a later one may say otherwise."""

    list_display = ("address", "channel", "opted_out", "source", "at", "evidence", "note")
    list_filter = ("opted_out", "source", "channel")
    list_select_related = ("channel", "message", "agent", "user")
    search_fields = ("address",)
    ordering = ("-pk",)
    resource_classes = (ConsentResource,)
    import_form_class = ConsentImportForm
    export_form_class = ExportForm
    file_of = "opt-out ledger"
