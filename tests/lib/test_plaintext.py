"""A25: what a text has that is more than plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.plaintext import first_emoji, first_link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("See https://acme.example/claims?id=4.", "https://acme.example/claims?id=4"),
        ("www.acme.example has it", "www.acme.example"),
        ("bit.ly/3xYz, please", "bit.ly/3xYz"),
        ("go to acme.com!", "acme.com"),
        ("HTTP://ACME.EXAMPLE", "HTTP://ACME.EXAMPLE"),
        ("It costs 3.50, i.e. little. Thanks.We will see", ""),
        ("Claim 4.2/7 and and/or", ""),
        ("Write to the office.", ""),
    ],
)
def test_A25_a_link_is_found(text, link):
    assert first_link(text) == link


@pytest.mark.parametrize("emoji", ["😀", "👍🏽"[0], "❤️", "☺️", "1️⃣", "🇺🇸"[0], "⭐", "✅", "⌚"])
def test_A25_an_emoji_is_found(emoji):
    assert first_emoji(f"Well {emoji} done").startswith(emoji[0])


@given(st.text(st.characters(max_codepoint=0x2000)) | st.sampled_from("→✓©™№…€“”–語Ж"))
def test_A25_letters_and_signs_of_any_script_are_no_emoji(text):
    assert first_emoji(text) == ""
