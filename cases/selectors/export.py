"""Everything that is held of a person, as one file for them: read little by little (N19)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html, format_html_join

from cases.models import Case, Customer, CustomerPhone
from routing.models import CarrierRequest, Event, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from cases.selectors.person import Person

AT_ONCE = 500
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "dl{display:grid;grid-template-columns:12rem 1fr;gap:.2rem 1rem;padding:1rem 0;margin:0;"
    "border-top:1px solid #ccc}dt{color:#555}dd{margin:0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
)


def sections_of(person: Person) -> Iterator[tuple[str, QuerySet[Any]]]:
    """The rows, by what a reader calls them."""
    customers = Customer.objects.filter(pk=person.customer.pk if person.customer else 0)
    yield "customer", customers
    yield "phone numbers", CustomerPhone.objects.filter(customer__in=customers)
    yield "cases", Case.objects.filter(pk__in=person.cases)
    yield "chat logs", person.logs()
    yield "notes", person.notes()
    yield "conversations", person.conversations()
    yield "life lines", Event.objects.filter(interaction__in=person.interactions)
    yield "texts", person.messages()
    yield "receipts", Receipt.objects.filter(message__interaction__in=person.interactions)
    yield "consent", person.consent()
    yield "campaign texts", person.recipients()
    yield "blocks", person.blocks()
    yield "carrier requests", CarrierRequest.objects.filter(pk__in=person.requests)


def rows(queryset: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    """Each row's filled columns, whichever there are: a new one is exported from its first day."""
    for row in queryset.order_by("pk").iterator(chunk_size=AT_ONCE):
        yield _columns(row)


def _columns(row: Model) -> dict[str, Any]:
    values = {
        field.name: _readable(field.value_from_object(row))
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's
    }
    return {name: value for name, value in values.items() if value not in ("", None, {}, [])}


def _readable(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value


def as_json(person: Person, *, now: datetime) -> Iterator[str]:
    yield f'{{"exported at": {_json(now)}, "of": {_json(person.called)}'
    for title, queryset in sections_of(person):
        yield f",\n{_json(title)}: ["
        yield from _joined(rows(queryset))
        yield "]"
    yield "}\n"


def _joined(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for n, row in enumerate(found):
        yield f"{',' if n else ''}\n{_json(row)}"


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def as_html(person: Person, *, now: datetime) -> Iterator[str]:
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title>'
        "<style>{1}</style><h1>What is held of {0}</h1><p>As of {2} UTC.</p>"
    )
    yield format_html(head, person.called, STYLE, f"{now:%Y-%m-%d %H:%M}")
    for title, queryset in sections_of(person):
        yield format_html("<h2>{}</h2>", title.capitalize())
        empty = True
        for row in rows(queryset):
            empty = False
            pairs = ((name.replace("_", " "), value) for name, value in row.items())
            lines = format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
            yield format_html("<dl>{}</dl>", lines)
        if empty:
            yield "<p>None.</p>"
