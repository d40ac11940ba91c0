"""A long text that its carrier brings piece by piece becomes one text (F14).

Pieces come in any order, repeated, and sometimes not at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from routing.carriers.base import InboundText, WebRequest, carrier
from routing.models import TextPart
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import CarrierAccount, CarrierRequest

    Piece = tuple[TextPart, InboundText]
    Whole = tuple[InboundText, CarrierRequest]

# The pieces of a text follow one another in seconds; a customer is not kept waiting much longer.
LONGEST_WAIT = timedelta(minutes=2)
MOST_PARTS = 255  # one byte counts them
LOST = "[Part {number} of this text did not arrive.]"


class PartRepeated(Exception):
    """The piece is in a text already."""


def is_part(text: InboundText) -> bool:
    """Whether the text is one of several pieces that can be put together."""
    return text.part is not None and 1 <= text.part.number <= text.part.total <= MOST_PARTS


def add_part(
    text: InboundText, *, request: CarrierRequest, account: CarrierAccount, now: datetime
) -> Whole | None:
    """Keep a piece. Returns the whole text with its last piece, else None; see ``is_part``.

    Raises PartRepeated. In the caller's transaction.
    """
    assert text.part is not None
    name = _name(text)
    lock_until_commit("parts", account.pk, name)
    part, _ = TextPart.objects.get_or_create(
        account=account,
        carrier_message_id=text.carrier_message_id,
        defaults={
            "request": request,
            "text": name,
            "number": text.part.number,
            "due_at": now + LONGEST_WAIT,
        },
    )
    if part.due_at is None or part.request_id != request.pk:
        raise PartRepeated
    pieces = _pieces(account, name)
    return _whole(pieces, text.part.total) if len(pieces) == text.part.total else None


def give_up_waiting(*, part_id: int, now: datetime) -> Whole | None:
    """The text of a piece that waited long enough, in which is said what lacks.

    None where it is whole meanwhile. In the caller's transaction.
    """
    part = TextPart.objects.select_related("account").get(pk=part_id)
    lock_until_commit("parts", part.account_id, part.text)
    if not TextPart.objects.filter(pk=part_id, due_at__lte=now).exists():
        return None
    pieces = _pieces(part.account, part.text)
    if not pieces:
        return None
    [some, *_] = pieces.values()
    assert some[1].part is not None
    return _whole(pieces, some[1].part.total)


def _name(text: InboundText) -> str:
    assert text.part is not None
    names = (text.sender, text.recipient, text.part.reference, str(text.part.total))
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def _pieces(account: CarrierAccount, name: str) -> dict[int, Piece]:
    """The pieces that wait, by their number, each as its request tells it."""
    waiting = TextPart.objects.filter(account=account, text=name, due_at__isnull=False)
    pieces: dict[int, Piece] = {}
    for part in waiting.select_related("request__account").order_by("pk"):
        for news in carrier(account.carrier).read(WebRequest.stored(part.request)):
            if isinstance(news, InboundText) and news.carrier_message_id == part.carrier_message_id:
                pieces.setdefault(part.number, (part, news))
    return pieces


def _whole(pieces: dict[int, Piece], total: int) -> Whole:
    """The text of these pieces, and the request that came first."""
    parts = [part for part, _ in pieces.values()]
    TextPart.objects.filter(pk__in=[part.pk for part in parts]).update(due_at=None)
    texts = {number: text for number, (_, text) in pieces.items()}
    body = "".join(
        texts[number].body if number in texts else LOST.format(number=number)
        for number in range(1, total + 1)
    )
    whole = replace(
        texts[min(texts)],
        body=body,
        part=None,
        repaired=any(text.repaired for text in texts.values()),
    )
    return whole, min(parts, key=lambda part: part.request.received_at).request
