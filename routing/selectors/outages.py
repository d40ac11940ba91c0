"""Which accounts take no texts at present, and what waits for them (N18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from routing.enums import MessageState
from routing.models import Message, Outage

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


class Incident(NamedTuple):
    """An account that takes no texts since ``began_at``; ``what`` says why, in a sentence."""

    account_id: int
    account: str
    began_at: datetime
    what: str
    waiting: int


def outages_now() -> list[Incident]:
    """The outages that go on, the longest first, and how many texts wait for each to end."""
    waiting = (
        Message.objects.filter(state=MessageState.QUEUED, channel__account=OuterRef("account"))
        .order_by()
        .values("channel__account")
        .annotate(many=Count("pk"))
        .values("many")
    )
    rows = (
        Outage.objects.filter(ended_at=None, paused_until__isnull=False)
        .annotate(waiting=Coalesce(Subquery(waiting, output_field=IntegerField()), 0))
        .order_by("began_at", "pk")
    )
    fields = ("account_id", "account__name", "began_at", "what", "waiting")
    return [Incident(*row) for row in rows.values_list(*fields)]


def accounts_paused(now: datetime) -> QuerySet[Outage, int]:
    """The accounts to which nothing is to be sent yet, as a subquery."""
    paused = Outage.objects.filter(ended_at=None, paused_until__gt=now)
    return paused.values_list("account", flat=True)
