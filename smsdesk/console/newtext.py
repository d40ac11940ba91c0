"""A new text: what its dialog offers, and what is known of a number while it is typed (I2, G12)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.selectors.customers import names_by_address
from routing.enums import InteractionState
from routing.selectors.initiation import (
    channels_to_text_over,
    last_channel_with,
    open_conversation,
    why_no_place,
    why_no_text,
    why_not_joined,
    why_not_text_first_now,
)
from routing.selectors.prices import price_per_part
from routing.selectors.quiet import awake_from, their_time
from smsdesk.console.words import count
from smsdesk.lib import phone
from smsdesk.lib.clock import now
from smsdesk.lib.countries import country_name, flag

if TYPE_CHECKING:
    from decimal import Decimal

    from agents.models import Agent
    from agents.models.agent import AgentWithLimit
    from routing.models import Channel

FOLLOWS = {
    InteractionState.ACTIVE: "You are in a conversation with this number; the text goes there.",
    InteractionState.PARKED: "You parked a conversation with this number; sending resumes it.",
}
TAKES_PLACE = {InteractionState.HELD, InteractionState.QUEUED, InteractionState.PARKED}
WAITS = "A text of this number waits for an answer; sending takes that conversation."


@dataclass(frozen=True)
class NewText:
    """The dialog. ``why_not`` says why this agent cannot text first; empty where they can."""

    channels: list[Channel]
    chosen: int | None
    number: str
    client_id: uuid.UUID
    why_not: str


@dataclass(frozen=True)
class NumberHint:
    """A number as far as it is typed: whose it is and what sending would do, or what is wrong.

    ``stops`` says why nothing can be sent there; ``wrong`` what is wrong with the number itself,
    which may be no more than that it is not finished. ``price`` is that of one part to the
    country ``destination``; None where it is not listed.
    """

    wrong: str = ""
    unfinished: bool = False
    shown: str = ""
    country: str = ""
    flag: str = ""
    known: bool = True
    who: str = ""
    follows: str = ""
    stops: str = ""
    put_off: str = ""
    destination: str = ""
    price: Decimal | None = None


def new_text(agent: Agent, number: str) -> NewText:
    """Read what the dialog offers; the number's last channel is chosen, else the first."""
    why_not = why_not_text_first_now(agent)
    channels = [] if why_not else list(channels_to_text_over(agent.pk))
    chosen = channels[0].pk if channels else None
    if number and channels:
        chosen = last_channel_with(number, [channel.pk for channel in channels]) or chosen
    return NewText(
        channels=channels,
        chosen=chosen,
        number=phone.display(number),
        client_id=uuid.uuid4(),
        why_not=why_not,
    )


def number_hint(agent: AgentWithLimit, channel: Channel, written: str) -> NumberHint:
    """What the desk knows of a number that is being typed, to be texted over ``channel``."""
    if not written.strip():
        return NumberHint()
    try:
        address = phone.customer(written, region=channel.region)
    except phone.NotANumber as error:
        return NumberHint(wrong=str(error), unfinished=isinstance(error, phone.TooFewDigits))
    country = phone.country_of(address)
    stops = why_no_text(channel=channel, address=address, agent_id=agent.pk)
    talk = None if stops else open_conversation(channel_id=channel.pk, address=address)
    if talk is not None:
        stops = why_not_joined(talk, agent.pk)
    if not stops and (talk is None or talk.state in TAKES_PLACE):
        stops = why_no_place(agent)
    begins = talk is None and channel.quiet_from is not None
    asleep = begins and awake_from(channel=channel, addresses=[address], now=now())
    return NumberHint(
        shown=phone.display(address),
        country=country_name(country),
        flag=flag(country),
        known=phone.is_short_code(address) or phone.is_known(address),
        who=_who(address),
        follows=FOLLOWS.get(InteractionState(talk.state), WAITS) if talk and not stops else "",
        stops=stops,
        put_off=their_time(channel) if asleep and not stops else "",
        destination=country,
        price=price_per_part(address),
    )


def _who(address: str) -> str:
    if phone.is_short_code(address):
        return "a short code, which a program reads"
    names = names_by_address({address}).get(address, [])
    if not names:
        return "no match: a new customer"
    return f"{count(len(names), 'match', 'matches')}: {', '.join(names[:3])}"
