from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from routing.enums import OverflowDoes

MISSING = {
    OverflowDoes.MOVE: ("to_queue", "Choose the queue to which a text is moved."),
    OverflowDoes.RELAX: ("level", "Write the level that is enough from then on; 0 for no skill."),
    OverflowDoes.RAISE: ("raise_by", "Write by how much the priority is raised."),
}


class OverflowStep(models.Model):
    """What becomes of a text that nobody has taken for so long in this queue (N9)."""

    queue = models.ForeignKey("routing.Queue", models.CASCADE, related_name="overflow_steps")
    after_seconds = models.PositiveIntegerField(
        "after waiting (seconds)",
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 3600)],
        help_text="Since the text came to wait in this queue.",
    )
    does = models.CharField(
        "what happens",
        max_length=8,
        choices=OverflowDoes,
        help_text="One thing a step; what it needs stands in the fields behind it.",
    )
    to_queue = models.ForeignKey(
        "routing.Queue",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="overflow_steps_from",
        help_text="To move it. A text is never moved back to a queue that it was moved out of.",
    )
    level = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(4)],
        help_text="To relax the skill: the level that is enough from then on; 0: no skill.",
    )
    raise_by = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="To raise the priority: by so much.",
    )

    class Meta:
        ordering = ("after_seconds",)
        constraints = [
            models.UniqueConstraint(
                name="one_overflow_step_at_a_time",
                fields=["queue", "after_seconds"],
                violation_error_message="Two steps of a queue need different waiting times.",
            ),
            models.CheckConstraint(
                name="an_overflow_step_knows_what_to_do",
                condition=Q(does=OverflowDoes.MOVE, to_queue__isnull=False)
                | Q(does=OverflowDoes.RELAX, level__isnull=False)
                | Q(does=OverflowDoes.RAISE, raise_by__isnull=False),
            ),
            models.CheckConstraint(
                name="overflow_moves_to_another_queue",
                condition=Q(to_queue__isnull=True) | ~Q(to_queue=models.F("queue")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue}, after {self.after_seconds} s: {self.get_does_display()}"

    def clean(self) -> None:
        super().clean()
        if self.does not in MISSING:
            return
        field, sentence = MISSING[OverflowDoes(self.does)]
        if getattr(self, field) is None:
            raise ValidationError({field: sentence})
        if self.to_queue_id and self.to_queue_id == self.queue_id:
            raise ValidationError({"to_queue": "Choose another queue than this one."})
        if self.does == OverflowDoes.RELAX and not self.queue.skill_id:
            raise ValidationError({"does": "This queue asks for no skill; there is none to relax."})
        if self.does == OverflowDoes.RELAX and (self.level or 0) >= self.queue.minimum_level:
            raise ValidationError(
                {"level": f"The queue asks for level {self.queue.minimum_level}; write less."}
            )
