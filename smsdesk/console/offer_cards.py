"""The offer cards: who it may be, before the conversation is accepted (C1–C8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cases.selectors.previews import last_cases
from smsdesk.console.words import called, hue, initials

if TYPE_CHECKING:
    from collections.abc import Collection

    from cases.models import Case
    from routing.models import Offer


@dataclass(frozen=True)
class OfferCard:
    """A conversation held out to the agent, with who it may be (C2, C5, C6, C8)."""

    offer: Offer
    name: str
    initials: str
    hue: int
    matches: int
    who: str
    # Of the one customer who matches.
    last_case: Case | None
    # What waits for an answer.
    words: list[str]
    seconds: int


def offer_cards(offers: Collection[Offer], matches: dict[str, list[str]]) -> list[OfferCard]:
    """The cards of some offers; one query finds the last cases of all."""
    known = {
        offer.interaction.customer_address
        for offer in offers
        if len(matches.get(offer.interaction.customer_address, [])) == 1
    }
    cases = last_cases(known) if known else {}
    return [_card(offer, matches, cases) for offer in offers]


def _card(offer: Offer, matches: dict[str, list[str]], cases: dict[str, Case]) -> OfferCard:
    address = offer.interaction.customer_address
    name = called(address, matches)
    number_of_matches = len(matches.get(address, []))
    return OfferCard(
        offer=offer,
        name=name,
        initials=initials(name),
        hue=hue(address),
        matches=number_of_matches,
        who=_who(name, number_of_matches),
        last_case=cases.get(address),
        words=_words(offer),
        seconds=round((offer.expires_at - offer.offered_at).total_seconds()),
    )


def _words(offer: Any) -> list[str]:
    """The first text of a new conversation; of one that comes back, the last unanswered ones."""
    if offer.interaction.accepted_at is None:
        return [offer.first_words] if offer.first_words else []
    return list(reversed(offer.newest_words[: max(1, offer.interaction.unanswered)]))


def _who(name: str, matches: int) -> str:
    if matches == 0:
        return "no match: a new customer"
    if matches == 1:
        return f"1 match: {name}"
    return f"{matches} matches: choose after accepting"
