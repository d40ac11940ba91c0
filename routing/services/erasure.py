"""What routing holds of a person is erased; that it happened stays, in counts (N19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, Func, JSONField, Q, Value

from routing.enums import EventKind
from routing.models import (
    BlockedNumber,
    CarrierRequest,
    Channel,
    ConsentEntry,
    Event,
    Interaction,
    Message,
    TextPart,
)
from smsdesk.lib.locks import lock_until_commit
from smsdesk.lib.pseudonyms import keyed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

ERASED = "Erased."
# What is said in life lines, and not erased yet.
NOTED = Q(detail__has_key="note")
WHISPERED = Q(kind=EventKind.WHISPERED) & ~Q(detail__words=ERASED)
# Of a conversation itself.
WORDS_GONE = {"draft": "", "handover_note": "", "note": ""}


def lock_numbers(numbers: Collection[str]) -> None:
    """Let nobody begin a conversation with these before the commit. Before any row lock."""
    for channel_id in Channel.objects.order_by("pk").values_list("pk", flat=True):
        for number in sorted(numbers):
            lock_until_commit("thread", channel_id, number)


def erase_conversations(interaction_ids: Collection[int], *, names: Mapping[str, str]) -> None:
    """Erase words and numbers; keep times, states, parts, prices and who did what.

    ``names``: what stands for each number from now on.
    """
    of_these = {"interaction__in": interaction_ids}
    Message.objects.filter(**of_these).update(body=ERASED, failure="")
    forget_said(Event.objects.filter(**of_these))
    rows = Interaction.objects.filter(pk__in=interaction_ids)
    rows.update(**WORDS_GONE, revision=F("revision") + 1)
    forget_first_words(rows.filter(routing__has_key="first_word"))
    for number, name in names.items():
        rows.filter(customer_address=number).update(customer_address=name)


def forget_said(rows: QuerySet[Event]) -> None:
    """Keep that a colleague handed it on, or whispered, but not what they said."""
    rows.filter(NOTED).update(detail=_without("detail", "note"))
    rows.filter(WHISPERED).update(detail=_with("detail", {"words": ERASED}))


def forget_first_words(rows: QuerySet[Interaction]) -> None:
    """Keep which queue it came to, but not by which word."""
    rows.update(routing=_with("routing", {"first_word": "", "why": "erased"}))


def erase_requests(request_ids: Collection[int]) -> None:
    """Keep that a carrier asked, when, and what became of it; nothing of what it said."""
    TextPart.objects.filter(request__in=request_ids).delete()
    CarrierRequest.objects.filter(pk__in=request_ids).update(
        body=b"", headers={}, url="", note=ERASED
    )


def erase_numbers(numbers: Collection[str]) -> None:
    """Lift their blocks, and keep their opt-outs under names that nobody reads without a key."""
    BlockedNumber.objects.filter(number__in=numbers).delete()
    for number in numbers:
        ConsentEntry.objects.filter(address=number).update(address=keyed(number), note="", file="")


def _without(field: str, key: str) -> Func:
    return Func(F(field), Value(key), arg_joiner=" - ", template="%(expressions)s")


def _with(field: str, values: dict[str, Any]) -> Func:
    changes = Value(values, output_field=JSONField())
    return Func(
        F(field), changes, arg_joiner=" || ", template="%(expressions)s", output_field=JSONField()
    )
