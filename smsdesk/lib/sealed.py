"""Secrets that are sealed in the database: who reads a dump or a backup does not read them."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import TextField

KEY_LOST = (
    "cannot be read any more, for the key that sealed it is not in SEALING_KEYS. An administrator"
    " puts the key back there, or writes the secret anew"
)


class Lost(str):
    """A secret that no key opens: empty to whoever uses it, kept as it is when it is saved."""

    __slots__ = ("sealed",)
    sealed: str


class SealedField(TextField):  # type: ignore[type-arg]
    """Text that is sealed on its way into the database, and opened on its way out."""

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return None if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        return value.sealed if isinstance(value, Lost) else seal(str(value))

    def get_lookup(self, lookup_name: str) -> Any:
        """Nothing is found by it: the same text is sealed differently each time."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def seal(text: str) -> str:
    """Seal with the newest key."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Open with whichever key fits; ``Lost`` where none does."""
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        lost = Lost()
        lost.sealed = sealed
        return lost


def sealing_keys() -> tuple[str, ...]:
    """The newest first. The desk's own is the last: it is for what was sealed before another."""
    own: list[str] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]  # type: ignore[list-item]
    return (*settings.SEALING_KEYS, *own)


def _fernet() -> MultiFernet:
    return _fernet_of(sealing_keys())


@lru_cache(maxsize=4)
def _fernet_of(keys: tuple[str, ...]) -> MultiFernet:
    digests = [hashlib.sha256(b"smsdesk sealed\x1f" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
