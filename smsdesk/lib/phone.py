"""Phone numbers: one spelling for storing, one for reading.

Short codes and alphanumeric senders are told apart before any parsing: ``phonenumbers`` would
turn "24453" into +124453 and "ACME2025" into a British number.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

# Parsing a number costs as much as a query, and a desk shows the same few again and again.
REMEMBERED = 10_000
SHORT_CODE = re.compile(r"[0-9]{3,8}")


class NotANumber(ValueError):
    """The text is no phone number. Its message is a sentence for the person who typed it."""


@lru_cache(maxsize=REMEMBERED)
def normalise(text: str, *, region: str = "US") -> str:
    """The one stored spelling: E.164, or a short code's bare digits.

    ``region`` reads national writings. *Possible* numbers are accepted, not only valid ones:
    carriers hand out numbers before the library knows them. Raises NotANumber.
    """
    written = text.strip()
    if SHORT_CODE.fullmatch(written):
        return written
    if re.search(r"[^\W\d_]", written):
        raise NotANumber(f"“{written[:40]}” has letters in it; a phone number has digits only.")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise NotANumber(
            f"“{written[:40]}” is not a phone number. Write it as +1 415 555 0123."
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise NotANumber(f"“{written[:40]}” has too few or too many digits for a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=REMEMBERED)
def display(number: str) -> str:
    """``+14155550123`` as people read it: ``+1 415-555-0123``. What cannot be parsed stays."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
