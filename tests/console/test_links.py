"""F16, F17: links and phone numbers in texts are clickable, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smsdesk.console.links import linked
from smsdesk.console.words import clock, initials

BLANK = 'target="_blank" rel="noopener noreferrer"'


def test_F16_a_web_address_opens_a_new_tab():
    assert linked("See https://a.example/x?b=1&c=2.") == (
        f'See <a href="https://a.example/x?b=1&amp;c=2" {BLANK}>'
        "https://a.example/x?b=1&amp;c=2</a>."
    )


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "ftp://a.example", "www.example.com", "data:text/html,x"]
)
def test_only_http_and_https_are_links(text):
    assert linked(text) == text


def test_brackets_belong_to_the_sentence_unless_opened_in_the_address():
    assert ">https://a.example</a>)" in linked("(https://a.example)")
    assert ">https://a.example/x_(y)</a>" in linked("https://a.example/x_(y)")


def test_F17_a_phone_number_is_a_tel_link():
    assert linked("Call (415) 555-0177 now") == (
        'Call <a href="tel:+14155550177">(415) 555-0177</a> now'
    )


@pytest.mark.parametrize("text", ["Claim 88-1204", "at 10:30 on 2026-11-22", "1234567"])
def test_other_numbers_are_left_alone(text):
    assert linked(text) == text


def test_S7_markup_is_escaped_around_and_inside():
    html = linked('<b>"https://a.example/<script>" & +14155550177\'')

    assert "<b>" not in html
    assert "<script>" not in html
    assert html.count("<a ") == 2


def test_a_huge_text_is_escaped_without_being_searched():
    assert linked("1 <" * 100_000).count("&lt;") == 100_000


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lovelace", "AL"), ("Cher", "C"), ("+1 415-555-0123", "23"), ("ليلى حسن", "لح")],
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0:00"), (41, "0:41"), (751, "12:31"), (3751, "1:02:31")]
)
def test_clock(seconds, words):
    assert clock(timedelta(seconds=seconds)) == words
