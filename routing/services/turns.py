"""A number sends no faster than its carrier lets it: each text takes its turn (N18)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from routing.enums import MessageState
from routing.events import TurnGiven
from routing.models import Channel, Message
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def take_turn(*, message: Message, now: datetime) -> bool:
    """Whether the text's turn is now; else it is put off until the turn it was given, once.

    The channel's row is the limiter, locked alone for as long as this takes. First come, first
    served: a turn is kept until the text is sent, whatever process looks at it next.
    """
    if message.has_turn or message.channel.parts_per_second is None:
        return True
    channel = Channel.objects.select_for_update(no_key=True).get(pk=message.channel_id)
    turn = max(now, channel.free_at or now)
    given = Message.objects.filter(
        pk=message.pk, state=MessageState.QUEUED, due_at__lte=now, has_turn=False
    ).update(has_turn=True, due_at=turn)
    if not given:  # another process was quicker
        return False
    busy = timedelta(seconds=message.parts / (channel.parts_per_second or message.parts))
    Channel.objects.filter(pk=channel.pk).update(free_at=turn + busy)
    if turn > now:
        publish(TurnGiven(message.pk, turn))
    return turn <= now
