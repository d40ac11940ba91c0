"""Until when a text that nobody asked for waits: quiet hours where the customer is (N17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from routing.enums import Author
from routing.models import Message
from smsdesk.lib.localtime import zones_at, zones_of
from smsdesk.lib.quiet_hours import quiet_until

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from routing.models import Channel, Interaction


def put_off(interaction: Interaction, now: datetime) -> datetime | None:
    """When a text of this conversation may go, where it is quiet now and nobody asked for it.

    None where it may go now. Once the customer has written, what follows is an answer.
    """
    if interaction.channel.quiet_from is None or not is_unasked(interaction):
        return None
    address = interaction.customer_address
    return awake_from(channel=interaction.channel, addresses=[address], now=now).get(address)


def is_unasked(interaction: Interaction) -> bool:
    """Whether an agent or a campaign began this conversation, and the customer wrote nothing."""
    if interaction.is_announcement:
        return True
    written = Message.objects.filter(interaction=interaction, author=Author.CUSTOMER)
    return interaction.agent_initiated and not written.exists()


def awake_from(
    *, channel: Channel, addresses: Collection[str], now: datetime
) -> dict[str, datetime]:
    """Of these numbers those where it is quiet now, and when that is over.

    A number is in every time zone that it may be in; a postal address in one of these tells which,
    and another is one more. Of which nothing is known has the channel's.
    """
    if channel.quiet_from is None or channel.quiet_until is None:
        return {}
    postal = import_string(settings.POSTAL_ADDRESSES_HOOK)(addresses)
    until = {
        address: quiet_until(
            now,
            begins=channel.quiet_from,
            ends=channel.quiet_until,
            zones=_zones(channel, address, postal.get(address, [])),
        )
        for address in addresses
    }
    return {address: moment for address, moment in until.items() if moment}


def their_time(channel: Channel) -> str:
    """The time of day at which texts that were put off go, as the customer's clock shows it."""
    return f"{channel.quiet_until:%-H:%M} their time"


def _zones(channel: Channel, address: str, postal: Collection[str]) -> set[str]:
    of_number = set(zones_of(address))
    of_postal = {zone for text in postal for zone in zones_at(text)}
    known = of_postal if of_postal and of_postal <= of_number else of_postal | of_number
    return known or set(zones_of(channel.number)) or {settings.TIME_ZONE}
