"""The opt-out ledger is written here, and of files by ``consent_import`` (N1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from routing.enums import ConsentSource, InteractionState
from routing.models import ConsentEntry, Interaction
from routing.selectors.consent import opted_out
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from datetime import datetime

    from routing.models import Message

OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"})
IN = frozenset({"START", "UNSTOP"})
IN_AGAIN = "YES"
MAY_BE_NOTED = (InteractionState.ACTIVE, InteractionState.PARKED, InteractionState.WRAP_UP)


class NotNoted(Exception):
    """The wish cannot be noted by this agent. Says why; nothing was written."""


def keyword_of(body: str) -> str:
    """The word that a text is, in capitals: blanks and punctuation behind it do not count.

    A text that says more is no keyword, whatever it begins with.
    """
    return body.strip().rstrip(".,;:!? \t\r\n").upper()


def opted_out_after(body: str, *, before: bool) -> bool:
    """Whether somebody is opted out once this text of theirs is noted."""
    word = keyword_of(body)
    return word in OUT or (before and word not in IN and word != IN_AGAIN)


def note_keyword(
    *, channel_id: int, address: str, body: str, at: datetime, message: Message | None = None
) -> bool:
    """Write down what a customer's text says of consent, in the caller's transaction.

    True for a text that opts out: it asks for no answer, and none may be sent. A blocked number's
    text has no ``message``, and its wish holds all the same.
    """
    word = keyword_of(body)
    if word == IN_AGAIN:
        # An answer to many a question: it opts in only somebody who is out.
        if not opted_out(channel_id, address):
            return False
    elif word not in OUT | IN:
        return False
    ConsentEntry.objects.create(
        channel_id=channel_id,
        address=address,
        opted_out=word in OUT,
        source=ConsentSource.KEYWORD,
        at=at,
        message=message,
    )
    return word in OUT


def known_again(*, channel_id: int, address: str) -> None:
    """Give a number that was erased, and texts again, the lines of the ledger that are its own."""
    names = spellings(address)[1:]
    ConsentEntry.objects.filter(channel_id=channel_id, address__in=names).update(address=address)


def note_carriers_refusal(*, message: Message, now: datetime) -> None:
    """Write down that the carrier lets no text through because the customer opted out there."""
    address = message.interaction.customer_address
    if opted_out(message.channel_id, address) is None:
        ConsentEntry.objects.create(
            channel_id=message.channel_id,
            address=address,
            opted_out=True,
            source=ConsentSource.CARRIER,
            at=now,
            message=message,
        )


@transaction.atomic
def note_opt_out(*, interaction_id: int, agent_id: int, now: datetime) -> None:
    """Write down that the customer asked the agent for no more texts; twice is once.

    Raises NotNoted where the conversation is not the agent's, or closed.
    """
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(pk=interaction_id, agent_id=agent_id)
        .first()
    )
    if interaction is None or interaction.state not in MAY_BE_NOTED:
        raise NotNoted("This conversation is not with you any more; nothing was noted.")
    if opted_out(interaction.channel_id, interaction.customer_address) is None:
        ConsentEntry.objects.create(
            channel_id=interaction.channel_id,
            address=interaction.customer_address,
            opted_out=True,
            source=ConsentSource.AGENT,
            at=now,
            agent_id=agent_id,
        )
        touch_desk(agent_id)
