"""A forced disconnect ends what agents have, and loses no transcript (H14).

Each conversation ends in a transaction of its own, with its log. A text that comes at that moment
is in the log, or begins a new conversation.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from agents.services.audit import record_act
from routing.enums import InteractionState
from routing.events import DisconnectForced
from routing.models import Disconnect, Interaction
from routing.services.interactions import end_for_supervisor, lock_interaction
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

WITH_AGENTS = (InteractionState.ACTIVE, InteractionState.PARKED)
BATCH = 50
# How long a batch has before the sweeper thinks that its process died.
PATIENCE = timedelta(seconds=30)


def affected(queue_id: int | None) -> QuerySet[Interaction]:
    """The conversations that a forced disconnect would end now; of all queues where None."""
    found = Interaction.objects.filter(state__in=WITH_AGENTS)
    return found if queue_id is None else found.filter(queue_id=queue_id)


@transaction.atomic
def force_disconnect(*, queue_id: int | None, actor: User, by: str, now: datetime) -> int:
    """Begin to end every conversation that agents have, of one queue or of all.

    What waits for an agent goes on waiting. Returns how many conversations are concerned.
    """
    count = affected(queue_id).count()
    job = Disconnect.objects.create(queue_id=queue_id, actor=actor, by=by, at=now, due_at=now)
    record_act(
        actor=actor,
        act="forced a disconnect of",
        subject=job.queue or "all queues",
        after={"conversations": count},
        now=now,
    )
    publish(DisconnectForced(job.pk))
    return count


def end_next(*, disconnect_id: int, now: datetime, most: int = BATCH) -> bool:
    """End the next few conversations of a forced disconnect. False where none is left.

    Safe to run in several processes, and again after one died.
    """
    job = Disconnect.objects.filter(pk=disconnect_id, due_at__isnull=False).first()
    if job is None:
        return False
    left = affected(job.queue_id).filter(initiated_at__lte=job.at).order_by("pk")
    ids = list(left.values_list("pk", flat=True)[:most])
    Disconnect.objects.filter(pk=job.pk).update(due_at=now + PATIENCE if ids else None)
    ended = 0
    for interaction_id in ids:
        try:
            ended += _end(job, interaction_id, now)
        except Exception:  # one row's trouble must not keep the others talking
            logger.exception("Could not disconnect conversation %s", interaction_id)
    if ended:  # where nothing could be ended, the sweeper tries again later
        Disconnect.objects.filter(pk=job.pk, due_at__isnull=False).update(due_at=now)
    return ended > 0


@transaction.atomic
def _end(job: Disconnect, interaction_id: int, now: datetime) -> bool:
    interaction = lock_interaction(interaction_id)
    moved_on = job.queue_id is not None and interaction.queue_id != job.queue_id
    if interaction.state not in WITH_AGENTS or moved_on:
        return True  # ended, or moved elsewhere, meanwhile
    end_for_supervisor(interaction, by=job.by, now=now)
    Disconnect.objects.filter(pk=job.pk).update(ended=F("ended") + 1)
    return True
