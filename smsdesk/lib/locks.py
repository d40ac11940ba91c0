"""Advisory locks of PostgreSQL, for what has no row to lock yet. Held until the commit."""

from __future__ import annotations

import hashlib

from django.db import connection


def lock_until_commit(*parts: object) -> None:
    """Wait for the lock named by ``parts``. Taken before any row lock, never after one."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    key = int.from_bytes(digest, signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
