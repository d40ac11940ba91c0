"""N4: which places of a text may name somebody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.mentions import named_in


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@robin", [("robin", "robin")]),
        ("hi @robin. (@lea)", [("robin.", "robin"), ("lea", "lea")]),
        ("“@ليلى”", [("ليلى", "ليلى")]),
        ("a@b @", []),
        ("@...", [("...", "")]),
    ],
)
def test_N4_an_at_that_begins_a_word_names_somebody(text, read):
    assert [(whole.username, bare.username) for whole, bare in named_in(text)] == read


@given(st.text(st.sampled_from("@ab.+-_ (é\u202e\n")))
def test_N4_both_readings_stand_where_they_say(text):
    end = 0
    for whole, bare in named_in(text):
        assert end <= whole.start == bare.start < bare.end <= whole.end
        assert text[whole.start : whole.end] == f"@{whole.username}"
        assert text[bare.start : bare.end] == f"@{bare.username}"
        end = whole.end
