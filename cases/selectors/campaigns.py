"""How campaigns stand, whom they text next, and what is a reply to one (I7, I9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q

from cases.enums import CampaignState, LeftOut, RecipientState
from cases.models import Campaign, CampaignRecipient
from routing.enums import Author, MessageState
from routing.models import Interaction, Message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# What a customer writes later is about something else.
REPLIES_WITHIN = timedelta(days=7)
LEAVING = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Progress:
    """How far a campaign is, in numbers of recipients."""

    recipients: int
    waiting: int
    # Of those, whose quiet hours are not over yet (N17).
    asleep: int
    leaving: int
    sent: int
    delivered: int
    failed: int
    unknown: int
    answered: int
    left_out: list[tuple[str, int]]

    @property
    def settled(self) -> int:
        """Percent of the recipients for whom nothing is left to do."""
        done = self.recipients - self.waiting - self.leaving
        return 100 * done // self.recipients if self.recipients else 100


def due_campaigns(now: datetime) -> list[int]:
    """Running campaigns whose time has come, the one that waits longest first."""
    running = Campaign.objects.filter(state=CampaignState.RUNNING, next_at__lte=now)
    return list(running.order_by("next_at", "pk").values_list("pk", flat=True))


def next_recipient(campaign_id: int, now: datetime) -> CampaignRecipient | None:
    """Who is to be texted next, with campaign and channel; None where nobody is due."""
    waiting = CampaignRecipient.objects.filter(
        campaign=campaign_id, state=RecipientState.WAITING, due_at__lte=now
    )
    return waiting.select_related("campaign__channel").order_by("due_at", "pk").first()


def texts_on_their_way(now: datetime) -> int:
    """How many texts of campaigns wait in the outbox, or are being handed to a carrier.

    Those that quiet hours put off there are not on their way.
    """
    leaving = Message.objects.filter(
        state__in=LEAVING, due_at__isnull=False, campaign_recipient__isnull=False
    )
    asleep = Q(state=MessageState.QUEUED, attempts=0, due_at__gt=now)
    return leaving.exclude(asleep).count()


def queued_texts(campaign_id: int) -> list[int]:
    """A campaign's texts that wait in the outbox."""
    queued = Message.objects.filter(
        state=MessageState.QUEUED, campaign_recipient__campaign=campaign_id
    )
    return list(queued.values_list("pk", flat=True))


def progress_of(campaign: Campaign, now: datetime) -> Progress:
    """What became of a campaign's recipients."""
    rows = CampaignRecipient.objects.filter(campaign=campaign)
    replies = Message.objects.filter(
        channel=campaign.channel_id,
        author=Author.CUSTOMER,
        interaction__customer_address=OuterRef("number"),
        created_at__gt=OuterRef("message__created_at"),
        created_at__lte=OuterRef("message__created_at") + REPLIES_WITHIN,
    )
    counts: Mapping[str, int] = rows.aggregate(
        recipients=Count("pk"),
        waiting=Count("pk", filter=Q(state=RecipientState.WAITING)),
        asleep=Count(
            "pk",
            filter=Q(
                state=RecipientState.WAITING,
                due_at__gt=max(now, campaign.starts_at or now),
            ),
        ),
        leaving=Count("pk", filter=_texted(*LEAVING)),
        sent=Count("pk", filter=_texted(MessageState.SENT, MessageState.DELIVERED)),
        delivered=Count("pk", filter=_texted(MessageState.DELIVERED)),
        failed=Count("pk", filter=_texted(MessageState.FAILED)),
        unknown=Count("pk", filter=_texted(MessageState.UNKNOWN)),
    )
    texted = rows.filter(state=RecipientState.TEXTED).exclude(message__state=MessageState.FAILED)
    left_out = rows.filter(state=RecipientState.LEFT_OUT).values_list("reason")
    reasons = {**campaign.passed_over, **dict(left_out.annotate(count=Count("pk")))}
    return Progress(
        **counts,
        answered=texted.filter(Exists(replies)).count(),
        left_out=[(LeftOut(why).label, count) for why, count in sorted(reasons.items())],
    )


def _texted(*states: MessageState) -> Q:
    return Q(state=RecipientState.TEXTED, message__state__in=states)


def answered_campaign(interaction: Interaction) -> CampaignRecipient | None:
    """The campaign's text that this conversation replies to, with message and campaign.

    It is one where the last conversation with this number over this channel, not long before, was
    a campaign's.
    """
    if interaction.agent_initiated:
        return None
    before = Interaction.objects.filter(
        customer_address=interaction.customer_address,
        channel=interaction.channel_id,
        pk__lt=interaction.pk,
        initiated_at__gte=interaction.initiated_at - REPLIES_WITHIN,
    )
    last = before.order_by("-pk").values("pk")[:1]
    return (
        CampaignRecipient.objects.filter(state=RecipientState.TEXTED, message__interaction__in=last)
        .exclude(message__state=MessageState.FAILED)
        .select_related("campaign", "message")
        .first()
    )
