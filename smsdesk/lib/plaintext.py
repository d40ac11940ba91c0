"""What a text has that is more than plain text: links and emoji (A25)."""

from __future__ import annotations

import re

# With a scheme, with www, with a path behind a dot, or of the endings that nobody writes otherwise.
LINK = re.compile(
    r"https?://\S+"
    r"|\bwww\.\S+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|app|io|ly)\b",
    re.IGNORECASE,
)
# What phones draw as a picture of its own accord, or because a selector behind it asks for it.
EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615"
    "\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea"
    "\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757"
    "\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55]\ufe0f?|.\ufe0f\u20e3?|.\u20e3"
)


def first_link(text: str) -> str:
    """The first link of a text, without the sentence's full stop; empty where there is none."""
    found = LINK.search(text)
    return found.group().rstrip(".,;:!?)…") if found else ""


def first_emoji(text: str) -> str:
    """The first emoji of a text; empty where there is none."""
    found = EMOJI.search(text)
    return found.group() if found else ""
