"""Who may be texted: the last line of the opt-out ledger decides (N1)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import OuterRef, QuerySet

from routing.models import Channel, ConsentEntry
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from collections.abc import Collection


def opted_out(channel_id: int, address: str) -> ConsentEntry | None:
    """The line by which this number pair is opted out, the first where several say so; else None.

    It tells since when, and how we know.
    """
    lines = ConsentEntry.objects.filter(channel_id=channel_id, address__in=spellings(address))
    last_in = lines.filter(opted_out=False).order_by("-pk").values_list("pk", flat=True).first()
    return (
        lines.filter(opted_out=True, pk__gt=last_in or 0)
        .select_related("agent")
        .order_by("pk")
        .first()
    )


def channels_opted_out_of(addresses: Collection[str]) -> dict[str, list[str]]:
    """The names of the channels over which each number may not be texted; the others are left out.

    One query, however many there are.
    """
    spelled = {name: address for address in addresses for name in spellings(address)}
    last_words = (
        # By its channels: the ledger's index begins with them.
        ConsentEntry.objects.filter(channel__in=Channel.objects.all(), address__in=spelled)
        .order_by("address", "channel__name", "channel", "-pk")
        .distinct("address", "channel__name", "channel")
        .values_list("address", "channel__name", "opted_out")
    )
    found: dict[str, list[str]] = defaultdict(list)
    for address, channel, opted_out_of in last_words:
        if opted_out_of:
            found[spelled[address]].append(channel)
    return dict(found)


def last_word_on_consent() -> QuerySet[ConsentEntry, bool]:
    """Whether the pair of the outer query's conversation is opted out, for a subquery."""
    lines = ConsentEntry.objects.filter(
        channel=OuterRef("channel"), address=OuterRef("customer_address")
    )
    return lines.order_by("-pk").values_list("opted_out", flat=True)[:1]
