"""The audit trail: who did what, when, and what it was before (N20). Nothing in it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from agents.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model


def record_act(
    *,
    actor: User | AnonymousUser | None,
    act: str,
    subject: Model | str,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Write down an act, in the transaction that does it: neither is there without the other.

    ``act`` is a verb in the past, such as "took over". ``before`` and ``after`` are by names as
    people read them, and hold words, numbers and lists of them; never a secret. A row with an
    ``audit_label`` is called that: nothing of customers stands in the trail, which is not erased.
    """
    person = actor if actor and actor.is_authenticated else None
    row = None if isinstance(subject, str) else subject
    return AuditEntry.objects.create(
        at=now,
        actor=person,
        actor_name=person.get_username() if person else "",
        act=act,
        subject_type=row._meta.label_lower if row else "",  # noqa: SLF001 - Django's
        subject_id=str(row.pk) if row else "",
        subject_label=(label or getattr(row, "audit_label", "") or str(subject))[:200],
        before=dict(before or {}),
        after=dict(after or {}),
    )


@transaction.atomic
def prune_audit(*, before: datetime, now: datetime, most: int) -> int:
    """Delete at most so many entries of the time ``before``, oldest first, and write that down.

    Returns how many they were. The one way past the trigger that refuses deleting: a setting of
    this transaction alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL smsdesk.audit_allows = 'DELETE'")
        oldest = AuditEntry.objects.filter(at__lt=before).order_by("at", "pk")[:most]
        deleted, _ = AuditEntry.objects.filter(pk__in=oldest.values("pk")).delete()
        cursor.execute("SET LOCAL smsdesk.audit_allows = ''")
    if deleted:
        record_act(
            actor=None,
            act="pruned",
            subject="audit trail",
            after={"entries": deleted, "older than": f"{before:%Y-%m-%d %H:%M} UTC"},
            now=now,
        )
    return deleted
