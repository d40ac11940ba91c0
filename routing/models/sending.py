from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from routing.enums import Reach
from routing.models.destination import COUNTRY_CODE


class SmsSwitch(models.Model):
    """The one row that says whether the company sends texts at all (A20, A22)."""

    sms_on = models.BooleanField(
        "SMS is on",
        default=True,
        help_text="Off: nobody here sends a text. Texts that come in are still kept and shown.",
    )
    reason = models.CharField(
        max_length=200,
        blank=True,
        help_text="Said to agents while SMS is off, such as: Our numbers move to another carrier.",
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "company-wide SMS switch"
        verbose_name_plural = "company-wide SMS switch"
        constraints = [models.CheckConstraint(name="one_sms_switch", condition=Q(pk=1))]

    def __str__(self) -> str:
        return "SMS is on" if self.sms_on else "SMS is off"


class SendingPolicy(models.Model):
    """Who may send texts, and to which countries (A10, A21).

    An agent's own goes before the team's, and that before the default, which is everybody's and
    that of campaigns and automatic texts.
    """

    name = models.CharField(
        max_length=80, unique=True, help_text="Agents read it when it stops a text."
    )
    is_default = models.BooleanField(
        "for everybody else",
        default=False,
        help_text="Holds for whoever has no other policy, for campaigns and automatic texts.",
    )
    sms_on = models.BooleanField(
        "SMS is on",
        default=True,
        help_text="Off: whoever has this policy sends no text, but reads what comes in.",
    )
    reach = models.CharField(
        "may text",
        max_length=6,
        choices=Reach,
        default=Reach.ALL,
        help_text="What the price list forbids stays forbidden.",
    )
    countries = ArrayField(
        models.CharField(max_length=2, validators=[COUNTRY_CODE]),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name_plural = "sending policies"
        constraints = [
            models.UniqueConstraint(
                name="one_default_policy", fields=["is_default"], condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyMember(models.Model):
    """A team or an agent with a sending policy; each has one at most."""

    policy = models.ForeignKey(SendingPolicy, models.CASCADE, related_name="members")
    team = models.OneToOneField(
        "agents.Team",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="policy_member",
        error_messages={"unique": "This team has a sending policy already: take it out there."},
    )
    agent = models.OneToOneField(
        "agents.Agent",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="policy_member",
        error_messages={"unique": "This agent has a sending policy already: take it out there."},
    )

    class Meta:
        verbose_name = "team or agent"
        verbose_name_plural = "teams and agents"
        constraints = [
            models.CheckConstraint(
                name="policy_of_a_team_or_an_agent",
                condition=Q(team__isnull=True, agent__isnull=False)
                | Q(team__isnull=False, agent__isnull=True),
                violation_error_message="Choose a team or an agent in each line, not both.",
            )
        ]

    def __str__(self) -> str:
        return str(self.team or self.agent)
