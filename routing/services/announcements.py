"""A text that nobody asked for: a conversation is begun and closed at once around it (I7, I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from routing.enums import InteractionState
from routing.models import Interaction
from routing.selectors.announcements import unreachable
from routing.services.outbound import queue_announcement
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from datetime import datetime

    from routing.enums import Unreachable
    from routing.models import Channel, Message


class NotReachable(Exception):
    """The number must not be texted now; ``why`` says the reason. Nothing was written."""

    def __init__(self, why: Unreachable) -> None:
        super().__init__(why.label)
        self.why = why


def lock_number(*, channel: Channel, address: str) -> None:
    """Let nobody begin a conversation with this number over this channel before the commit.

    For a caller that locks rows before it announces: this lock comes first.
    """
    lock_until_commit("thread", channel.pk, address)


@transaction.atomic
def announce(*, channel: Channel, address: str, body: str, campaign: str, now: datetime) -> Message:
    """Queue a campaign's text to a number that nobody talks with. Returns the queued message.

    It stands in a conversation of its own, closed from the start and nobody's: it takes no place,
    and a reply is an ordinary text that begins another one. Raises NotReachable where the number
    opted out, is in an open conversation, or is one of our own.
    """
    lock_number(channel=channel, address=address)
    why = unreachable(channel_id=channel.pk, addresses=[address]).get(address)
    if why:
        raise NotReachable(why)
    interaction = Interaction.objects.create(
        channel=channel,
        customer_address=address,
        queue=channel.queue,
        priority=channel.queue.priority,
        state=InteractionState.CLOSED,
        initiated_at=now,
        queued_at=now,
        ended_at=now,
        closed_at=now,
    )
    return queue_announcement(interaction=interaction, body=body, campaign=campaign, now=now)
