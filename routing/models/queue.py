from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

# Of a queue and of a rule; their sum is a conversation's.
PRIORITY_BOUNDS = [MinValueValidator(-1000), MaxValueValidator(1000)]


class Skill(models.Model):
    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class AgentSkill(models.Model):
    """How well an agent has a skill: 1 a beginner … 5 the one to ask."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_level_per_skill", fields=["agent", "skill"]),
            models.CheckConstraint(
                name="skill_level_one_to_five", condition=models.Q(level__range=(1, 5))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.skill} {self.level}"


class Queue(models.Model):
    """Where texts wait, who serves them, and by which times (B1–B6)."""

    name = models.CharField(max_length=80, unique=True)
    skill = models.ForeignKey(
        Skill,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="queues",
        help_text="Members without it are passed over. Empty: every member may serve.",
    )
    members = models.ManyToManyField(
        "agents.Agent", through="routing.QueueMember", related_name="queues"
    )
    priority = models.SmallIntegerField(
        default=0, validators=PRIORITY_BOUNDS, help_text="Higher is served first."
    )
    acceptance_seconds = models.PositiveIntegerField(
        "acceptance interval (seconds)", default=20, validators=[MinValueValidator(1)]
    )
    wrap_up_seconds = models.PositiveIntegerField("wrap-up (seconds)", default=60)
    disposition_required = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class QueueMember(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="member_of_a_queue_once", fields=["queue", "agent"])
        ]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"
