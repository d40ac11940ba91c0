"""Channels, queues and what passed through them, for supervisors."""

from routing.admin import (
    blocked,
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
    "blocked",
    "carriers",
    "channels",
    "destinations",
    "history",
    "queues",
    "rules",
    "schedules",
    "sending",
]
