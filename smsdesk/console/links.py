"""Message text as HTML: all of it escaped, addresses and phone numbers clickable (F16, F17)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import phonenumbers
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from smsdesk.lib import phone
from smsdesk.lib.mentions import named_in

if TYPE_CHECKING:
    from cases.models import Note

# Characters that turn the direction of text are none of an address's: they would show another one.
WEB_ADDRESS = re.compile(
    r"https?://[^\s<>\"'“”\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE
)
TRAILING = ".,;:!?…"
NEW_TAB = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
# Nobody writes such a line; it is not searched.
LONGEST_SEARCHED = 8_000
# Fewer are no number of any country's; and fewer than ten are one only where it is given out.
FEWEST_DIGITS = 7
ENOUGH_DIGITS = 10
# Which in some countries would be numbers, too.
DATE = re.compile(r"\d{1,4}([-./ ])\d{1,2}\1\d{1,4}")
BUTTON = '<button type="button" class="text-to" data-text-to="{}" aria-label="Text {}" {}></button>'
SLASHES_OF_A_SCHEME = 2


def linked(text: str, *, region: str = phone.HOME, why_no_text: str = "") -> SafeString:
    """``text`` escaped, with http(s) links that open a new tab, and phone numbers to call or text.

    ``region`` is the country whose national writings are read; ``why_no_text`` says why its reader
    cannot text first, empty where they can.
    """
    lines = [_line(line, region, why_no_text) for line in text.split("\n")]
    return mark_safe("\n".join(lines))  # noqa: S308 - every piece was escaped


def linked_note(note: Note, *, region: str = phone.HOME, why_no_text: str = "") -> SafeString:
    """A note's text like a message's, with the colleagues it names marked."""

    def plain(start: int, end: int | None = None) -> SafeString:
        return linked(note.body[start:end], region=region, why_no_text=why_no_text)

    people = {agent.user.get_username().lower(): agent.name for agent in note.mentioned.all()}
    pieces: list[str] = []
    end = 0
    for readings in named_in(note.body):
        for named in readings:
            name = people.get(named.username.lower())
            if name is not None:
                pieces += [
                    plain(end, named.start),
                    format_html('<b class="mention" title="{}">@{}</b>', name, named.username),
                ]
                end = named.end
                break
    pieces.append(plain(end))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


def call_or_text(number: str, why_no_text: str, *, written: str = "") -> SafeString:
    """A stored number, as it was ``written``, to be called; and the button that texts it (G12)."""
    return format_html(
        '<a href="tel:{}">{}</a>{}',
        number,
        written or phone.display(number),
        text_button(number, why_no_text),
    )


def text_button(number: str, why_no_text: str) -> SafeString:
    """The button that texts a number; disabled, with the reason, where its reader cannot (I1)."""
    shown = phone.display(number)
    if why_no_text:
        more = format_html('disabled title="{}" aria-describedby="why-no-text"', why_no_text)
    else:
        more = format_html('title="Text {}"', shown)
    return format_html(BUTTON, number, shown, more)


def _line(text: str, region: str, why_no_text: str) -> str:
    if len(text) > LONGEST_SEARCHED:
        return escape(text)
    pieces: list[str] = []
    end = 0
    for match in WEB_ADDRESS.finditer(text):
        address = _trimmed(match.group())
        if address.endswith("/") and address.count("/") == SLASHES_OF_A_SCHEME:
            continue
        pieces.append(_with_phones(text[end : match.start()], region, why_no_text))
        pieces.append(format_html(NEW_TAB, address))
        end = match.start() + len(address)
    pieces.append(_with_phones(text[end:], region, why_no_text))
    return "".join(pieces)


def _trimmed(address: str) -> str:
    """Without a sentence's full stop, or the bracket that was opened before the address."""
    while address[-1] in TRAILING or (
        address[-1] == ")" and address.count(")") > address.count("(")
    ):
        address = address[:-1]
    return address


def _with_phones(text: str, region: str, why_no_text: str) -> str:
    if _digits(text) < FEWEST_DIGITS:
        return escape(text)
    pieces: list[str] = []
    end = 0
    for match in phonenumbers.PhoneNumberMatcher(text, region, phonenumbers.Leniency.POSSIBLE):
        written = match.raw_string
        if not _is_phone(match.number, written):
            continue
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        pieces.append(escape(text[end : match.start]))
        pieces.append(call_or_text(number, why_no_text, written=written))
        end = match.end
    pieces.append(escape(text[end:]))
    return "".join(pieces)


def _is_phone(number: phonenumbers.PhoneNumber, written: str) -> bool:
    if DATE.fullmatch(written):
        return False
    return _digits(written) >= ENOUGH_DIGITS or phonenumbers.is_valid_number(number)


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)
