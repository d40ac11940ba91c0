from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from cases.enums import Audience, CampaignState, LeftOut, RecipientState
from cases.models.canned import check_variables
from smsdesk.lib import phone
from smsdesk.lib.digests import digest
from smsdesk.lib.segments import COMPOSER_LIMIT

# A sweep in one process sends eight a second at most; this leaves room beside other campaigns.
FASTEST = 300
# Its preview reads all of them, while a supervisor waits.
MOST_RECIPIENTS = 10_000
# Of those that canned replies have: what is known before there is a conversation.
VARIABLES = ("customer", "first_name", "channel")


class Campaign(models.Model):
    """One text to many numbers, sent little by little (I7, I9)."""

    name = models.CharField(
        max_length=80, unique=True, help_text="Agents read it above a customer’s reply."
    )
    channel = models.ForeignKey(
        "routing.Channel",
        models.PROTECT,
        related_name="campaigns",
        help_text="Texts go out over it, and replies come to its queue by the rules.",
    )
    body = models.TextField(
        "text", help_text="{customer}, {first_name} and {channel} are filled in for each."
    )
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.CONTACTS)
    contact_days = models.PositiveSmallIntegerField(
        "days back",
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="How far the first audience reaches: who texted within so many days.",
    )
    numbers = models.TextField(
        "numbers",
        blank=True,
        help_text="Texted as well, one a line, written as people write them: (415) 555-0123 in the"
        " channel’s country, or +44 20 7946 0958 anywhere.",
    )
    starts_at = models.DateTimeField(
        "not before (UTC)",
        null=True,
        blank=True,
        help_text="Once started it waits for this time. Empty: it begins at once.",
    )
    per_minute = models.PositiveSmallIntegerField(
        "texts a minute", default=30, validators=[MinValueValidator(1), MaxValueValidator(FASTEST)]
    )

    state = models.CharField(max_length=9, choices=CampaignState, default=CampaignState.DRAFT)
    # When it may text the next one: this is how its rate is kept.
    next_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Named in its audience without a row of their own: why (cases.enums.LeftOut), and how many.
    passed_over = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # the sweep
            models.Index(
                name="campaign_due",
                fields=["next_at"],
                condition=Q(state=CampaignState.RUNNING),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a text that would not reach customers as it is meant."""
        super().clean()
        check_variables(self.body, VARIABLES)
        if len(self.body) > COMPOSER_LIMIT:
            raise ValidationError(
                {"body": f"The text has {len(self.body)} characters; at most {COMPOSER_LIMIT} fit."}
            )

    @property
    def seen(self) -> str:
        """What a supervisor has seen who starts it: another one after every change of these."""
        audience = (self.audience, str(self.contact_days), self.numbers)
        when = (str(self.starts_at), str(self.per_minute))
        return digest(self.name, str(self.channel_id), self.body, *audience, *when)


class CampaignRecipient(models.Model):
    """One number a campaign texts: this row is the queue, and what became of it."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="recipients")
    number = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=RecipientState, default=RecipientState.WAITING)
    # Not to be texted before.
    due_at = models.DateTimeField()
    reason = models.CharField("left out", max_length=10, choices=LeftOut, blank=True)
    message = models.OneToOneField(
        "routing.Message", models.PROTECT, null=True, related_name="campaign_recipient"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="a_number_once_per_campaign", fields=["campaign", "number"]
            ),
            models.CheckConstraint(
                name="texted_with_a_message_left_out_with_a_reason",
                condition=Q(state=RecipientState.WAITING, message__isnull=True, reason="")
                | Q(state=RecipientState.TEXTED, message__isnull=False, reason="")
                | (Q(state=RecipientState.LEFT_OUT) & ~Q(reason="")),
            ),
        ]
        indexes = [
            # the next one to text
            models.Index(
                name="recipient_waiting",
                fields=["campaign", "due_at", "id"],
                condition=Q(state=RecipientState.WAITING),
            )
        ]

    def __str__(self) -> str:
        return f"{phone.display(self.number)} {self.name}".strip()
