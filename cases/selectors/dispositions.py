"""The dispositions a queue offers."""

from __future__ import annotations

from django.db.models import Q

from cases.models import Disposition


def dispositions_of(queue_id: int) -> list[Disposition]:
    """Active dispositions for this queue and for every queue, in the supervisors' order (H3)."""
    here = Q(queues=queue_id) | Q(queues__isnull=True)
    offered = Disposition.objects.filter(here, active=True).distinct()
    return list(offered.order_by("position", "name"))
