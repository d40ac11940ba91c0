"""N1: which texts ask for no more texts, texts again, or help, and which a person should read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.carriers.base import Wish
from routing.services.wishes import HELP, IN, OUT, keyword_of, may_ask_to_stop, wish_of

WORDS = sorted(OUT | IN | HELP)
AROUND = st.text(alphabet=" \t\n.,;:!?'\"“”«»()[]*-_…🛑✋🏽👍\ufe0f\u200d\u200b", max_size=5)


@given(word=st.sampled_from(WORDS), before=AROUND, behind=AROUND, data=st.data())
def test_N1_a_keyword_counts_in_any_case_whatever_stands_around_it(word, before, behind, data):
    cased = "".join(data.draw(st.sampled_from([c.upper(), c.lower()])) for c in word)

    assert keyword_of(f"{before}{cased}{behind}") == word


@given(word=st.sampled_from(WORDS), more=st.from_regex(r"[a-z0-9]+", fullmatch=True))
def test_N1_a_keyword_with_another_word_is_none(word, more):
    for body in (f"{word} {more}", f"{more} {word}", f"{word}{more}"):
        if keyword_of(body) not in OUT | IN | HELP:
            assert wish_of(body, is_out=True) is None


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        ("STOP ALL", Wish.STOP),
        ("stop-all", Wish.STOP),
        ("Opt out", Wish.STOP),
        ("opt\u2011out.", Wish.STOP),
        ("“Stop”", Wish.STOP),
        ("STOP 🛑", Wish.STOP),
        ("#stop", Wish.STOP),
        ("Unstop!", Wish.START),
        ("help?", Wish.HELP),
        ("\uff33\uff34\uff2f\uff30\uff01", Wish.STOP),  # full width
        ("INFO", Wish.HELP),
        ("st op", None),
        ("STOPS", None),
        ("STOP2END", None),
        ("", None),
        ("?!", None),
    ],
)
def test_N1_what_a_text_asks_for(body, wish):
    assert wish_of(body, is_out=False) is wish


def test_N1_a_text_as_long_as_a_request_may_be_is_read_at_once():
    long = f"a{'.' * 250_000}a"
    begun = time.monotonic()

    assert wish_of(long, is_out=True) is None
    assert not may_ask_to_stop(long)

    assert time.monotonic() - begun < 20


def test_N1_yes_opts_in_only_who_is_out():
    assert wish_of("Yes", is_out=True) is Wish.START
    assert wish_of("Yes", is_out=False) is None


@pytest.mark.parametrize(
    "body",
    [
        "please stop by at 5",
        "please stop texting me",
        "Stop it",
        "STOP!! I said stop",
        "How do I unsubscribe?",
        "I'd like to opt out of this",
        "I opted out last week",
        "I revoke my consent",
        "Don’t text this number again",
        "do not ever contact me",
        "no more messages please",
        "quit messaging my wife",
        "Remove me from your list",
        "take me off",
        "Leave me alone",
    ],
)
def test_N1_who_may_ask_for_no_more_texts_is_read_by_a_person(body):
    assert may_ask_to_stop(body)


@pytest.mark.parametrize(
    "body",
    [
        "Can I cancel my policy?",
        "at the end of the week",
        "I quit my job, does that change my cover?",
        "Where is my claim?",
        "The bus stops here",  # the word itself is STOP
        "nonstop rain",
        "Please text me the form",
        "I don't know",
        "",
    ],
)
def test_N1_ordinary_texts_are_not_flagged(body):
    assert not may_ask_to_stop(body)
