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

# What word processors and phones put for a plain character, and what GSM-7 has for it (N3). Letters
# are not among them: another letter would be another word.
CHEAPER = {
    **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‹", "<"),
    **dict.fromkeys("›", ">"),
    **dict.fromkeys("‐‑‒–—―−•‣", "-"),
    # blanks: tab, no-break, the widths of print, and the wide one of East Asia
    **dict.fromkeys("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006", " "),
    **dict.fromkeys("\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    # what nobody sees: soft hyphen, zero-width space, word joiner, byte order mark
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    **dict.fromkeys("\u0085\u2028\u2029", "\n"),
    "…": "...",
    "·": ".",
    "×": "x",
    "⁄": "/",
    "→": "->",
    "←": "<-",
    "™": "(TM)",
    "©": "(c)",
    "®": "(R)",
    "№": "No.",
    "ﬁ": "fi",
    "ﬂ": "fl",
}
# How to call characters that cannot be seen.
NAMES = {
    "\t": "a tab",
    "\u00a0": "a no-break space",
    "\u00ad": "a soft hyphen",
    "\u202f": "a narrow no-break space",
    **dict.fromkeys("\u200b\u2060\ufeff", "an invisible character"),
    **dict.fromkeys("\u0085\u2028\u2029", "an unusual line break"),
    **dict.fromkeys("\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008", "an unusual space"),
    **dict.fromkeys("\u2009\u200a\u205f\u3000", "an unusual space"),
}
# All that the composer needs to count as the server does; the browser has no table of its own.
TABLE = {
    "basic": "".join(sorted(BASIC)),
    "extension": "".join(sorted(EXTENSION)),
    "cheaper": CHEAPER,
    "names": NAMES,
    "limit": COMPOSER_LIMIT,
}


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


def cheaper(text: str) -> str:
    """``text`` with GSM-7 characters where there are some that say the same; the rest stays."""
    return "".join(CHEAPER.get(char, char) for char in text)


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
