"""The one door to the channel layer: tells open desks to look at the database again.

A nudge carries no state. The consumer that hears it reads the desk from PostgreSQL, so a lost,
late or doubled nudge does no harm. Published straight to Redis from one kept connection, in the
format of ``RedisPubSubChannelLayer``: ``async_to_sync(group_send)`` would make an event loop and
a connection for every call.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings

from smsdesk.lib.doorbell import doorbell

if TYPE_CHECKING:
    from collections.abc import Iterable

DEADLINE_SECONDS = 0.5


def group_name(agent_id: int) -> str:
    """The channel-layer group that an agent's sockets join."""
    return f"desk.{agent_id}"


def nudge(agent_ids: Iterable[int]) -> None:
    """Ask every open desk of these agents to show the database's present state."""
    for agent_id in agent_ids:
        doorbell.ring(("nudge", agent_id), partial(_publish, agent_id))


def _publish(agent_id: int) -> None:
    layer: Any = get_channel_layer()
    payload = layer.serialize({"type": "desk.changed"})
    _client(settings.REDIS_URL).publish(channel_of(agent_id), payload)


@cache
def channel_of(agent_id: int) -> str:
    """The Redis channel on which the nudges for an agent's desks go."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    return f"{prefix}__group__{group_name(agent_id)}"


@cache
def _client(url: str) -> redis.Redis:
    """The process's one client, with short time-outs: a late nudge is worth nothing."""
    return redis.Redis.from_url(
        url, socket_timeout=DEADLINE_SECONDS, socket_connect_timeout=DEADLINE_SECONDS
    )
