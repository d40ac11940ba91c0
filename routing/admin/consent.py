"""The opt-out ledger: looked at, taken out, and added to by files, never changed (N1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV
from unfold.contrib.import_export.forms import ExportForm

from agents.services.audit import record_act
from routing.admin.consent_files import ConsentImportForm, ConsentResource, in_words
from routing.models import ConsentEntry
from smsdesk.lib import clock
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@admin.register(ConsentEntry)
class ConsentEntryAdmin(ReadOnly, ImportExportModelAdmin):
    """A line is its evidence; a later one may say otherwise."""

    list_display = ("address", "channel", "opted_out", "source", "at", "evidence", "note")
    list_filter = ("opted_out", "source", "channel")
    list_select_related = ("channel", "message", "agent", "user")
    search_fields = ("address",)
    ordering = ("-pk",)
    resource_classes = (ConsentResource,)
    formats = (CSV,)
    import_form_class = ConsentImportForm
    export_form_class = ExportForm
    # In one step and one transaction: no file has to wait on the disk of one of several machines.
    skip_import_confirm = True
    # The trail has one entry for a file, which names no customer.
    skip_admin_log = True

    def process_dataset(
        self, dataset: Any, form: ConsentImportForm, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Write the lines, or only try them, as the form says."""
        result = ConsentResource().import_data(
            dataset,
            dry_run=form.cleaned_data["only_try"],
            rollback_on_validation_errors=True,
            file_name=kwargs["file_name"],
            user=request.user,
        )
        result.only_tried = form.cleaned_data["only_try"]
        result.file = kwargs["file_name"]
        return result

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        told = in_words(result.told)
        if result.only_tried:
            words = f"Nothing was written. This file would be: {told}."
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:routing_consententry_import"))
        record_act(
            actor=request.user,
            act="imported",
            subject="opt-out ledger",
            after={outcome.value: count for outcome, count in result.told.items()},
            now=clock.now(),
        )
        self.message_user(request, f"Written: {told}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:routing_consententry_changelist"))
