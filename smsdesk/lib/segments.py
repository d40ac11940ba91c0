"""What a text costs: its encoding and parts (F13–F15).

GSM-7 holds 160 septets in one part and 153 in each of several; anything outside its alphabet
makes the whole text UCS-2 with 70 or 67 UTF-16 units. Characters of the extension table take two
septets, characters outside the basic plane two units, and neither is ever split between parts.
"""

from __future__ import annotations

from dataclasses import dataclass

COMPOSER_LIMIT = 1500  # S1:21
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
LAST_OF_BASIC_PLANE = 0xFFFF
EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class SegmentPlan:
    """How a carrier will cut a text. ``units`` are septets (GSM-7) or UTF-16 units (UCS-2)."""

    encoding: str
    units: int
    parts: int
    characters: int


def plan(text: str) -> SegmentPlan:
    """Encoding, units and parts of ``text``. An empty text has no part."""
    gsm = all(char in BASIC or char in EXTENSION for char in text)
    widths = [_septets(char) if gsm else _utf16_units(char) for char in text]
    single, many = (160, 153) if gsm else (70, 67)
    units = sum(widths)
    return SegmentPlan(
        encoding="GSM-7" if gsm else "UCS-2",
        units=units,
        parts=(1 if units else 0) if units <= single else _parts(widths, many),
        characters=len(text),
    )


def _septets(char: str) -> int:
    return 2 if char in EXTENSION else 1


def _utf16_units(char: str) -> int:
    return 2 if ord(char) > LAST_OF_BASIC_PLANE else 1


def _parts(widths: list[int], room: int) -> int:
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
