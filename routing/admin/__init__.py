"""Channels, queues and what passed through them, for supervisors."""

from routing.admin import carriers, channels, history, queues, rules, schedules

__all__ = ["carriers", "channels", "history", "queues", "rules", "schedules"]
