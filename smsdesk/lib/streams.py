"""Files of any size, handed out piece by piece as they are made."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, AnyStr

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http import HttpRequest, HttpResponse

AT_ONCE = 200


def attachment(
    request: HttpRequest, pieces: Iterator[AnyStr], *, name: str, content_type: str
) -> HttpResponse:
    """A file to be saved, of which no more is held in memory than a piece."""
    content = _awaited(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(  # type: ignore[return-value]  # as views are typed
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            # Django would compress each piece by itself, and browsers keep the first alone.
            "Content-Encoding": "identity",
        },
    )


async def _awaited(pieces: Iterator[AnyStr]) -> AsyncIterator[AnyStr]:
    """Some pieces at a time are read from the database, in the request's own thread."""
    while some := await sync_to_async(lambda: list(islice(pieces, AT_ONCE)))():
        yield some[0][:0].join(some)
