"""Queues as supervisors set them; open desks show a change at once (B5, D2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from routing.events import MemberJoined
from routing.models import QueueMember
from routing.services.sending import tell_desks
from smsdesk.lib.events import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agents.models import Agent
    from routing.models import Queue


@transaction.atomic
def change_queues(
    *,
    queues: Sequence[Queue],
    fields: Mapping[str, Any],
    joining: Iterable[Agent],
    leaving: Iterable[Agent],
) -> None:
    """Give several queues the same values, and the same agents more or less.

    What waits in them is offered to who joined. What was offered or accepted stays with its agent.
    """
    for queue in queues:
        if fields:
            for name, value in fields.items():
                setattr(queue, name, value)
            queue.save(update_fields=list(fields))
        for agent in joining:
            QueueMember.objects.get_or_create(queue=queue, agent=agent)
        for member in QueueMember.objects.filter(queue=queue, agent__in=leaving):
            member.delete()  # one by one, for the audit trail
        publish(MemberJoined(queue.pk))
    tell_desks()
