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
# Where national writings are read that nothing tells the country of.
HOME = "US"
LONGEST_SHORT_CODE = 8
SHORT_CODE = re.compile(r"[0-9]{3,8}")
# Numbers that only lead to others, behind which there is no line to text (S2:30).
VIRTUAL = {
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.PAGER,
    phonenumbers.PhoneNumberType.UAN,
    phonenumbers.PhoneNumberType.VOICEMAIL,
}
BETWEEN_NUMBERS = re.compile(r"[,;&\n]|\band\b|\bor\b", re.IGNORECASE)
DIGITS_OF_A_NUMBER = 7
NO_COUNTRY = {"001", "ZZ"}  # such as satellite phones
Lengths = phonenumbers.ValidationResult
Unread = phonenumbers.NumberParseException
TOO_FEW, TOO_MANY = (f"has too {which} digits for a phone number." for which in ("few", "many"))
UNREAD = {
    Unread.TOO_SHORT_NSN: TOO_FEW,
    Unread.TOO_SHORT_AFTER_IDD: TOO_FEW,
    Unread.TOO_LONG: TOO_MANY,
}
WRONG_LENGTHS = {
    Lengths.TOO_SHORT: TOO_FEW,
    Lengths.TOO_LONG: TOO_MANY,
    Lengths.INVALID_LENGTH: "has too few or too many digits for a phone number.",
    Lengths.IS_POSSIBLE_LOCAL_ONLY: "lacks the area code in front.",
}


# What is left over from older numbering, and is dialled no more, by the pattern of a stored number:
# Mexico's 1 before mobile numbers (until 2019), Brazilian mobile numbers without their ninth digit
# (until 2016).
OUTLIVED = (
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+55([1-9]\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
)
# An Argentine number is one subscriber's, with the 9 of mobile phones or without it.
WITHOUT_MOBILE_9 = re.compile(r"\+54([1-8]\d{9})")


class NotANumber(ValueError):
    """The text is no phone number. Its message is a sentence for the person who typed it."""


class TooFewDigits(NotANumber):
    """The text may become a phone number when more of it is typed."""


@lru_cache(maxsize=REMEMBERED)
def normalise(text: str, *, region: str = HOME) -> str:
    """The one stored spelling: E.164, or a short code's bare digits.

    ``region`` reads national writings; where its numbers are as short as short codes, digits that
    are a valid one are that. *Possible* numbers are accepted, not only valid ones: carriers hand
    out numbers before the library knows them. Raises NotANumber.
    """
    written = text.strip()
    if SHORT_CODE.fullmatch(written) and not _is_national(written, region):
        return written
    if _is_several(written):
        raise _refusal(written, "is several numbers; a text goes to one number, not to a group.")
    if re.search(r"[^\W\d_]", written):
        raise _refusal(written, "has letters in it; a phone number has digits only.")
    try:
        number = phonenumbers.parse(written, region)
    except Unread as error:
        why = UNREAD.get(error.error_type, "is not a phone number. Write it as +1 415 555 0123.")
        raise _refusal(written, why) from None
    number = _as_dialled_today(number)
    wrong = WRONG_LENGTHS.get(phonenumbers.is_possible_number_with_reason(number))
    if wrong:
        raise _refusal(written, wrong)
    if number.extension:
        raise _refusal(written, "has an extension; a text goes to a number without one.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=REMEMBERED)
def customer(text: str, *, region: str = HOME) -> str:
    """The one stored spelling of a customer's number, who has a mobile phone: it texts.

    Not for numbers of ours, which may be lines. Raises NotANumber, as ``normalise`` does.
    """
    number = normalise(text, region=region)
    found = WITHOUT_MOBILE_9.fullmatch(number)
    mobile = f"+549{found[1]}" if found else number
    is_mobile = found and _type_of(mobile) == phonenumbers.PhoneNumberType.MOBILE
    return mobile if is_mobile else number


def _as_dialled_today(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """The number itself, or what an outlived writing of it has become."""
    if number.extension or phonenumbers.is_valid_number(number):
        return number
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for pattern, today in OUTLIVED:
        found = pattern.fullmatch(written)
        candidate = phonenumbers.parse(found.expand(today)) if found else None
        if candidate and phonenumbers.is_valid_number(candidate):
            return candidate
    return number


def with_plus(number: str) -> str:
    """A carrier's spelling of a number, which may lack the + in front; short codes have none."""
    digits = number.strip()
    return f"+{digits}" if digits.isdecimal() and len(digits) > LONGEST_SHORT_CODE else digits


def _refusal(written: str, why: str) -> NotANumber:
    kind = TooFewDigits if why == TOO_FEW else NotANumber
    return kind(f"“{written[:40]}” {why}")


def _is_several(written: str) -> bool:
    pieces = BETWEEN_NUMBERS.split(written)
    digits = (sum(character.isdigit() for character in piece) for piece in pieces)
    return bool(sum(count >= DIGITS_OF_A_NUMBER for count in digits) > 1)


def _is_national(digits: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except Unread:
        return False


def is_emergency(number: str, *, region: str) -> bool:
    """Whether a stored number calls for help in this country, as 911 does."""
    return is_short_code(number) and phonenumbers.is_emergency_number(number, region)


def is_short_code(number: str) -> bool:
    """Whether a stored number is a short code, which no country's numbering has."""
    return not number.startswith("+")


def is_known(number: str) -> bool:
    """Whether a stored number lies in a range that is known to be given out."""
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


def is_toll_free(number: str) -> bool:
    """Whether calling a stored number costs the caller nothing."""
    return bool(_type_of(number) == phonenumbers.PhoneNumberType.TOLL_FREE)


def is_virtual(number: str) -> bool:
    """Whether a stored number is of a kind that only leads to others (A7)."""
    return _type_of(number) in VIRTUAL


def _type_of(number: str) -> int:
    if is_short_code(number):
        return phonenumbers.PhoneNumberType.UNKNOWN
    return phonenumbers.number_type(phonenumbers.parse(number))


@lru_cache(maxsize=REMEMBERED)
def country_of(number: str) -> str:
    """The country of a stored number in two letters; empty for short codes and where there is none.

    A number the library does not know yet is the largest country's that shares its code.
    """
    try:
        parsed = phonenumbers.parse(number)
    except Unread:
        return ""
    assert parsed.country_code is not None
    country = phonenumbers.region_code_for_number(parsed)
    country = country or phonenumbers.region_code_for_country_code(parsed.country_code)
    return "" if country in NO_COUNTRY else country


def region_of(number: str) -> str:
    """The country in which a national writing is read beside a stored number."""
    return country_of(number) or HOME


def calling_code(region: str) -> str:
    """What stands in front of a country's numbers, such as ``+44``."""
    return f"+{phonenumbers.country_code_for_region(region)}"


@lru_cache(maxsize=REMEMBERED)
def display(number: str) -> str:
    """``+14155550123`` as people read it: ``+1 415-555-0123``. What cannot be parsed stays."""
    try:
        parsed = phonenumbers.parse(number)
    except Unread:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
