"""Countries by their two letters, in words and as a flag."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

FIRST_FLAG_LETTER = 0x1F1E6


def country_name(code: str) -> str:
    """``United States`` for ``US``; the code itself where it is in no list."""
    return _names().get(code, code)


def country_choices() -> list[tuple[str, str]]:
    """Every country's two letters and name, by name."""
    return sorted(_names().items(), key=lambda country: country[1])


def flag(code: str) -> str:
    """The two characters that screens draw as the country's flag, or as its letters."""
    return "".join(chr(FIRST_FLAG_LETTER + ord(letter) - ord("A")) for letter in code)


@cache
def _names() -> dict[str, str]:
    """ISO 3166, as the time zone database has it."""
    lines = (files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))
