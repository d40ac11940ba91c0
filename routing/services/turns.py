"""A number sends no faster than its carrier lets it: each text takes its turn (N18)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Coalesce, Greatest

from routing.enums import Author
from routing.events import TurnGiven
from routing.models import Channel, Message
from routing.selectors.due import next_text
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def take_turn(*, message: Message, now: datetime) -> bool:
    """Whether the text may go now. A number of a given rate lets one go when it is free.

    A number of none is free always, but when its carrier said that it is too fast.

    The channel's row is the limiter, locked alone for as long as this takes; under it is chosen
    who goes next, so that whoever comes may still be before those who wait. Where it is another
    text's turn, its doorbell is rung; when one takes it, that of the next for the next turn.
    """
    if message.channel.parts_per_second is None:
        free_at = message.channel.free_at
        return free_at is None or free_at <= now
    channel = Channel.objects.select_for_update(no_key=True).get(pk=message.channel_id)
    if channel.free_at and channel.free_at > now:
        return False  # whoever took the last turn has set the doorbell of the next
    chosen = next_text(channel, now)
    if chosen is None:
        return False
    if chosen.pk != message.pk:
        publish(TurnGiven(chosen.pk, now))
        return False
    busy = timedelta(seconds=message.parts / (channel.parts_per_second or message.parts))
    channel.free_at = now + busy
    channel.agents_turns = channel.agents_turns + 1 if message.author == Author.AGENT else 0
    channel.save(update_fields=["free_at", "agents_turns"])
    Message.objects.filter(pk=message.pk).update(turn_at=now)
    follower = next_text(channel, now, besides=message.pk)
    if follower is not None:
        publish(TurnGiven(follower.pk, channel.free_at))
    return True


def slow_down(*, channel_id: int, until: datetime) -> None:
    """Let a number send nothing until then: its carrier said that it is too fast."""
    later = Greatest(Coalesce("free_at", until), until)
    Channel.objects.filter(pk=channel_id).update(free_at=later)
