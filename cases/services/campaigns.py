"""Campaigns: started, paused, and sent little by little (I7, I9).

The rows are the queue: a campaign names when it may text again, its waiting recipients whom. Every
step is one short transaction that makes the text and marks its recipient, so a process may die
anywhere and nobody is texted twice. The texts leave by the outbox, as all others do.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from cases.enums import (
    CAMPAIGN_MOVES,
    RECIPIENT_MOVES,
    CampaignState,
    LeftOut,
    RecipientState,
)
from cases.models import Campaign, CampaignRecipient
from cases.models.campaign import MOST_RECIPIENTS
from cases.selectors.audience import recipients_of, text_for
from cases.selectors.campaigns import (
    due_campaigns,
    next_recipient,
    queued_texts,
    texts_on_their_way,
)
from routing.selectors.policy import why_not_these_words
from routing.selectors.quiet import awake_from
from routing.services.announcements import (
    NothingGoes,
    NotReachable,
    announce,
    check_announcements,
    lock_number,
)
from routing.services.outbound import withdraw_texts
from smsdesk.lib import clock
from smsdesk.lib.segments import COMPOSER_LIMIT
from smsdesk.lib.states import StaleState, move

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

# Of all campaigns together in the outbox: half the workers' threads stay free for agents' texts.
MOST_ON_THEIR_WAY = 4
# Leaving somebody out takes a step, too, and a sweep has timers to keep.
MOST_STEPS = 20
# A campaign that was kept waiting makes up for so much, and no more: its rate is kept.
CATCH_UP = timedelta(seconds=1)


class CampaignRefused(Exception):
    """The campaign cannot do this now. Says why; nothing was changed."""


def lock_campaign(campaign_id: int) -> Campaign:
    """The campaign with its channel, locked until commit."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    return Campaign.objects.select_related("channel").get(pk=campaign_id)


def lock_drafts() -> None:
    """Let none be started or written before the commit: whom it texts is read when it starts."""
    drafts = Campaign.objects.select_for_update(no_key=True).filter(state=CampaignState.DRAFT)
    list(drafts.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def start_campaign(*, campaign_id: int, seen: str, now: datetime) -> int:
    """Write down whom a draft texts, and let it begin. Returns how many wait to be texted.

    ``seen`` names what the supervisor looked at (``Campaign.seen``). Raises CampaignRefused where
    it is another one by now, was started already, has nobody to text or too many, where a name
    makes its text too long, and where the channel takes no text, or not this one.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignRefused("This campaign was started already; it is not started twice.")
    if campaign.seen != seen:
        raise CampaignRefused(
            "The campaign was changed since you looked. Look at it again, and start it then."
        )
    found = recipients_of(campaign, now=now)
    _refuse_shut(campaign)
    _refuse_unfit(campaign, found.names)
    begins = max(now, campaign.starts_at or now)
    later = awake_from(channel=campaign.channel, addresses=found.names, now=begins)
    CampaignRecipient.objects.bulk_create(
        [
            CampaignRecipient(
                campaign=campaign, number=number, name=name, due_at=later.get(number, begins)
            )
            for number, name in found.names.items()
        ],
        batch_size=2000,
    )
    move(
        Campaign,
        campaign.pk,
        table=CAMPAIGN_MOVES,
        to=CampaignState.RUNNING,
        only_from=CampaignState.DRAFT,
        started_at=now,
        next_at=begins,
        passed_over=dict(found.passed_over),
    )
    return len(found.names)


def _refuse_unfit(campaign: Campaign, names: dict[str, str]) -> None:
    if not names:
        raise CampaignRefused("There is nobody to text. Choose another audience, or list numbers.")
    if len(names) > MOST_RECIPIENTS:
        raise CampaignRefused(
            f"This would text {len(names):,} numbers; one campaign texts {MOST_RECIPIENTS:,} at"
            " most. Choose a smaller audience, or make several campaigns."
        )
    texts = [text_for(campaign, name) for name in set(names.values())]
    refused = next(
        filter(None, (why_not_these_words(campaign.channel, text) for text in texts)), ""
    )
    if refused:
        raise CampaignRefused(refused)
    longest = max(len(text) for text in texts)
    if longest > COMPOSER_LIMIT:
        raise CampaignRefused(
            f"With the longest name the text has {longest} characters; at most {COMPOSER_LIMIT}"
            " can be sent at once. Shorten it."
        )


def _refuse_shut(campaign: Campaign) -> None:
    try:
        check_announcements(campaign.channel)
    except NothingGoes as refused:
        raise CampaignRefused(f"Nobody can be texted now. {refused}") from None


@transaction.atomic
def pause_campaign(*, campaign_id: int) -> None:
    """Let a campaign text nobody until it is resumed; what no carrier has seen is taken back.

    Raises CampaignRefused where it is not running.
    """
    campaign = lock_campaign(campaign_id)
    _move(campaign, CampaignState.PAUSED, next_at=None)
    for recipient in _taken_back(campaign, "The campaign was paused before this was sent."):
        _settle(recipient, RecipientState.WAITING, message=None)


@transaction.atomic
def resume_campaign(*, campaign_id: int, now: datetime) -> None:
    """Let a paused campaign go on. Raises CampaignRefused where it is none, or nothing goes."""
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.PAUSED:
        raise CampaignRefused("This campaign is not paused; there is nothing to resume.")
    _refuse_shut(campaign)
    _move(campaign, CampaignState.RUNNING, next_at=max(now, campaign.starts_at or now))


@transaction.atomic
def cancel_campaign(*, campaign_id: int, now: datetime) -> None:
    """End a campaign for good; who was not texted is left out, and says why.

    Raises CampaignRefused where it is over already, or was never started.
    """
    campaign = lock_campaign(campaign_id)
    _move(campaign, CampaignState.CANCELLED, next_at=None, ended_at=now)
    taken_back = _taken_back(campaign, "The campaign was cancelled before this was sent.")
    waiting = campaign.recipients.filter(state=RecipientState.WAITING)
    waiting.update(state=RecipientState.LEFT_OUT, reason=LeftOut.CANCELLED)
    for recipient in taken_back:
        _settle(recipient, RecipientState.LEFT_OUT, reason=LeftOut.CANCELLED)


def send_due_campaign_texts() -> None:
    """Put the next texts of all running campaigns into the outbox, as far as there is room.

    Called by every sweep (settings.SWEPT); any number of sweeps may run at once.
    """
    room = MOST_ON_THEIR_WAY - texts_on_their_way(clock.now())
    in_turn = deque(due_campaigns(clock.now()))
    for _ in range(MOST_STEPS):
        if room <= 0 or not in_turn:
            return
        campaign_id = in_turn.popleft()
        try:
            texted = text_next(campaign_id=campaign_id, now=clock.now())
        except Exception:  # one campaign's trouble must not keep the others waiting
            logger.exception("Campaign %s cannot go on", campaign_id)
            continue
        if texted is not None:
            in_turn.append(campaign_id)
            room -= texted


def text_next(*, campaign_id: int, now: datetime) -> bool | None:
    """Text a campaign's next recipient, or leave them out: False. None where it is not its time.

    While SMS is switched off, or its channel cannot send, it waits. With nobody left to text the
    campaign is done.
    """
    recipient = next_recipient(campaign_id, now)
    with transaction.atomic():
        if recipient is not None:
            lock_number(channel=recipient.campaign.channel, address=recipient.number)
        campaign = (
            Campaign.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
            .select_related("channel__queue")
            .filter(pk=campaign_id, state=CampaignState.RUNNING, next_at__lte=now)
            .first()
        )
        if campaign is None:  # paused, another sweep has it, or its next minute has not come
            return None
        try:
            texted = None if recipient is None else _text(campaign, recipient, now)
        except NothingGoes:
            return None
        if not campaign.recipients.filter(state=RecipientState.WAITING).exists():
            _move(campaign, CampaignState.DONE, next_at=None, ended_at=now)
        return texted


def _text(campaign: Campaign, recipient: CampaignRecipient, now: datetime) -> bool:
    waiting = campaign.recipients.filter(pk=recipient.pk, state=RecipientState.WAITING)
    if not waiting.exists():
        return False  # another sweep was quicker
    later = awake_from(channel=campaign.channel, addresses=[recipient.number], now=now)
    if later:
        waiting.update(due_at=later[recipient.number])
        return False
    try:
        message = announce(
            channel=campaign.channel,
            address=recipient.number,
            body=text_for(campaign, recipient.name),
            campaign=campaign.name,
            now=now,
        )
    except NotReachable as refused:
        _settle(recipient, RecipientState.LEFT_OUT, reason=LeftOut(refused.why.value))
        return False
    _settle(recipient, RecipientState.TEXTED, message=message)
    assert campaign.next_at is not None
    gap = timedelta(minutes=1 / campaign.per_minute)
    campaign.next_at = max(campaign.next_at, now - CATCH_UP) + gap
    campaign.save(update_fields=["next_at"])
    return True


def _taken_back(campaign: Campaign, why: str) -> list[CampaignRecipient]:
    """The recipients whose texts no carrier was asked to take; they are withdrawn now."""
    texted = campaign.recipients.filter(state=RecipientState.TEXTED)
    withdrawn = withdraw_texts(message_ids=queued_texts(campaign.pk), why=why)
    untouched = [pk for pk, is_untouched in withdrawn.items() if is_untouched]
    return list(texted.filter(message__in=untouched))


def _move(campaign: Campaign, to: CampaignState, **fields: Any) -> None:
    try:
        move(Campaign, campaign.pk, table=CAMPAIGN_MOVES, to=to, **fields)
    except StaleState:
        raise CampaignRefused(
            f"This campaign is {campaign.get_state_display()}; it cannot be {to.label} now."
        ) from None


def _settle(recipient: CampaignRecipient, to: RecipientState, **fields: Any) -> None:
    move(CampaignRecipient, recipient.pk, table=RECIPIENT_MOVES, to=to, **fields)
