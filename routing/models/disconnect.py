from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Disconnect(models.Model):
    """A forced disconnect: ends what agents have, one conversation after the other (H14).

    The row is the work: whoever finds it due goes on with it, until nothing is left to end.
    """

    # None: of every queue.
    queue = models.ForeignKey("routing.Queue", models.CASCADE, null=True, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    by = models.CharField(max_length=150)
    # Conversations that began later are left alone.
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    ended = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            # the sweep
            models.Index(
                name="disconnect_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"Forced disconnect of {self.queue or 'all queues'} by {self.by}"
