from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from routing.enums import ScreenPop

# Of a queue and of a rule; their sum is a conversation's.
PRIORITY_BOUNDS = [MinValueValidator(-1000), MaxValueValidator(1000)]


class Skill(models.Model):
    name = models.CharField(
        max_length=80, unique=True, help_text="Such as a language or a product: Spanish, Claims."
    )

    def __str__(self) -> str:
        return self.name


class AgentSkill(models.Model):
    """How well an agent has a skill: 1 a beginner … 5 the one to ask."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text="1 for a beginner to 5 for the one to ask; the highest is offered texts first.",
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

    name = models.CharField(
        max_length=80, unique=True, help_text="As agents and supervisors call it, such as Claims."
    )
    skill = models.ForeignKey(
        Skill,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="queues",
        help_text="Members without it are passed over. Empty: every member may serve.",
    )
    minimum_level = models.PositiveSmallIntegerField(
        "minimum skill level",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text="Members whose level of the skill is lower are passed over.",
    )
    sticky_minutes = models.PositiveIntegerField(
        "same agent within (minutes)",
        default=0,
        validators=[MaxValueValidator(30 * 24 * 60)],
        help_text="A customer who writes again so soon after the end is offered first to the agent"
        " they talked with, if that agent can take it; otherwise to anybody, at once. 0: off.",
    )
    members = models.ManyToManyField(
        "agents.Agent", through="routing.QueueMember", related_name="queues"
    )
    priority = models.SmallIntegerField(
        default=0, validators=PRIORITY_BOUNDS, help_text="Higher is served first."
    )
    acceptance_seconds = models.PositiveIntegerField(
        "acceptance interval (seconds)",
        default=20,
        validators=[MinValueValidator(1)],
        help_text="How long an agent is offered a text before it goes on to the next.",
    )
    wrap_up_seconds = models.PositiveIntegerField(
        "wrap-up (seconds)",
        default=60,
        help_text="How long an agent may wrap a conversation up before it closes by itself.",
    )
    disposition_required = models.BooleanField(
        default=False,
        help_text="On: wrap-up asks for one. At zero the conversation closes without it.",
    )
    wrap_up_extension_seconds = models.PositiveIntegerField(
        "wrap-up extension (seconds)",
        default=0,
        help_text="An agent may ask for so much more time, once. 0: not at all.",
    )
    first_response_seconds = models.PositiveIntegerField(
        "first response target (seconds)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="From the customer's first text to an agent's answer. Empty: no target.",
    )
    next_response_seconds = models.PositiveIntegerField(
        "next response target (seconds)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="From each later text to an agent's answer. Empty: no target.",
    )
    targets_in_hours = models.BooleanField(
        "targets count opening hours only",
        default=False,
        help_text="On: the time towards both targets stands still while the channel's schedule is"
        " closed, so that a text of Friday evening is not late on Monday morning.",
    )
    screen_pop = models.CharField(
        max_length=8,
        choices=ScreenPop,
        default=ScreenPop.CUSTOMER,
        help_text="What pops for a customer who is known (G2).",
    )
    chat_log_pops = models.BooleanField(
        default=False, help_text="The chat log is shown when a conversation is wrapped up (H6)."
    )
    transcripts_saved = models.BooleanField(
        "save transcripts",
        default=True,
        help_text="Off: the chat log keeps times and disposition, without the words (H9).",
    )

    def __str__(self) -> str:
        return self.name

    @property
    def asked_level(self) -> int:
        """The skill level that its texts ask for; 0: no skill."""
        return self.minimum_level if self.skill_id else 0


class QueueMember(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="member_of_a_queue_once", fields=["queue", "agent"])
        ]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"
