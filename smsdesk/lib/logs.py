"""How a line of the log is written: without what customers wrote and without their numbers."""

from __future__ import annotations

import logging
import re

# PostgreSQL tells with an error which row was refused, words and numbers and all. It is the last
# of what an exception says, so it ends where the next exception of a chain begins.
ROW = re.compile(
    r"\n?(DETAIL|CONTEXT): .*?(?=\n\n(The above exception|During handling)|\Z)", re.DOTALL
)
NUMBER = re.compile(r"(\+|%2B)\d{7,15}", re.IGNORECASE)


class LineFormatter(logging.Formatter):
    """Leaves out rows of the database, and all but the plus sign of phone numbers."""

    def format(self, record: logging.LogRecord) -> str:
        return NUMBER.sub("+…", ROW.sub("", super().format(record)))
