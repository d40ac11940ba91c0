from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One change of the configuration, or one act of a supervisor (N20).

    Written in words, which stay readable whatever becomes of the rows they are about. PostgreSQL
    refuses to change or delete an entry; see the migration, and ``prune_audit``.
    """

    at = models.DateTimeField("when")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="who",
    )
    actor_name = models.CharField(
        "person", max_length=150, help_text="The username at that time; empty: the desk itself."
    )
    act = models.CharField(max_length=60, help_text="What was done, such as “changed”.")
    subject_type = models.CharField(max_length=100, help_text="Such as “routing.queue”.")
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField("what", max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            # the list, newest first
            models.Index(name="audit_newest", fields=["-at", "-id"]),
            # everything about one thing
            models.Index(name="audit_of_subject", fields=["subject_type", "subject_id", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or 'The desk'} {self.act} {self.subject_label}"
