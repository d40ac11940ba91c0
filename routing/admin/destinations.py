"""The price list, and which countries may be texted at all (A9, N3)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.widgets import Widget
from unfold.contrib.import_export.forms import ExportForm

from routing.admin.csv_files import CsvImportForm, CsvResource, YesNoWidget
from routing.admin.rows import TellsDesks
from routing.forms import CountryForm
from routing.models import Destination
from routing.services.sending import allow_destinations, tell_desks
from smsdesk.lib.countries import country_choices, country_name

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
COLUMNS = ("country", "price_per_part", "allowed", "reason")


class PriceWidget(Widget):
    def clean(self, value: object, row: Any = None, **kwargs: Any) -> Decimal:
        price = str(value).strip()
        if not PRICE.fullmatch(price):
            raise ValueError(f"“{value}” is no price. Write it as 0.0083.")
        return Decimal(price)


class DestinationResource(CsvResource):
    """One line a country. Countries that the file does not name stay as they are."""

    price_per_part = Field("price_per_part", "price_per_part", widget=PriceWidget())
    allowed = Field("allowed", "allowed", widget=YesNoWidget())

    class Meta:
        model = Destination
        fields = export_order = COLUMNS
        import_id_fields = ("country",)
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.named: set[str] = set()

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        country = row["country"] = str(row["country"] or "").strip()
        if country.isascii():  # else upper() would make an I of a dotless one
            country = row["country"] = country.upper()
        if country not in dict(country_choices()):
            raise ValidationError(
                {"country": f"“{country}” is no country's two letters, such as US."}
            )
        if country in self.named:
            raise ValidationError({"country": f"The file names {country_name(country)} twice."})
        self.named.add(country)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        tell_desks()


class DestinationImportForm(CsvImportForm):
    columns = COLUMNS


@admin.register(Destination)
class DestinationAdmin(TellsDesks, ImportExportModelAdmin):
    form = CountryForm
    list_display = ("where", "price_per_part", "allowed", "reason")
    list_display_links = ("where",)
    list_filter = ("allowed",)
    search_fields = ("country", "reason")
    search_help_text = "By the country's two letters, or by the reason."
    ordering = ("country",)
    actions = ("allow", "forbid")
    fieldsets = (
        ("Price", {"fields": ("country", "price_per_part")}),
        ("May it be texted?", {"fields": ("allowed", "reason")}),
    )
    resource_classes = (DestinationResource,)
    formats = (CSV,)
    import_form_class = DestinationImportForm
    export_form_class = ExportForm
    # In one step and one transaction: no file has to wait on the disk of one of several machines.
    skip_import_confirm = True

    @admin.display(description="country", ordering="country")
    def where(self, destination: Destination) -> str:
        return country_name(destination.country)

    @admin.action(description="Allow texts to the selected countries", permissions=["change"])
    def allow(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        self._allow(request, queryset, allowed=True)

    @admin.action(description="Forbid texts to the selected countries", permissions=["change"])
    def forbid(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        self._allow(request, queryset, allowed=False)

    def _allow(
        self, request: HttpRequest, queryset: QuerySet[Destination], *, allowed: bool
    ) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        allow_destinations(destination_ids=ids, allowed=allowed)
        words = "may be texted now" if allowed else "cannot be texted any more"
        countries = "1 country" if len(ids) == 1 else f"{len(ids)} countries"
        self.message_user(request, f"{countries} {words}.", messages.SUCCESS)
