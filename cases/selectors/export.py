"""Everything that is held of a person, as one archive for them: read little by little (N19).

In words a customer understands, and with nothing of anybody else.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db.models import CharField, ForeignKey
from django.utils.html import format_html, format_html_join

from cases.models import Case, Customer, CustomerPhone
from routing.models import CarrierRequest, Event, Receipt
from routing.selectors.held import speaks_of_others
from smsdesk.lib import phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.models import Field, Model, QuerySet

    from cases.selectors.person import Person

    Row = dict[str, Any]

AT_ONCE = 500
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "dl{display:grid;grid-template-columns:12rem 1fr;gap:.2rem 1rem;padding:1rem 0;margin:0;"
    "border-top:1px solid #ccc}dt{color:#555}dd{margin:0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
)
README = """What is held of {of}
As of {now}. All times are UTC.

data.html  to read: open it with any browser.
data.json  the same, for programs.

Both hold the person on file, their numbers, cases, chat logs, internal notes, conversations
with their life lines, texts with receipts, consent, texts of campaigns, blocks, and the raw
requests by which carriers brought and acknowledged texts. "our reference" is how one entry
names another: a text says of which conversation it is. What was empty is left out. Where a raw
request spoke of other people as well, its words are left out, and it says so; the person's own
text stands among the texts. Our backups hold older copies until they run out.

Keep this file as you would keep the letters in it.
"""
OTHERS_TOO = "Left out: it may speak of other people as well. The person’s own texts are above."
# Of the desk's own working, and nothing about a person.
HOUSEKEEPING = {
    "account", "asks_level", "attempts", "client_id", "due_at", "held_until",
    "inactivity_due_at", "message", "overflow_after", "overflow_due_at", "overflow_left", "price",
    "priority", "request", "response_due_at", "retry_of", "revision", "sticky_agent",
    "turn_at", "unanswered", "waits_since", "wrap_up_due_at",
}  # fmt: skip
TITLES = {
    "agent_initiated": "begun by us",
    "author": "written by",
    "body": "text",
    "carrier_message_id": "the carrier’s reference",
    "customer_address": "number",
    "id": "our reference",
    "initiated_at": "began",
    "interaction": "conversation",
    "accepted_at": "answered by a person from",
    "opened_at": "last read by an agent",
    "repaired": "some characters could not be read",
    "routing": "why it came to this queue",
}
# A row is named by its reference where it is in this file itself.
IN_THIS_FILE = {"interaction", "case", "customer"}
NUMBERS = {"address", "customer_address", "number", "phone"}


def sections_of(person: Person) -> Iterator[tuple[str, Iterator[Row]]]:
    """The rows, by what a reader calls them."""
    for title, queryset in _tables_of(person):
        yield title, rows(queryset)
    yield "carrier requests", request_rows(person)


def _tables_of(person: Person) -> Iterator[tuple[str, QuerySet[Any]]]:
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


def rows(queryset: QuerySet[Any]) -> Iterator[Row]:
    """Each row's filled columns, whichever there are: a new one is exported from its first day."""
    fields = [
        field
        for field in queryset.model._meta.concrete_fields  # noqa: SLF001 - Django's
        if field.name not in HOUSEKEEPING
    ]
    named = [
        field.name
        for field in fields
        if isinstance(field, ForeignKey) and field.name not in IN_THIS_FILE
    ]
    if named:
        queryset = queryset.select_related(*named)
    for row in queryset.order_by("pk").iterator(chunk_size=AT_ONCE):
        words = {_title(field): _in_words(row, field) for field in fields}
        yield {title: value for title, value in words.items() if value not in ("", None)}


def request_rows(person: Person) -> Iterator[Row]:
    """The raw requests; of their address what they said in it: the rest proves the carrier."""
    theirs = set(person.messages().values_list("carrier_message_id", flat=True)) - {""}
    requests = CarrierRequest.objects.filter(pk__in=person.requests).select_related("account")
    for request in requests.order_by("pk").iterator(chunk_size=AT_ONCE):
        of_others = speaks_of_others(request, numbers=person.numbers, message_ids=theirs)
        said = {"url": urlsplit(request.url).query, "text": _readable(request.body)}
        words = {
            "our reference": request.pk,
            "kind": request.get_kind_display(),
            "received": _readable(request.received_at),
            **({"text": OTHERS_TOO} if of_others else said),
            "what became of it": request.note,
        }
        yield {title: value for title, value in words.items() if value}


def _title(field: Field[Any, Any]) -> str:
    return TITLES.get(field.name, str(field.verbose_name))


def _in_words(row: Model, field: Field[Any, Any]) -> object:
    value = field.value_from_object(row)
    if isinstance(field, ForeignKey) and field.name not in IN_THIS_FILE:
        named = getattr(row, field.name)
        return "" if named is None else str(named)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    if field.name in NUMBERS and isinstance(field, CharField) and isinstance(value, str):
        return phone.display(value)
    return _readable(value)


def _readable(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bytes | memoryview):  # a request's body
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        said = {key.replace("_", " "): _readable(one) for key, one in value.items()}
        return "\n".join(f"{key}: {one}" for key, one in said.items() if one not in ("", None))
    if isinstance(value, list):
        return ", ".join(str(_readable(one)) for one in value)
    return value


def as_zip(person: Person, *, now: datetime) -> Iterator[bytes]:
    """The archive, piece by piece: what is told of it, to read, and for programs."""
    files: dict[str, Callable[[Person, datetime], Iterable[str]]] = {
        "README.txt": _readme,
        "data.html": _as_html,
        "data.json": _as_json,
    }
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, write in files.items():
            info = zipfile.ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in write(person, now):
                    file.write(piece.encode())
                    # Often nothing yet; but whoever sends some pieces at a time need not wait.
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """A file that cannot go back, of which is taken what was written."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)

    def take(self) -> bytes:
        written = bytes(self.written)
        self.written.clear()
        return written


def _called(person: Person) -> str:
    return person.called if person.customer else phone.display(person.called)


def _readme(person: Person, now: datetime) -> list[str]:
    return [README.format(of=_called(person), now=_readable(now))]


def _as_json(person: Person, now: datetime) -> Iterator[str]:
    yield f'{{"exported": {_json(_readable(now))}, "of": {_json(_called(person))}'
    for title, found in sections_of(person):
        yield f",\n{_json(title)}: ["
        for n, row in enumerate(found):
            yield f"{',' if n else ''}\n{_json(row)}"
        yield "]"
    yield "}\n"


def _json(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _as_html(person: Person, now: datetime) -> Iterator[str]:
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>{1}</style><h1>What is held of {0}</h1><p>As of {2}. All times are UTC.</p>"
    )
    yield format_html(head, _called(person), STYLE, _readable(now))
    for title, found in sections_of(person):
        yield format_html("<h2>{}</h2>", title.capitalize())
        empty = True
        for row in found:
            empty = False
            lines = format_html_join("", "<dt>{}</dt><dd>{}</dd>", row.items())
            yield format_html("<dl>{}</dl>", lines)
        if empty:
            yield "<p>None.</p>"
