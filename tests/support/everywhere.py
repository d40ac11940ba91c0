"""Where in the whole database something stands."""

from __future__ import annotations

from typing import Any

from django.db import connection


def found_anywhere(*needles: str) -> list[tuple[str, str, str]]:
    """In which columns of which tables any of these stands, in whatever case."""
    with connection.cursor() as cursor:
        return found_by(cursor, *needles)


def found_by(cursor: Any, *needles: str) -> list[tuple[str, str, str]]:
    """The same, for any cursor of psycopg or Django."""
    cursor.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN"
        " ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY')"
    )
    found = []
    for table, column, kind in cursor.fetchall():
        as_text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        for needle in needles:
            cursor.execute(
                f'SELECT 1 FROM "{table}" WHERE {as_text} ILIKE %s LIMIT 1',  # noqa: S608 - ours
                [f"%{needle}%"],
            )
            if cursor.fetchone():
                found.append((table, column, needle))
    return found
