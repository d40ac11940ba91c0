"""``invariants.sql`` as an assertion, for any cursor of psycopg or Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

SCRIPT = Path(__file__).with_suffix(".sql").read_text()


class Cursor(Protocol):
    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> list[Any]: ...


def broken_invariants(cursor: Cursor, *, late: str = "5 seconds") -> list[tuple[str, str]]:
    """What is broken, and for what row. What is due may be ``late``, an interval, before it is."""
    cursor.execute("SELECT set_config('smsdesk.late', %s, false)", [late])
    cursor.execute(SCRIPT)
    return [(str(broken), str(what)) for broken, what in cursor.fetchall()]


def assert_invariants(cursor: Cursor, *, late: str = "5 seconds") -> None:
    """Fail with every invariant that is broken now."""
    broken = broken_invariants(cursor, late=late)
    assert broken == [], "\n".join(f"{name}: {what}" for name, what in broken)
