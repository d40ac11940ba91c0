"""Colleagues named in a note: @ and a username, as in ``@robin`` (N4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# A username as Django allows it, behind an @ that begins a word: an e-mail address names nobody.
NAMED = re.compile(r"(?<![^\s(\[{\"'“,;:])@([\w.@+-]{1,150})")
# Allowed in a username, and yet more often the sentence's.
TRAILING = ".@+-"


class Named(NamedTuple):
    """A place in a text that may name somebody, and the username it says."""

    start: int
    end: int
    username: str


def named_in(text: str) -> Iterator[tuple[Named, Named]]:
    """Every place that may be a mention: read as it stands, and without its last punctuation."""
    for match in NAMED.finditer(text):
        whole = match.group(1)
        bare = whole.rstrip(TRAILING)
        yield (
            Named(match.start(), match.end(), whole),
            Named(match.start(), match.start(1) + len(bare), bare),
        )
