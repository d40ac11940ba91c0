"""Which numbers are blocked (N19)."""

from __future__ import annotations

from django.db.models import Q

from routing.models import BlockedNumber


def is_blocked(*, channel_id: int, address: str) -> bool:
    """Whether this number's texts over this channel reach nobody now."""
    there = Q(channel=None) | Q(channel=channel_id)
    return BlockedNumber.objects.in_force().filter(there, number=address).exists()
