"""What the variables of canned replies stand for (N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.selectors.customers import first_name, names_for
from cases.selectors.screen_pop import screen_pop
from smsdesk.lib import phone

if TYPE_CHECKING:
    from agents.models import Agent
    from routing.models import Channel, Interaction


def values_for_conversation(interaction: Interaction) -> dict[str, str]:
    """The values for a reply in this conversation; what is not known is left out."""
    pop = screen_pop(interaction)
    return {
        **_of_customer(pop.customer.name if pop.customer else ""),
        "agent": interaction.agent.name if interaction.agent else "",
        "queue": interaction.queue.name,
        "case": f"#{pop.case.number}" if pop.case else "",
        "channel": interaction.channel.name,
    }


def values_for_new_text(channel: Channel, agent: Agent, to: str) -> dict[str, str]:
    """The values for the first text to a number, as far as it is typed."""
    try:
        address = phone.customer(to, region=channel.region)
    except phone.NotANumber:
        address = ""
    return {
        **_of_customer(names_for({address}).get(address, "")),
        "agent": agent.name,
        "queue": channel.queue.name,
        "channel": channel.name,
    }


def _of_customer(name: str) -> dict[str, str]:
    return {"customer": name, "first_name": first_name(name)}
