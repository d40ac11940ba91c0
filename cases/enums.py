"""The words of campaigns and the tables of what may become what."""

from __future__ import annotations

from django.db.models import TextChoices

from routing.enums import Unreachable
from smsdesk.lib.states import StateTable


class CampaignState(TextChoices):
    """Where a campaign stands."""

    DRAFT = "DRAFT", "draft"
    RUNNING = "RUNNING", "started"
    PAUSED = "PAUSED", "paused"
    CANCELLED = "CANCELLED", "cancelled"
    DONE = "DONE", "done"


CAMPAIGN_MOVES = StateTable(
    "Campaign",
    (CampaignState.DRAFT,),
    {
        CampaignState.DRAFT: frozenset({CampaignState.RUNNING}),
        CampaignState.RUNNING: frozenset(
            {CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.DONE}
        ),
        CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
        CampaignState.CANCELLED: frozenset(),
        CampaignState.DONE: frozenset(),
    },
)


class Audience(TextChoices):
    """Whom a campaign texts, besides the numbers on its list."""

    CONTACTS = "CONTACTS", "whoever texted this channel lately"
    CUSTOMERS = "CUSTOMERS", "every customer on file"
    LIST = "LIST", "only the numbers listed below"


class RecipientState(TextChoices):
    WAITING = "WAITING", "waits"
    TEXTED = "TEXTED", "texted"
    LEFT_OUT = "LEFT_OUT", "left out"


RECIPIENT_MOVES = StateTable(
    "CampaignRecipient",
    (RecipientState.WAITING,),
    {
        RecipientState.WAITING: frozenset({RecipientState.TEXTED, RecipientState.LEFT_OUT}),
        # Taken back from the outbox, before any carrier was asked.
        RecipientState.TEXTED: frozenset({RecipientState.WAITING, RecipientState.LEFT_OUT}),
        RecipientState.LEFT_OUT: frozenset(),
    },
)


class LeftOut(TextChoices):
    """Why a campaign does not text somebody."""

    OPTED_OUT = Unreachable.OPTED_OUT.value, Unreachable.OPTED_OUT.label
    TALKING = Unreachable.TALKING.value, Unreachable.TALKING.label
    OURS = Unreachable.OURS.value, Unreachable.OURS.label
    FORBIDDEN = Unreachable.FORBIDDEN.value, Unreachable.FORBIDDEN.label
    BLOCKED = Unreachable.BLOCKED.value, Unreachable.BLOCKED.label
    DOUBLE = "DOUBLE", "named twice; texted once"
    NO_NUMBER = "NO_NUMBER", "no number that can be texted"
    CANCELLED = "CANCELLED", "the campaign was cancelled before"
