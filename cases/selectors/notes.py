"""Internal notes, and where an agent is named in one (N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from cases.models import Mention, Note

if TYPE_CHECKING:
    from django.db.models import QuerySet

MENTIONS_SHOWN = 20


def notes_of(interaction_id: int) -> QuerySet[Note]:
    """A conversation's notes, with who wrote them and whom they name."""
    return _read().filter(interaction_id=interaction_id)


def notes_of_case(case_id: int) -> QuerySet[Note]:
    """A case's notes, those of its conversations among them, oldest first."""
    return _read().filter(case_id=case_id).order_by("created_at", "pk")


def with_unseen(agents: QuerySet[Any]) -> QuerySet[Any]:
    """With ``unseen``: where each is named and has not looked; a hundred are enough to know."""
    unseen = Mention.objects.filter(agent=OuterRef("pk"), seen_at__isnull=True).values("pk")
    told: QuerySet[Any] = agents.annotate(unseen=ArraySubquery(unseen[:100]))
    return told


def mentions_of(agent_id: int) -> list[Mention]:
    """Where the agent is named and has not looked, newest first."""
    unseen = Mention.objects.filter(agent_id=agent_id, seen_at__isnull=True)
    return list(_placed(unseen).order_by("-pk")[:MENTIONS_SHOWN])


def mention_for_agent(*, mention_id: int, agent_id: int) -> Mention | None:
    """The mention, seen or not, if it names this agent."""
    return _placed(Mention.objects.filter(pk=mention_id, agent_id=agent_id)).first()


def _read() -> QuerySet[Note]:
    return Note.objects.select_related("agent").prefetch_related("mentioned__user")


def _placed(mentions: QuerySet[Mention]) -> QuerySet[Mention]:
    return mentions.select_related(
        "note__agent", "note__interaction", "note__case__customer"
    ).prefetch_related("note__mentioned__user")
