"""Channels, queues and what passed through them, for supervisors."""

from routing.admin import (
    carriers,
    channels,
    destinations,
    history,
    queues,
    rules,
    schedules,
    sending,
)

__all__ = [
    "carriers",
    "channels",
    "destinations",
    "history",
    "queues",
    "rules",
    "schedules",
    "sending",
]
