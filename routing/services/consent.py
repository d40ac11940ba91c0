"""The opt-out ledger is written here, and of files by ``consent_import`` (N1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from routing.carriers.base import Wish
from routing.enums import Author, ConsentSource, InteractionState
from routing.models import ConsentEntry, Interaction, Message
from routing.selectors.consent import opted_out
from routing.services.threads import revise_thread
from routing.services.wishes import IN_AGAIN, keyword_of, wish_of
from smsdesk.lib.locks import lock_until_commit
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from datetime import datetime

    from routing.carriers.base import InboundText

MAY_BE_NOTED = (InteractionState.ACTIVE, InteractionState.PARKED, InteractionState.WRAP_UP)


class NotNoted(Exception):
    """The wish cannot be noted by this agent. Says why; nothing was written."""


def opted_out_after(body: str, *, before: bool) -> bool:
    """Whether somebody is opted out once this text of theirs is noted."""
    wish = wish_of(body, is_out=before)
    return before if wish in {None, Wish.HELP} else wish is Wish.STOP


def wish_in(text: InboundText, *, channel_id: int, address: str) -> Wish | None:
    """What a customer's text asks for, by its words or because the carrier took it for that."""
    if text.wish:
        return text.wish
    asks = keyword_of(text.body) == IN_AGAIN
    return wish_of(text.body, is_out=asks and opted_out(channel_id, address) is not None)


def note_wish(
    wish: Wish,
    *,
    channel_id: int,
    address: str,
    at: datetime,
    message: Message | None = None,
) -> bool:
    """Write down what a customer's text asks for, in the caller's transaction.

    Returns whether that changes anything. A blocked number's text has no ``message``, and its wish
    holds all the same. One that is taken late, after its webhook was lost, undoes nothing that
    somebody said since.
    """
    if wish is Wish.HELP:
        return False
    lock_ledger(channel_id, address)
    said_since = ConsentEntry.objects.filter(
        channel_id=channel_id, address__in=spellings(address), at__gt=at
    ).exclude(source=ConsentSource.CARRIER)
    if said_since.exists():
        return False
    was_out = opted_out(channel_id, address) is not None
    ConsentEntry.objects.create(
        channel_id=channel_id,
        address=address,
        opted_out=wish is Wish.STOP,
        source=ConsentSource.KEYWORD,
        at=at,
        message=message,
    )
    return was_out is not (wish is Wish.STOP)


def lock_ledger(channel_id: int, address: str) -> None:
    """Let nobody else write of this pair before the commit: one opting out is one line.

    The last lock that a transaction takes, but for agents.
    """
    lock_until_commit("consent", channel_id, address)


def known_again(*, channel_id: int, address: str) -> None:
    """Give a number that was erased, and texts again, the lines of the ledger that are its own."""
    names = spellings(address)[1:]
    ConsentEntry.objects.filter(channel_id=channel_id, address__in=names).update(address=address)


@transaction.atomic
def note_carriers_refusal(*, message: Message, now: datetime) -> None:
    """Write down that the carrier lets no text through because the customer opted out there."""
    address = message.interaction.customer_address
    # Before the ledger, as for a customer's text.
    Interaction.objects.select_for_update(no_key=True).get(pk=message.interaction_id)
    lock_ledger(message.channel_id, address)
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
def note_opt_out(
    *, interaction_id: int, agent_id: int, now: datetime, message_id: int | None = None
) -> None:
    """Write down that the customer asked the agent for no more texts; twice is once.

    ``message_id`` is the text that says so, where one does: it is the evidence. Raises NotNoted
    where the conversation is not the agent's, or closed.
    """
    interaction = (
        Interaction.objects.select_for_update(no_key=True)
        .filter(pk=interaction_id, agent_id=agent_id)
        .first()
    )
    if interaction is None or interaction.state not in MAY_BE_NOTED:
        raise NotNoted("This conversation is not with you any more; nothing was noted.")
    flagged = interaction.messages.filter(may_ask_to_stop=True).update(may_ask_to_stop=False)
    lock_ledger(interaction.channel_id, interaction.customer_address)
    if opted_out(interaction.channel_id, interaction.customer_address) is None:
        ConsentEntry.objects.create(
            channel_id=interaction.channel_id,
            address=interaction.customer_address,
            opted_out=True,
            source=ConsentSource.AGENT,
            at=now,
            agent_id=agent_id,
            message=interaction.messages.filter(pk=message_id or 0, author=Author.CUSTOMER).first(),
        )
        # As where the customer says so: nobody may answer any more.
        Interaction.objects.filter(pk=interaction_id).update(unanswered=0, response_due_at=None)
    elif not flagged:
        return
    revise_thread(interaction_id)
    touch_desk(agent_id)


@transaction.atomic
def note_no_opt_out(*, message_id: int, agent_id: int) -> None:
    """Write down that a person read a flagged text, and that it does not ask for no more texts.

    Raises NotNoted where the text is in no conversation of this agent's.
    """
    message = Message.objects.filter(
        pk=message_id,
        interaction__agent=agent_id,
        interaction__state__in=MAY_BE_NOTED,
        author=Author.CUSTOMER,
    ).first()
    if message is None:
        raise NotNoted("This conversation is not with you any more; nothing was noted.")
    Message.objects.filter(pk=message_id).update(may_ask_to_stop=False)
    revise_thread(message.interaction_id)
    touch_desk(agent_id)
