"""What the audit trail has of one thing, for those who tell its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import Model, QuerySet


def entries_of(subject: Model) -> QuerySet[AuditEntry]:
    """Every entry about a row, oldest first."""
    entries = AuditEntry.objects.filter(
        subject_type=subject._meta.label_lower,  # noqa: SLF001 - Django's
        subject_id=str(subject.pk),
    )
    return entries.order_by("at", "pk")


def last_of(acts: Collection[str], *, since: datetime) -> AuditEntry | None:
    """The last of these acts that were about none of our rows."""
    # By the index of what entries are about.
    entries = AuditEntry.objects.filter(subject_type="", subject_id="", at__gt=since)
    return entries.filter(act__in=acts).order_by("-at", "-pk").first()
