from __future__ import annotations

from django.db import models
from django.db.models import Q


class Outage(models.Model):
    """A carrier's account that takes no texts, from its first failure until it took one (N18).

    While ``paused_until`` is empty it is but suspected: too few sends failed so far.
    """

    account = models.ForeignKey("routing.CarrierAccount", models.CASCADE, related_name="outages")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=1)
    what = models.TextField(help_text="What the last of them was, in a sentence.")
    # Until when nothing is sent; one text tries it then.
    paused_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_outage_at_a_time", fields=["account"], condition=Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} since {self.began_at:%Y-%m-%d %H:%M}"
