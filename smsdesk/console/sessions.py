"""Sessions in the database, as Django's, but asked only for keys that could be ours.

This is the one place that pages and sockets share. A key with a NUL in it, which PostgreSQL
refuses to look for, is no session, not an error.
"""

from __future__ import annotations

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(DatabaseSessions):
    """A browser's session; a cookie that holds nonsense opens a new one."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and KEY.fullmatch(key) is not None
