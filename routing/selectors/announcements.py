"""Whom a text that nobody asked for may go to, and whom it may not (I7, I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max

from routing.enums import OPEN_STATES, Author, Unreachable
from routing.models import Channel, ConsentEntry, Interaction, Message
from routing.selectors.policy import (
    sending_rules,
    why_blocked,
    why_channel_is_shut,
    why_not_there,
    why_nothing_goes,
)
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def numbers_that_texted(channel_id: int, *, since: datetime) -> list[str]:
    """The numbers whose owners texted this channel, those who did last first."""
    texts = Message.objects.filter(
        channel=channel_id, author=Author.CUSTOMER, created_at__gte=since
    )
    latest = texts.values("interaction__customer_address").annotate(latest=Max("pk"))
    return list(latest.order_by("-latest").values_list("interaction__customer_address", flat=True))


def last_conversations(addresses: Collection[str]) -> dict[str, int]:
    """The last conversation with each number, over whatever channel; none for the unknown."""
    talked = Interaction.objects.filter(customer_address__in=addresses)
    latest = talked.values("customer_address").annotate(latest=Max("pk"))
    return dict(latest.values_list("customer_address", "latest"))


def why_nothing_is_announced(channel: Channel) -> str:
    """Why no campaign can text anybody over this channel now, in words; empty where one can."""
    rules = sending_rules()
    return why_nothing_goes(rules) or why_channel_is_shut(rules, channel)


def unreachable(*, channel: Channel, addresses: Collection[str]) -> dict[str, Unreachable]:
    """Those of the numbers that a campaign must not text over this channel now, each with why."""
    rules = sending_rules(numbers=addresses)
    forbidden = (a for a in addresses if why_not_there(rules, channel=channel, address=a))
    blocked = (a for a in addresses if why_blocked(rules, channel=channel, address=a))
    talking = Interaction.objects.filter(customer_address__in=addresses, state__in=OPEN_STATES)
    spelled = {name: address for address in addresses for name in spellings(address)}
    lines = ConsentEntry.objects.filter(channel=channel, address__in=spelled)
    last_lines = lines.order_by("address", "-pk").distinct("address")
    last_words = sorted(last_lines.values_list("pk", "address", "opted_out"))
    # Of several spellings the last line of all decides: it comes last here.
    out = {spelled[address]: opted_out for _, address, opted_out in last_words}
    ours = Channel.objects.filter(number__in=addresses)
    return {
        **dict.fromkeys(forbidden, Unreachable.FORBIDDEN),
        **dict.fromkeys(blocked, Unreachable.BLOCKED),
        **dict.fromkeys(talking.values_list("customer_address", flat=True), Unreachable.TALKING),
        **{address: Unreachable.OPTED_OUT for address, is_out in out.items() if is_out},
        **dict.fromkeys(ours.values_list("number", flat=True), Unreachable.OURS),
    }
