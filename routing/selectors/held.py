"""What is held of a person who is known by numbers and conversations (N19)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, Q, TextField

from routing.carriers.base import InboundText, News, Unreadable, WebRequest, carrier
from routing.enums import InteractionState, MessageState, RequestState
from routing.models import CarrierRequest, Interaction, Message, TextPart
from smsdesk.lib import phone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

DIGITS: ArrayField[list[str], list[str]] = ArrayField(TextField())
FEWEST_DIGITS = 4  # of the migration that makes the index, as are the eight of a tail
ONE_TEXT = timedelta(hours=1)  # longer than its pieces are waited for
ON_THEIR_WAY = [MessageState.QUEUED, MessageState.SENDING]


def requests_of(*, numbers: Collection[str], interaction_ids: Collection[int]) -> list[int]:
    """The carriers' requests that hold a text or receipt of these, or name one of the numbers.

    Handled or not: parked, blocked and in quarantine as well. A text of somebody else that merely
    speaks of a number is somebody else's.
    """
    of_these = Q(messages__interaction__in=interaction_ids) | Q(
        receipts__message__interaction__in=interaction_ids
    )
    tied = set(CarrierRequest.objects.filter(of_these).values_list("pk", flat=True))
    named = [row.pk for row in _requests_with(numbers) if _names_one_of(row, numbers)]
    return sorted({*tied, *_other_pieces(tied), *named})


def _other_pieces(request_ids: Collection[int]) -> Iterator[int]:
    """What brought the rest of a text of which one of these brought a piece.

    Phones count their long texts to 255 and begin again, so only what came at the same time counts.
    """
    columns = "text", "request", "request__received_at"
    first = TextPart.objects.filter(request__in=request_ids).values_list(*columns)
    came = {text: [at for name, _, at in first if name == text] for text, _, _ in first}
    for text, pk, at in TextPart.objects.filter(text__in=came).values_list(*columns):
        if any(abs(at - when) <= ONE_TEXT for when in came[text]):
            yield pk


def _requests_with(numbers: Collection[str]) -> Iterator[CarrierRequest]:
    """Those in which the digits of one of these stand, by the index ``request_digits``.

    It has nothing of what waits to be handled, which is little, and none of fewer digits; where one
    of these is a sender's name, all are read.
    """
    digits = Func(F("body"), F("url"), function="routing_digits_of", output_field=DIGITS)
    rows = CarrierRequest.objects.annotate(digits=digits).select_related("account").order_by("pk")
    tails = [_tail(number) for number in numbers]
    if all(len(tail) >= FEWEST_DIGITS for tail in tails):
        rows = rows.filter(digits__overlap=tails)
    waits = Q(state=RequestState.STORED)
    yield from rows.exclude(waits).iterator(chunk_size=500)
    yield from rows.filter(waits).iterator(chunk_size=500)


def _names_one_of(request: CarrierRequest, numbers: Collection[str]) -> bool:
    """Whether it is a text from or to one of these; or no text at all, and says one of them."""
    texts = _texts_in(request)
    if texts:
        ends = [end for text in texts for end in (text.sender, text.recipient)]
        return any(number == _spelled(end, number) for number in numbers for end in ends)
    raw = f"{request.url} {bytes(request.body).decode('utf-8', 'replace')}"
    return any((_tail(number) or number) in raw for number in numbers)


def speaks_of_others(
    request: CarrierRequest, *, numbers: Collection[str], message_ids: Collection[str]
) -> bool:
    """Whether it may hold anything but texts of these numbers, and news of these texts of ours.

    ``message_ids``: the carrier's names of their texts. What cannot be read may hold anything.
    """
    news = _news_in(request)
    return not news or not all(_is_of(each, numbers, message_ids) for each in news)


def _is_of(news: News, numbers: Collection[str], message_ids: Collection[str]) -> bool:
    if news.carrier_message_id in message_ids:
        return not (isinstance(news, InboundText) and news.others)
    if not isinstance(news, InboundText) or news.others:
        return False
    return any(number == _spelled(news.sender, number) for number in numbers)


def _texts_in(request: CarrierRequest) -> list[InboundText]:
    return [each for each in _news_in(request) if isinstance(each, InboundText)]


def _news_in(request: CarrierRequest) -> list[News]:
    account = request.account
    if account is None or account.carrier not in settings.CARRIERS:
        return []
    with suppress(Unreadable):
        return list(carrier(account.carrier).read(WebRequest.stored(request)))
    return []


def _tail(number: str) -> str:
    """The digits that every spelling of a number ends with."""
    return re.sub(r"\D", "", number)[-8:]


def _spelled(value: str, number: str) -> str:
    """An end of a text as it would be stored, if it were this number."""
    try:
        return phone.customer(value, region=phone.region_of(number))
    except phone.NotANumber:
        return value


def why_not_settled(*, interaction_ids: Collection[int], request_ids: Collection[int]) -> str:
    """What of these is still under way, in a sentence; empty where nothing is."""
    open_ones = Interaction.objects.filter(pk__in=interaction_ids)
    still = open_ones.exclude(state=InteractionState.CLOSED).select_related("agent").first()
    if still is not None:
        who = f" with {still.agent.name}" if still.agent else ""
        return (
            f"A conversation{who} over {still.channel.name} is not closed yet: it"
            f" {still.get_state_display().removeprefix('is ')}. End it first, and come back then."
        )
    if Message.objects.filter(interaction__in=interaction_ids, state__in=ON_THEIR_WAY).exists():
        return "A text to this person is on its way. Try again in a few minutes."
    if CarrierRequest.objects.filter(pk__in=request_ids, state=RequestState.STORED).exists():
        return "A text of this person has just come in, and is being handled. Try again then."
    return ""
