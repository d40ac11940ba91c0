from __future__ import annotations

from django.db import models

from routing.enums import ConsentSource


class ConsentEntry(models.Model):
    """One line of the opt-out ledger of a number pair; the last line decides (N1).

    Written once, never changed: it is the evidence.
    """

    channel = models.ForeignKey("routing.Channel", models.PROTECT, related_name="consent_entries")
    address = models.CharField(max_length=20)
    opted_out = models.BooleanField()
    source = models.CharField(max_length=8, choices=ConsentSource)
    at = models.DateTimeField()
    message = models.ForeignKey(
        "routing.Message", models.PROTECT, null=True, related_name="+", db_index=False
    )
    agent = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name_plural = "consent entries"
        indexes = [
            # may we text this number over this channel?
            models.Index(name="consent_of_pair", fields=["channel", "address", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.address} {'out' if self.opted_out else 'in'} {self.at:%Y-%m-%d %H:%M:%S}"
