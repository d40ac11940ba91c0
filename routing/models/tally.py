from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """What one quarter of an hour added to the reports, of one queue, agent and channel (N14).

    Counted from events by ``services.tallies``, and counted anew whenever that quarter got another
    event. Quarters, for there are time zones whose hours and days begin at their :30 and :45. What
    the columns mean is written in ``selectors.measures``; times are in milliseconds.
    """

    quarter = models.DateTimeField(help_text="When it began.")
    queue = models.ForeignKey("routing.Queue", models.PROTECT, related_name="+", db_index=False)
    channel = models.ForeignKey("routing.Channel", models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+", db_index=False
    )

    conversations = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    offered = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    waits = models.PositiveIntegerField(default=0)
    wait_ms = models.BigIntegerField(default=0)
    first_responses = models.PositiveIntegerField(default=0)
    first_response_ms = models.BigIntegerField(default=0)
    sla_kept = models.PositiveIntegerField(default=0)
    sla_missed = models.PositiveIntegerField(default=0)
    handled = models.PositiveIntegerField(default=0)
    handle_ms = models.BigIntegerField(default=0)
    handed_on = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    timed_out = models.PositiveIntegerField(default=0)
    wrap_ups = models.PositiveIntegerField(default=0)
    wrap_up_ms = models.BigIntegerField(default=0)
    texts_in = models.PositiveIntegerField(default=0)
    texts_out = models.PositiveIntegerField(default=0)
    texts_automatic = models.PositiveIntegerField(default=0)
    texts_campaign = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    # How often each disposition was chosen.
    dispositions = models.JSONField(default=dict)

    class Meta:
        verbose_name = "report"
        constraints = [
            models.UniqueConstraint(
                name="one_tally_per_quarter_queue_channel_and_agent",
                fields=["quarter", "queue", "channel", "agent"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M}"


class TallyDue(models.Model):
    """A quarter that is to be counted anew, for it got an event.

    Written by a trigger in the event's own transaction: an event that commits late, whatever its
    time, brings its mark with it, which no watermark of ids or times could promise.
    """

    quarter = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M}"


class TallyHorizon(models.Model):
    """Until when what was counted stays as it is, for life lines of then were deleted (N14, N19).

    At most one row; none where no life line was ever deleted.
    """

    before = models.DateTimeField(help_text="The first quarter that may be counted anew.")

    def __str__(self) -> str:
        return f"{self.before:%Y-%m-%d %H:%M}"
