"""The desk's clock is the database's, so that every process agrees, however its own is set."""

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
