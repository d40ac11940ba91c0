"""The opt-out ledger is written here, and of files by ``consent_import`` (N1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from agents.services.desks import touch_desk
from routing.carriers.base import Wish
from routing.enums import Author, ConsentSource, InteractionState, KeywordMeans
from routing.models import ConsentEntry, Interaction, Message
from routing.selectors.consent import ledger_of, opted_out, own_keyword
from routing.services.threads import revise_thread
from routing.services.wishes import IN_AGAIN, KEYWORDS, keyword_of, wish_of
from smsdesk.lib.locks import lock_until_commit
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from datetime import datetime

    from routing.carriers.base import InboundText

MAY_BE_NOTED = (InteractionState.ACTIVE, InteractionState.PARKED, InteractionState.WRAP_UP)


class NotNoted(Exception):
    """The wish cannot be noted by this agent. Says why; nothing was written."""


def opted_out_after(wish: Wish | None, *, before: bool) -> bool:
    """Whether somebody is opted out once this wish of theirs is noted."""
    return before if wish in {None, Wish.HELP} else wish is Wish.STOP


def wish_in(text: InboundText, *, channel_id: int, address: str) -> Wish | None:
    """What a customer's text asks for, by its words or because the carrier took it for that."""
    if text.wish:
        return text.wish
    word = keyword_of(text.body)
    own = "" if word in KEYWORDS else own_keyword(channel_id, word)
    asks = word == IN_AGAIN or own == KeywordMeans.START
    is_out = asks and opted_out(channel_id, address) is not None
    if own:
        return Wish[own] if is_out or not asks else None
    return wish_of(text.body, is_out=is_out)


def note_wish(
    wish: Wish,
    *,
    channel_id: int,
    address: str,
    at: datetime,
    message: Message | None = None,
    note: str = "",
) -> bool:
    """Write down what a customer's text asks for, in the caller's transaction.

    Returns whether that changes anything. One that is taken late, after its webhook was lost,
    undoes nothing that somebody said since. A blocked number's text has no ``message``, and its
    wish holds all the same; the ``note`` tells where the text is.
    """
    if wish is Wish.HELP:
        return False
    lock_ledger(channel_id, address)
    out = wish is Wish.STOP
    lines = ledger_of(channel_id, address)
    last = lines.order_by("-pk").first()
    changes = out is not (last is not None and last.opted_out)
    said_since = lines.filter(at__gt=at).exclude(source=ConsentSource.CARRIER)
    if changes and said_since.exists():
        return False
    ConsentEntry.objects.create(
        channel_id=channel_id,
        address=address,
        opted_out=out,
        source=ConsentSource.KEYWORD,
        at=at,
        message=message,
        note=note,
    )
    return changes


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
    *,
    interaction_id: int,
    agent_id: int,
    now: datetime,
    message_id: int | None = None,
    note: str = "",
) -> None:
    """Write down that the customer asked the agent for no more texts; twice is once.

    ``message_id`` is the text that says so, where one does: it is the evidence; else the agent's
    ``note``. Raises NotNoted where the conversation is not the agent's, or closed.
    """
    interaction = _own(agent_id, pk=interaction_id)
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
            note=note,
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
    interaction = _own(agent_id, messages=message_id)
    Message.objects.filter(pk=message_id).update(may_ask_to_stop=False)
    revise_thread(interaction.pk)
    touch_desk(agent_id)


def _own(agent_id: int, **which: int) -> Interaction:
    """The agent's conversation, locked until commit: before its texts, as everywhere."""
    interaction = (
        Interaction.objects.select_for_update(of=["self"], no_key=True)
        .filter(agent_id=agent_id, state__in=MAY_BE_NOTED, **which)
        .first()
    )
    if interaction is None:
        raise NotNoted("This conversation is not with you any more; nothing was noted.")
    return interaction
