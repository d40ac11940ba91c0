"""What is held of a person who is known by numbers and conversations (N19)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from django.db.models import F, Func, IntegerField, Q, Value

from routing.enums import InteractionState, MessageState, RequestState
from routing.models import CarrierRequest, Interaction, Message
from smsdesk.lib import phone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ON_THEIR_WAY = [MessageState.QUEUED, MessageState.SENDING]


def requests_of(*, numbers: Collection[str], interaction_ids: Collection[int]) -> list[int]:
    """The carriers' requests that hold a text or receipt of these: all are read for it."""
    of_these = Q(messages__interaction__in=interaction_ids) | Q(
        receipts__message__interaction__in=interaction_ids
    )
    tied = CarrierRequest.objects.filter(of_these).values_list("pk", flat=True)
    return sorted({*tied, *_requests_with(numbers)})


def _requests_with(numbers: Collection[str]) -> Iterator[int]:
    """Those that name one of the numbers, handled or not: parked, blocked, in quarantine."""
    for number in numbers:
        digits = number.lstrip("+")
        found_at = Func(
            Value(digits.encode()),
            F("body"),
            function="position",
            arg_joiner=" IN ",
            output_field=IntegerField(),
        )
        rows = CarrierRequest.objects.annotate(found_at=found_at)
        rows = rows.filter(Q(found_at__gt=0) | Q(url__contains=digits)).order_by("pk")
        for pk, url, body in rows.values_list("pk", "url", "body").iterator(chunk_size=500):
            pairs = parse_qsl(bytes(body).decode("utf-8", "replace"))
            pairs += parse_qsl(urlsplit(url).query)
            is_a_text = {"From", "To"} & dict(pairs).keys()
            named = {_spelled(value) for name, value in pairs if name != "Body"}
            if not is_a_text or number in named:  # whatever it is, the digits are in it
                yield pk


def _spelled(value: str) -> str:
    try:
        return phone.normalise(value)
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
