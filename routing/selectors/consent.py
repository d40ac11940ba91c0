"""Who may be texted: the last line of the opt-out ledger decides (N1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from routing.models import Channel, ConsentEntry, Keyword
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def ledger_of(channel_id: int, address: str) -> QuerySet[ConsentEntry]:
    """The lines of this number pair, under each name of the number."""
    return ConsentEntry.objects.filter(channel_id=channel_id, address__in=spellings(address))


def opted_out(channel_id: int, address: str) -> ConsentEntry | None:
    """The line by which this number pair is opted out, the first where several say so; else None.

    It tells since when, and how we know.
    """
    lines = ledger_of(channel_id, address)
    last_in = lines.filter(opted_out=False).order_by("-pk").values("pk")[:1]
    since = lines.filter(opted_out=True, pk__gt=Coalesce(Subquery(last_in), 0))
    return since.select_related("agent").order_by("pk").first()


def own_keyword(channel_id: int, word: str) -> str:
    """What a word of the supervisors' own asks for over a channel; empty for any other word."""
    if not 0 < len(word) <= Keyword.LONGEST:
        return ""
    here = Keyword.objects.filter(Q(channel=None) | Q(channel=channel_id), word=word)
    return here.values_list("means", flat=True).first() or ""


@dataclass(frozen=True)
class Consent:
    """What the ledger says of a number over one channel, and since when."""

    channel: str
    opted_out: bool
    since: datetime


def consent_of(addresses: Collection[str]) -> dict[str, list[Consent]]:
    """For each number the channels over which it ever opted out or in; none for who never did.

    One query, however many there are.
    """
    spelled = {name: address for address in addresses for name in spellings(address)}
    lines = (
        # By its channels: the ledger's index begins with them.
        ConsentEntry.objects.filter(channel__in=Channel.objects.all(), address__in=spelled)
        .order_by("channel__name", "channel", "pk")
        .values_list("address", "channel__name", "channel", "opted_out", "at")
    )
    found: dict[str, dict[int, Consent]] = defaultdict(dict)
    for spelling, name, channel, opted_out, at in lines:
        consents = found[spelled[spelling]]
        before = consents.get(channel)
        if before is None or before.opted_out != opted_out:
            consents[channel] = Consent(name, opted_out, at)
    return {address: list(channels.values()) for address, channels in found.items()}


def last_word_on_consent() -> QuerySet[ConsentEntry, bool]:
    """Whether the pair of the outer query's conversation is opted out, for a subquery."""
    lines = ConsentEntry.objects.filter(
        channel=OuterRef("channel"), address=OuterRef("customer_address")
    )
    return lines.order_by("-pk").values_list("opted_out", flat=True)[:1]
