"""The desk's clock is the database's: every process agrees with it, however its own clock is set."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The database's wall clock, aware, in UTC. Interfaces read it and pass it down as ``now``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment
