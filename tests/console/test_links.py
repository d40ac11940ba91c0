"""F16, F17: links and phone numbers in texts are clickable, and nothing else is."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
        'Call <a href="tel:+14155550177">(415) 555-0177</a>'
        '<button type="button" class="text-to" data-text-to="+14155550177"'
        ' aria-label="Text +14155550177"></button> now'
    )


@pytest.mark.parametrize("text", ["Claim 88-1204", "at 10:30 on 2026-11-22", "1234567"])
def test_other_numbers_are_left_alone(text):
    assert linked(text) == text


def test_S7_markup_is_escaped_around_and_inside():
    html = linked('<b>"https://a.example/<script>" & +14155550177\'')

    assert "<b>" not in html
    assert "<script>" not in html
    assert html.count("<a ") == 2


SCHEME_ONLY = ["https://", "http://.", "see https://..."]


@pytest.mark.parametrize("text", SCHEME_ONLY)
def test_an_address_without_a_host_is_no_link(text):
    assert linked(text) == text


def test_S7_an_address_ends_where_the_direction_of_text_is_turned():
    assert linked("https://a.example/\u202egpj.exe").startswith(
        f'<a href="https://a.example/" {BLANK}>https://a.example/</a>\u202e'
    )


class Reader(HTMLParser):
    """Reads what a browser would: the text, and the links in it."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.text, self.tags = "", []
        self.feed(html)
        self.close()

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


PIECES = st.sampled_from(
    [
        "https://",
        "http://a.b/(",
        "HTTPS://x.example/?q=<script>",
        "+1 415 555 0177",
        "(415) 555-0177",
        "<img src=x onerror=alert(1)>",
        '"',
        "'",
        "&amp;",
        "tel:",
        "javascript:alert(1)",
        "مرحبا",
        "\u202e",
        "👨‍👩‍👧",
        ".",
        ")",
        "\n",
    ]
)
TEXTS = st.lists(
    PIECES | st.text(st.characters(exclude_characters="\r\x00"), max_size=20), max_size=12
)


@given(TEXTS.map("".join))
@example("x" * 5000)
def test_F16_F17_S7_any_text_reads_as_it_was_written_and_holds_safe_links_only(text):
    read = Reader(linked(text))

    assert read.text == text
    for tag, attributes in read.tags:
        if tag == "button":
            assert re.fullmatch(r"\+\d+", attributes["data-text-to"])
            continue
        assert tag == "a"
        assert re.fullmatch(r"(?i)https?://.+|tel:\+\d+", attributes.pop("href"), re.DOTALL)
        assert attributes in ({}, {"target": "_blank", "rel": "noopener noreferrer"})


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
