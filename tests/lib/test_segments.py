"""F13-F15: the encoding of a text, and into how many parts a carrier cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.segments import (
    BASIC,
    CHEAPER,
    EXTENSION,
    NAMES,
    TABLE,
    SegmentPlan,
    cheaper,
    plan,
)


def foreign(text: str) -> list[str]:
    """The characters that make ``text`` UCS-2, each once."""
    return [char for char in dict.fromkeys(text) if char not in BASIC and char not in EXTENSION]


WINK = "\N{WINKING FACE}"  # outside the basic plane: two UTF-16 units

gsm_texts = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=700)
any_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("hello", "GSM-7", 5, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 1500, "GSM-7", 1500, 10),
        # extension characters take two septets each
        ("^{}\\[~]|€\f", "GSM-7", 20, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        # … and are not split: 152 septets and a euro leave the first part one septet short
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("Ça và, ÅÄÖ ñ ß ¿§", "GSM-7", 17, 1),
        # one character outside the alphabet makes all of it UCS-2
        ("ç", "UCS-2", 1, 1),
        ("`", "UCS-2", 1, 1),
        ("tab\there", "UCS-2", 8, 1),
        ("no-break\N{NO-BREAK SPACE}space", "UCS-2", 14, 1),
        ("“quoted”", "UCS-2", 8, 1),
        ("Ж" * 70, "UCS-2", 70, 1),
        ("Ж" * 71, "UCS-2", 71, 2),
        ("Ж" * 134, "UCS-2", 134, 2),
        ("Ж" * 135, "UCS-2", 135, 3),
        (WINK * 35, "UCS-2", 70, 1),
        (WINK * 36, "UCS-2", 72, 2),
        # 67 units hold 33 pairs: no pair is split, so 67 of them take three parts
        (WINK * 66, "UCS-2", 132, 2),
        (WINK * 67, "UCS-2", 134, 3),
        ("Ж" * 66 + WINK + "Ж" * 65, "UCS-2", 133, 2),
        ("Ж" * 66 + WINK + "Ж" * 66, "UCS-2", 134, 3),
    ],
)
def test_F14_known_texts_are_cut_as_carriers_cut_them(text, encoding, units, parts):
    assert plan(text) == SegmentPlan(encoding, units, parts, len(text))


@given(any_texts)
def test_F14_units_are_the_septets_or_the_utf16_units(text):
    planned = plan(text)

    if set(text) <= BASIC | EXTENSION:
        expected = ("GSM-7", len(text) + sum(char in EXTENSION for char in text))
    else:
        expected = ("UCS-2", len(text.encode("utf-16-be")) // 2)
    assert (planned.encoding, planned.units) == expected


@given(st.one_of(any_texts, gsm_texts))
def test_F14_parts_hold_the_text_with_at_most_one_unit_lost_at_each_cut(text):
    planned = plan(text)
    single, many = (160, 153) if planned.encoding == "GSM-7" else (70, 67)

    if planned.units <= single:
        assert planned.parts == (1 if text else 0)
    else:
        assert planned.units <= planned.parts * many
        assert planned.units > (planned.parts - 1) * (many - 1)


@pytest.mark.parametrize(
    ("dear", "cheap"),
    [
        ("“It’s here” – see", '"It\'s here" - see'),
        ("one\N{NO-BREAK SPACE}two\tthree…", "one two three..."),
        ("no\N{ZERO WIDTH SPACE}thing", "nothing"),
        ("line\u2028line", "line\nline"),
        # what has no plain character stays as it is, a letter above all
        (f"çava {WINK}", f"çava {WINK}"),
    ],
)
def test_N3_a_dear_text_is_made_cheap_where_that_says_the_same(dear, cheap):
    assert cheaper(dear) == cheap


@given(any_texts)
def test_N3_making_cheap_never_costs_more_and_once_is_enough(text):
    cheap = cheaper(text)

    assert cheaper(cheap) == cheap
    assert set(foreign(cheap)) == set(foreign(text)) - set(CHEAPER)
    if plan(cheap).encoding == "GSM-7" != plan(text).encoding and len(cheap) <= len(text):
        assert plan(cheap).parts <= plan(text).parts


def test_N3_the_table_replaces_only_what_is_dear_and_only_by_what_is_cheap():
    assert all(foreign(dear) == [dear] and not foreign(cheap) for dear, cheap in CHEAPER.items())
    assert {dear for dear in CHEAPER if not dear.isprintable()} <= set(NAMES) <= set(CHEAPER)


def test_N3_the_browsers_table_is_the_servers():
    assert set(TABLE["basic"]) == BASIC
    assert set(TABLE["extension"]) == EXTENSION
    assert TABLE["cheaper"] == CHEAPER
