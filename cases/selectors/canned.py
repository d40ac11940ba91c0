"""Canned replies, and their words with the variables filled in (N4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import Q

from cases.models import CannedReply
from cases.models.canned import IF_NOT_KNOWN, VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESSED = re.compile(r", *\{(customer|first_name)\}(?=[,.!?])")


def canned_replies(queue_id: int) -> list[CannedReply]:
    """The active replies for this queue and for every queue, by their shortcuts."""
    here = Q(queues=queue_id) | Q(queues__isnull=True)
    return list(CannedReply.objects.filter(here, active=True).distinct().order_by("shortcut"))


def filled(body: str, values: Mapping[str, str]) -> str:
    """``body`` with its variables' values; for one that is not known there are plain words.

    A customer who is only addressed in passing, between commas, is left out where not known. What
    stands in braces and is no variable loses its braces: a customer never sees any of ours.
    """
    body = ADDRESSED.sub(lambda found: found[0] if values.get(found[1]) else "", body)
    return VARIABLE.sub(
        lambda found: values.get(found[1]) or IF_NOT_KNOWN.get(found[1], found[1]), body
    )
