"""A text that nobody asked for: a conversation is begun and closed at once around it (I7, I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from routing.enums import InteractionState
from routing.models import Interaction
from routing.selectors.announcements import unreachable, why_nothing_is_announced
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


class NothingGoes(Exception):
    """No campaign can send anything over this channel now. Says why; nothing was written."""


def check_announcements(channel: Channel) -> None:
    """Raise NothingGoes where SMS is switched off, or the channel cannot send."""
    refused = why_nothing_is_announced(channel)
    if refused:
        raise NothingGoes(refused)


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
    opted out, may not be texted, is in an open conversation, or is one of our own; and NothingGoes
    where nobody can be texted now.
    """
    lock_number(channel=channel, address=address)
    check_announcements(channel)
    why = unreachable(channel=channel, addresses=[address]).get(address)
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
