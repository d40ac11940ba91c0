"""Files go out piece by piece, each made when it is wanted."""

from __future__ import annotations

from django.test import AsyncRequestFactory, RequestFactory

from smsdesk.lib import streams
from smsdesk.lib.streams import attachment

FILE = {"name": "report.csv", "content_type": "text/csv"}


def counted_out(made: list[str]):
    for word in ("one,", "two,", "three"):
        made.append(word)
        yield word


def test_N14_a_file_is_made_while_it_goes_out():
    made: list[str] = []
    answer = attachment(RequestFactory().get("/"), counted_out(made), **FILE)
    pieces = iter(answer)

    assert made == []
    assert next(pieces) == b"one,"
    assert made == ["one,"]
    assert b"".join(pieces) == b"two,three"
    assert answer["Content-Disposition"] == 'attachment; filename="report.csv"'


async def test_N14_so_it_is_by_asgi_a_few_pieces_at_a_time(monkeypatch):
    monkeypatch.setattr(streams, "AT_ONCE", 2)
    made: list[str] = []
    answer = attachment(AsyncRequestFactory().get("/"), counted_out(made), **FILE)
    pieces = aiter(answer)

    assert answer.is_async
    assert await anext(pieces) == b"one,two,"
    assert made == ["one,", "two,"]
    assert [piece async for piece in pieces] == [b"three"]
