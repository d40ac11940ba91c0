"""How the numbers do: what of their texts arrives, and why the rest does not (N2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q

from routing.enums import Author, MessageState
from routing.models import Channel, Message
from smsdesk.lib import phone

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

# What is looked at: long enough for a number of a small desk, short enough to show today's trouble.
WINDOW = timedelta(hours=24)
# Below this share of delivered texts a number wants a look; fewer texts than that prove nothing.
POOR_RATE = 0.9
FEWEST_TEXTS = 10
ON_THEIR_WAY = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT)


@dataclass(frozen=True)
class Reason:
    """Why texts failed: the carrier's code, our sentence for it, and how many."""

    code: str
    sentence: str
    count: int


@dataclass(frozen=True)
class NumberHealth:
    """A number over ``WINDOW``; ``pending`` are texts of which there is no last word yet."""

    channel: Channel
    received: int = 0
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    pending: int = 0
    last_inbound: datetime | None = None
    last_success: datetime | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def number(self) -> str:
        """As people read it."""
        return phone.display(self.channel.number)

    @property
    def ended(self) -> int:
        """How many texts have come to a known end."""
        return self.delivered + self.failed

    @property
    def rate(self) -> float | None:
        """The share of delivered texts among those whose end is known; None without any."""
        return self.delivered / self.ended if self.ended else None

    @property
    def percent(self) -> str:
        """The rate as people read it; not rounded up to 100 while a text failed."""
        return "" if self.rate is None else f"{int(self.rate * 100)} %"

    @property
    def is_poor(self) -> bool:
        return self.ended >= FEWEST_TEXTS and self.delivered / self.ended < POOR_RATE


def number_health(
    now: datetime, *, channel_ids: Collection[int] | None = None
) -> list[NumberHealth]:
    """Each number, or each of these, in the order of their names: three queries in all."""
    channels = Channel.objects.order_by("name", "pk")
    if channel_ids is not None:
        channels = channels.filter(pk__in=channel_ids)
    found = list(channels)
    texts = Message.objects.filter(
        channel__in=[channel.pk for channel in found], created_at__gt=now - WINDOW
    ).order_by()
    ours = ~Q(author=Author.CUSTOMER)
    rows = texts.values("channel").annotate(
        received=Count("pk", filter=~ours),
        delivered=Count("pk", filter=ours & Q(state=MessageState.DELIVERED)),
        failed=Count("pk", filter=ours & Q(state=MessageState.FAILED)),
        unknown=Count("pk", filter=ours & Q(state=MessageState.UNKNOWN)),
        pending=Count("pk", filter=ours & Q(state__in=ON_THEIR_WAY)),
        last_inbound=Max("created_at", filter=~ours),
        last_success=Max("delivered_at", filter=ours),
    )
    counted: dict[int, dict[str, Any]] = {row["channel"]: {**row} for row in rows}
    reasons: dict[int, list[Reason]] = defaultdict(list)
    failed = texts.filter(ours, state=MessageState.FAILED)
    by_reason = failed.values_list("channel", "error_code", "failure").annotate(times=Count("pk"))
    for pk, code, sentence, times in by_reason.order_by("-times", "error_code", "failure"):
        reasons[pk].append(Reason(code, sentence, times))
    return [
        NumberHealth(
            **(counted.get(channel.pk, {}) | {"channel": channel}),
            reasons=tuple(reasons[channel.pk]),
        )
        for channel in found
    ]
