"""What a customer's own words ask for: no more texts, texts again, or help (N1). Pure."""

from __future__ import annotations

import re
import unicodedata

from routing.carriers.base import Wish

OUT = frozenset(
    {"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE"}
    | {"OPTOUT", "OPT OUT"}
)
IN = frozenset({"START", "UNSTOP"})
# An answer to many a question: it opts in only somebody who is out.
IN_AGAIN = "YES"
HELP = frozenset({"HELP", "INFO"})
KEYWORDS = OUT | IN | HELP | {IN_AGAIN}

LETTER = re.compile(r"[^\W_]")
BETWEEN = re.compile(r"[\s_\u2010-\u2015-]+")
# Whoever writes one of these says something of it, though perhaps of a bus stop.
TELLING = re.compile(
    r"\b(stop|stopall|unsubscribe[ds]?|opt(?:ing|ed)?[ -]?out|revoke)\b", re.IGNORECASE
)
# And whoever wants less of what texts are, whatever word it is said with.
NO_MORE = re.compile(
    r"\b(quit|cease|end|cancel|no more|don['’]?t|do not|never)\b.{0,30}"
    r"\b(text(?:s|ed|ing)?|mess(?:age|ages|aged|aging)|sms|contact\w*)\b"
    r"|\b(remove me|take me off|leave me alone|lose my number|delete my number)\b",
    re.IGNORECASE | re.DOTALL,
)


def keyword_of(body: str) -> str:
    """The word or two that a text is, in capitals: what stands around them does not count.

    A text that says more is no keyword, whatever it begins with.
    """
    first, last = LETTER.search(body), LETTER.search(body[::-1])
    if first is None or last is None:
        return ""
    words = body[first.start() : len(body) - last.start()]
    # As some keyboards have it, a letter is as wide as a Chinese one.
    return BETWEEN.sub(" ", unicodedata.normalize("NFKC", words)).upper()


def wish_of(body: str, *, is_out: bool) -> Wish | None:
    """What a text asks for that is a keyword and nothing else; None for every other text."""
    word = keyword_of(body)
    if word in OUT:
        return Wish.STOP
    if word in IN or (word == IN_AGAIN and is_out):
        return Wish.START
    return Wish.HELP if word in HELP else None


def may_ask_to_stop(body: str) -> bool:
    """Whether a person should look if the text, which is no keyword, asks for no more texts."""
    return bool(TELLING.search(body) or NO_MORE.search(body))
