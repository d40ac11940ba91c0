"""F16, F17: links and phone numbers in texts are clickable, and nothing else is."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsdesk.console.links import linked
from smsdesk.console.words import clock, initials

SAFE = {"target": "_blank", "rel": "noopener noreferrer nofollow"}
BLANK = " ".join(f'{name}="{value}"' for name, value in SAFE.items())

REGIONS = ["US", "GB", "IE", "FR", "DE", "DK", "NO", "ES", "AU", "IN", "BR", "JP", "ZA"]


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
        ' aria-label="Text +1 415-555-0177" title="Text +1 415-555-0177"></button> now'
    )


def test_I1_who_may_not_text_first_reads_why_at_the_number():
    html = linked("(415) 555-0177", why_no_text='You "may" not')

    assert '<button type="button" class="text-to" data-text-to="+14155550177"' in html
    assert ' disabled title="You &quot;may&quot; not" aria-describedby="why-no-text">' in html
    assert '<a href="tel:+14155550177">' in html


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("text", ["Claim 88-1204", "at 10:30 on 2026-11-22", "22.11.2026", "10.99"])
def test_other_numbers_are_left_alone(text, region):
    assert linked(text, region=region) == text


@pytest.mark.parametrize("text", ["1234567", "88120412"])
def test_F17_a_short_number_is_none_where_no_such_is_given_out(text):
    assert linked(text, region="US") == text


@given(
    st.sampled_from(REGIONS),
    st.sampled_from(
        [phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL]
    ),
    st.sampled_from(["", "Call ", "Ring: ", "اتصل "]),
    st.sampled_from(["", ".", " now", "\nor write"]),
)
def test_F17_a_number_is_read_as_it_is_written_in_its_country(region, writing, before, after):
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    written = phonenumbers.format_number(number, writing)
    stored = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    html = linked(f"{before}{written}{after}", region=region)

    assert f'{before}<a href="tel:{stored}">{written}</a>' in html
    assert f'data-text-to="{stored}"' in html


def test_F17_the_same_digits_are_another_number_elsewhere():
    assert 'href="tel:+442071838750"' in linked("020 7183 8750", region="GB")
    assert 'href="tel:+12071838750"' in linked("(207) 183-8750", region="US")


def test_F16_F17_every_line_of_a_transcript_is_searched_however_many_there_are():
    lines = [f"[{n}:07] Customer: (415) 555-0177, https://a.example/{n}" for n in range(400)]

    html = linked("\n".join(lines))

    assert html.count('<a href="tel:+14155550177">') == 400
    assert html.count(BLANK) == 400
    assert html.count("\n") == 399


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


@given(TEXTS.map("".join), st.sampled_from(REGIONS), st.sampled_from(["", 'no "<b>"']))
@example("x" * 9000, "US", "")
def test_F16_F17_S7_any_text_reads_as_it_was_written_and_holds_safe_links_only(text, region, why):
    read = Reader(linked(text, region=region, why_no_text=why))

    assert read.text == text
    for tag, attributes in read.tags:
        if tag == "button":
            assert re.fullmatch(r"\+\d+", attributes["data-text-to"])
            assert ("disabled" in attributes) == bool(why)
            assert attributes["title"] == (why or attributes["aria-label"])
            continue
        assert tag == "a"
        assert re.fullmatch(r"(?i)https?://.+|tel:\+\d+", attributes.pop("href"), re.DOTALL)
        assert attributes in ({}, SAFE)


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
