"""What supervisors set of sending, and the desks that show it at once (A9, A10, A15, A21, A22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.selectors.agents import present_agents
from agents.services.audit import record_act
from agents.services.desks import touch_desks
from routing.enums import CHANNEL_MOVES, ChannelState
from routing.models import Channel, Destination, SmsSwitch
from routing.selectors.numbers import why_no_channel
from smsdesk.lib.acting import acting
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


class ChannelRefused(Exception):
    """The channel cannot become that. Says why; nothing was changed."""


def tell_desks() -> None:
    """Let every open desk look again whether it may send: call it last in a transaction."""
    touch_desks(present_agents())


@transaction.atomic
def switch_sms(*, on: bool, reason: str, user_id: int, now: datetime) -> None:
    """Switch SMS on or off for the whole company; the ``reason`` is said to agents while it is off.

    What waits in the outbox is looked at again before it is handed over: off means off.
    """
    switch = SmsSwitch.objects.get()
    switch.sms_on, switch.reason = on, reason
    switch.changed_at, switch.changed_by_id = now, user_id
    switch.save()
    tell_desks()


@transaction.atomic
def move_channel(*, channel_id: int, to: ChannelState, now: datetime) -> None:
    """Move a channel's number to another state. Raises ChannelRefused."""
    channel = Channel.objects.get(pk=channel_id)
    was = ChannelState(channel.state)
    if to == ChannelState.ACTIVE:
        wrong = why_no_channel(
            country=channel.country, number_type=channel.number_type, used_for=channel.used_for
        )
        if wrong:
            raise ChannelRefused(f"{channel.name} was not activated. {' '.join(wrong.values())}")
    try:
        move(Channel, channel_id, table=CHANNEL_MOVES, to=to)
    except StaleState:
        raise ChannelRefused(
            f"{channel.name} is {was.label}, so it cannot become {to.label}."
        ) from None
    by = acting()
    record_act(
        actor=by.user if by else None,
        act="changed",
        subject=channel,
        before={"state": was.label},
        after={"state": to.label},
        now=now,
    )
    tell_desks()


@transaction.atomic
def allow_destinations(*, destination_ids: Collection[int], allowed: bool) -> None:
    """Let these countries be texted, or let nobody text them."""
    for destination in Destination.objects.filter(pk__in=destination_ids).exclude(allowed=allowed):
        destination.allowed = allowed
        destination.save(update_fields=["allowed"])
    tell_desks()
