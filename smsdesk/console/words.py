"""Small words of the desk: initials, ages, names of numbers."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from cases.selectors.customers import first_name, link_of
from smsdesk.lib import phone

if TYPE_CHECKING:
    from datetime import timedelta

    from cases.models import CaseLink
    from routing.models import Interaction

HUES = 8
LONGEST_ADDRESS = 24


def initials(name: str) -> str:
    """Two letters of a name; of a number, its last two digits."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return name[-2:]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def hue(address: str) -> int:
    """Which of the avatar colours a number has, the same on every screen."""
    return zlib.crc32(address.encode()) % HUES


def called(address: str, matches: dict[str, list[str]]) -> str:
    """What to call a number: its customer's name where exactly one customer has it."""
    names = matches.get(address, [])
    return names[0] if len(names) == 1 else phone.display(address)


def name_of(interaction: Interaction, matches: dict[str, list[str]]) -> str:
    """What to call a conversation's customer: whom it is linked to, or who has the number."""
    link = link_of(interaction)
    if link and link.customer:
        return link.customer.name
    return called(interaction.customer_address, matches)


def addressed(name: str) -> str:
    """How the composer speaks of a customer: so short that it never wraps."""
    first = first_name(name)
    return first if len(first) <= LONGEST_ADDRESS else f"{first[: LONGEST_ADDRESS - 1]}…"


def clock(span: timedelta) -> str:
    """A span as ``0:41``, ``12:31`` or ``1:02:31``; never negative."""
    seconds = max(0, int(span.total_seconds()))
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"


def count(number: int, one: str, many: str) -> str:
    """``1 match``, ``2 matches``."""
    return f"{number} {one if number == 1 else many}"


def link_words(link: CaseLink | None) -> str:
    """What a conversation is linked to, in short: two that differ show different panes."""
    if link is None:
        return ""
    case = link.case
    return f"{link.customer_id or ''}-{link.case_id or ''}-{case.state if case else ''}"
