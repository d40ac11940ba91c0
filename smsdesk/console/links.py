"""Message text as HTML: all of it escaped, addresses and phone numbers clickable (F16, F17)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import phonenumbers
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from smsdesk.lib.mentions import named_in

if TYPE_CHECKING:
    from cases.models import Note

# Characters that turn the direction of text are none of an address's: they would show another one.
WEB_ADDRESS = re.compile(
    r"https?://[^\s<>\"'“”\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE
)
TRAILING = ".,;:!?…"
# A text of a carrier has 1,600 characters; what is longer is no text, and is not searched.
LONGEST_SEARCHED = 4_000
FEWEST_DIGITS = 10
# To be called, and by the button beside it to be texted (G12).
CALL_OR_TEXT = (
    '<a href="tel:{0}">{1}</a>'
    '<button type="button" class="text-to" data-text-to="{0}" aria-label="Text {0}"></button>'
)
SLASHES_OF_A_SCHEME = 2


def linked(text: str) -> SafeString:
    """``text`` escaped, with http(s) links that open a new tab and ``tel:`` links."""
    if len(text) > LONGEST_SEARCHED:
        return escape(text)
    pieces: list[str] = []
    end = 0
    for match in WEB_ADDRESS.finditer(text):
        address = _trimmed(match.group())
        if address.endswith("/") and address.count("/") == SLASHES_OF_A_SCHEME:
            continue
        pieces.append(_with_phones(text[end : match.start()]))
        pieces.append(
            format_html('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>', address)
        )
        end = match.start() + len(address)
    pieces.append(_with_phones(text[end:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


def linked_note(note: Note) -> SafeString:
    """A note's text like a message's, with the colleagues it names marked."""
    people = {agent.user.get_username().lower(): agent.name for agent in note.mentioned.all()}
    pieces: list[str] = []
    end = 0
    for readings in named_in(note.body):
        for named in readings:
            name = people.get(named.username.lower())
            if name is not None:
                pieces += [
                    linked(note.body[end : named.start]),
                    format_html('<b class="mention" title="{}">@{}</b>', name, named.username),
                ]
                end = named.end
                break
    pieces.append(linked(note.body[end:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


def _trimmed(address: str) -> str:
    """Without a sentence's full stop, or the bracket that was opened before the address."""
    while address[-1] in TRAILING or (
        address[-1] == ")" and address.count(")") > address.count("(")
    ):
        address = address[:-1]
    return address


def _with_phones(text: str) -> str:
    if sum(char.isdigit() for char in text) < FEWEST_DIGITS:
        return escape(text)
    pieces: list[str] = []
    end = 0
    for match in phonenumbers.PhoneNumberMatcher(text, "US", phonenumbers.Leniency.POSSIBLE):
        if sum(char.isdigit() for char in match.raw_string) < FEWEST_DIGITS:
            continue
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        pieces.append(escape(text[end : match.start]))
        pieces.append(format_html(CALL_OR_TEXT, number, match.raw_string))
        end = match.end
    pieces.append(escape(text[end:]))
    return "".join(pieces)
