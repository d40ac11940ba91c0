from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from routing.enums import ChannelState, KeywordAnswers, MediaPolicy, NumberType, NumberUse
from routing.models.destination import COUNTRY_CODE
from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import datetime

STOP_REPLY = "{channel}: You get no more texts from us. Text START to get them again."
START_REPLY = "{channel}: You get our texts again. Text HELP for help, STOP for no more texts."
HELP_REPLY = "{channel}: Somebody will answer you here. Text STOP for no more texts."


class Channel(models.Model):
    """A business number as an SMS inbound channel: where its texts go (A2)."""

    name = models.CharField(
        max_length=80, unique=True, help_text="As agents and supervisors call it."
    )
    number = models.CharField(max_length=20, unique=True)
    number_type = models.CharField(
        max_length=10,
        choices=NumberType,
        blank=True,
        help_text="Empty: as the number itself tells.",
    )
    # Of a short code as supervisors say, of every other number as it tells itself.
    country = models.CharField(max_length=2, blank=True, validators=[COUNTRY_CODE])
    used_for = models.CharField(
        "capability",
        max_length=10,
        choices=NumberUse,
        default=NumberUse.SMS,
        help_text="Voice and SMS is possible where the number capabilities say so.",
    )
    state = models.CharField(max_length=12, choices=ChannelState, default=ChannelState.PROVISIONING)
    account = models.ForeignKey(
        "routing.CarrierAccount",
        models.PROTECT,
        related_name="channels",
        help_text="The carrier's account to which the number belongs.",
    )
    queue = models.ForeignKey(
        "routing.Queue",
        models.PROTECT,
        related_name="channels",
        help_text="For texts that no rule sends elsewhere.",
    )
    schedule = models.ForeignKey(
        "routing.Schedule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        help_text="Empty: always open.",
    )
    off_hours_reply = models.TextField(
        blank=True,
        help_text="Sent once to a conversation begun off hours; {hours} becomes the opening hours."
        " Empty: nothing is sent.",
    )
    keyword_answers = models.CharField(
        "who answers STOP, START and HELP",
        max_length=7,
        choices=KeywordAnswers,
        blank=True,
        db_default="",
        help_text="Empty: the carrier where it does so by itself, as Twilio and Telnyx do; else"
        " this desk. Never both.",
    )
    stop_reply = models.TextField(
        "answer to STOP",
        blank=True,
        default=STOP_REPLY,
        db_default=STOP_REPLY,
        help_text="{channel} becomes the channel's name. The one text that is still allowed then."
        " Empty: nothing is sent.",
    )
    start_reply = models.TextField(
        "answer to START",
        blank=True,
        default=START_REPLY,
        db_default=START_REPLY,
    )
    help_reply = models.TextField(
        "answer to HELP",
        blank=True,
        default=HELP_REPLY,
        db_default=HELP_REPLY,
    )
    media_policy = models.CharField(
        max_length=5,
        choices=MediaPolicy,
        default=MediaPolicy.ANY,
        help_text="What agents and campaigns may write. Pictures and files wait for a carrier that"
        " takes them; until then the last choice is as the one before it.",
    )
    parts_per_second = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="What the carrier lets this number send; a long text is several parts. More wait"
        " their turn. Empty: as fast as they come.",
    )
    # When the number has sent what was given the last turn (N18).
    free_at = models.DateTimeField(null=True, editable=False)
    # How many turns agents had since somebody else had one.
    agents_turns = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    ends_when_inactive = models.BooleanField(
        "ends when nobody writes",
        default=True,
        help_text="Off: only an agent or a supervisor ends its conversations.",
    )
    inactivity_minutes = models.PositiveIntegerField(
        default=120,  # S4:28
        validators=[MinValueValidator(1)],
        help_text="A conversation in which nobody writes for so long is ended.",
    )

    # Between them nothing goes out that nobody asked for: the US law's hours, 47 CFR 64.1200 (N17).
    quiet_from = models.TimeField(
        null=True,
        blank=True,
        default=time(21),
        help_text="By the customer's clock. Campaigns, and texts with which agents begin, wait"
        " until they are over; answers go at any time. Both empty: no quiet hours.",
    )
    quiet_until = models.TimeField(null=True, blank=True, default=time(8))

    allow_agent_initiated = models.BooleanField(
        "agents may text first",
        default=True,
        help_text="Members of the channel's queue may begin conversations over it (I1).",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_begin_and_end",
                condition=Q(quiet_from=None, quiet_until=None)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False))
                & ~Q(quiet_from=F("quiet_until")),
                violation_error_message="Say when the quiet hours begin and when they end, at two"
                " different times, or leave both empty.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {phone.display(self.number)}"

    def clean(self) -> None:
        """Store the number in its one spelling, however it was typed."""
        super().clean()
        if not self.number:  # Its form has said already what is wrong with what was typed.
            return
        try:
            self.number = phone.normalise(self.number)
        except phone.NotANumber as error:
            raise ValidationError({"number": str(error)}) from error

    @property
    def region(self) -> str:
        """The country in which a national writing of a number is read."""
        return phone.country_of(self.number) or self.country or "US"

    def inactive_at(self, now: datetime) -> datetime | None:
        """When a conversation ends if nobody writes from ``now`` on (H10–H12); None for never."""
        if not self.ends_when_inactive:
            return None
        return now + timedelta(minutes=self.inactivity_minutes)
