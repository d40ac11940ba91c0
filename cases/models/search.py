"""How customers and cases are searched: by the beginnings of words, in any order (G9)."""

from __future__ import annotations

from django.contrib.postgres.search import SearchVector
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat

# Told apart for PostgreSQL, which would keep an e-mail address or 12/14 as one word.
BETWEEN_WORDS = ".,;:@/\\-_+'’\"“”()[]{}<>#&*|=~!?%$^`"


def words_of(*fields: str) -> SearchVector:
    """The words of these fields, as they are, in whatever language."""
    pieces = [piece for field in fields for piece in (F(field), Value(" "))]
    plain = Func(
        Concat(*pieces, output_field=TextField()),
        Value(BETWEEN_WORDS),
        Value(" " * len(BETWEEN_WORDS)),
        function="translate",
        output_field=TextField(),
    )
    return SearchVector(plain, config="simple")
