"""Channels, queues and what passed through them, for supervisors."""

from routing.admin import (
    agents,
    blocked,
    carriers,
    channels,
    consent,
    destinations,
    history,
    keywords,
    queues,
    reports,
    rules,
    schedules,
    sending,
)

__all__ = [
    "agents",
    "blocked",
    "carriers",
    "channels",
    "consent",
    "destinations",
    "history",
    "keywords",
    "queues",
    "reports",
    "rules",
    "schedules",
    "sending",
]
