from __future__ import annotations

from django.db import models

from agents.enums import StatusKind, StatusReason


class StatusCode(models.Model):
    """One entry of the agents' status menu. Available and On Break always exist."""

    name = models.CharField(
        max_length=40, unique=True, help_text="As agents choose it, such as Lunch or Training."
    )
    kind = models.CharField(
        max_length=12,
        choices=StatusKind,
        default=StatusKind.AWAY,
        help_text="Whether agents in this status are offered texts.",
    )
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Place in the menu: the lowest stands first."
    )
    in_menu = models.BooleanField(
        "in the menu",
        default=True,
        help_text="Off: no agent can choose it any more; who is in it stays until they choose"
        " another. Past times keep it.",
    )
    built_in = models.BooleanField(default=False, editable=False)

    def __str__(self) -> str:
        return self.name


class StatusPeriod(models.Model):
    """An agent's time in one status: ``[started_at, ended_at)``, open while it lasts."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="status_periods")
    status = models.ForeignKey(StatusCode, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=12, choices=StatusReason)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_status_period_per_agent",
                fields=["agent"],
                condition=models.Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.status_id} from {self.started_at:%Y-%m-%d %H:%M:%S}"
