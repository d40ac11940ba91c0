"""What stands for a phone number that was erased. All of it fits where a number does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from smsdesk.lib.sealed import sealing_keys


def nobody() -> str:
    """A new name that leads to no number: it only tells one erased person from another."""
    return f"erased {secrets.token_hex(6)}"


def keyed(number: str) -> str:
    """The name by which the number is known again when it is given, and by nobody without a key."""
    return _keyed(number, sealing_keys()[0])


def spellings(number: str) -> list[str]:
    """The number itself, and each name that ``keyed`` ever gave it."""
    return [number, *(_keyed(number, key) for key in sealing_keys())]


def _keyed(number: str, key: str) -> str:
    # There are few enough numbers to try them all, so without a key this would hide nothing.
    secret = b"smsdesk pseudonym\x1f" + key.encode()
    digest = hmac.new(secret, number.encode(), hashlib.sha256).digest()
    return f"#{base64.b32encode(digest).decode()[:19]}"
