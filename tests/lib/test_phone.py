"""A1, A6: one spelling for every number, and no number made of what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.countries import country_name, flag
from smsdesk.lib.phone import NotANumber, country_of, customer, display, normalise, with_plus


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+14155550123", "+14155550123"),
        ("  +1 (415) 555-0123 ", "+14155550123"),
        ("415.555.0123", "+14155550123"),
        ("14155550123", "+14155550123"),
        ("+442071838750", "+442071838750"),
        # Twilio's own example number is possible, though not valid
        ("+15558675310", "+15558675310"),
        # full-width digits and plus, and a mark that only sets the direction of writing
        (
            "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff12\uff13",
            "+14155550123",
        ),
        ("\u200e+14155550123", "+14155550123"),
        # short codes stay as they are
        ("24453", "24453"),
        ("384387", "384387"),
        ("911", "911"),
    ],
)
def test_A1_a_number_has_one_stored_spelling(written, stored):
    assert normalise(written) == stored


VARIANTS = [
    # Mexico: the 1 before mobile numbers is gone since 2019
    ("+5215512345678", "+525512345678"),
    ("+52 1 55 1234 5678", "+525512345678"),
    ("+525512345678", "+525512345678"),
    ("+52155123456789", None),  # too long for either
    # Brazil: mobile numbers have a ninth digit, lines have none
    ("+551187654321", "+5511987654321"),
    ("+5511987654321", "+5511987654321"),
    ("+551132345678", "+551132345678"),
    # Argentina: 9 behind the country, or 15 behind the area
    ("+5491150123456", "+5491150123456"),
    ("+541150123456", "+5491150123456"),
    ("+54 11 15 5012 3456", "+5491150123456"),
    ("+543512345678", "+5493512345678"),
    ("+548001234567", "+548001234567"),  # toll-free
    # the trunk's 0, which Italians keep
    ("+44 (0)20 7183 8750", "+442071838750"),
    ("+39 06 1234 5678", "+390612345678"),
    # neither is parsed
    ("24453", "24453"),
    ("ACME2025", None),
    # possible, not valid; and toll-free
    ("+15558675310", "+15558675310"),
    ("+1 800 555 0199", "+18005550199"),
]


@pytest.mark.parametrize(("written", "stored"), VARIANTS)
def test_A1_the_variants_of_a_customers_number_are_one(written, stored):
    if stored is None:
        with pytest.raises(NotANumber):
            customer(written, region="AR")
    else:
        assert customer(written, region="US") == stored
        assert customer(stored, region="AR") == stored


def test_A1_a_number_of_ours_may_be_a_line_and_stays_one():
    assert normalise("+541150123456") == "+541150123456"


def test_A1_a_national_writing_is_read_in_its_region():
    assert normalise("020 7183 8750", region="GB") == "+442071838750"


def test_A1_bare_digits_are_a_number_where_numbers_are_as_short_as_short_codes():
    assert normalise("20123456", region="DK") == "+4520123456"
    assert normalise("1415", region="DK") == "1415"
    assert normalise("20123456", region="US") == "20123456"


@pytest.mark.parametrize(
    ("number", "country", "name"),
    [
        ("+14155550123", "US", "United States"),
        ("+16135550123", "CA", "Canada"),
        ("+442071838750", "GB", "Britain (UK)"),
        ("+15558675310", "US", "United States"),  # possible only: no area of it is known
        ("+881612345678", "", ""),  # a satellite phone
        ("24453", "", ""),
        ("ACME", "", ""),
    ],
)
def test_A9_a_number_has_a_country(number, country, name):
    assert country_of(number) == country
    assert country_name(country) == name


def test_a_country_has_a_flag():
    assert flag("US") == "\U0001f1fa\U0001f1f8"
    assert country_name("XX") == "XX"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("ACME2025", "“ACME2025” has letters in it; a phone number has digits only."),
        ("+1800FLOWERS", "“+1800FLOWERS” has letters in it; a phone number has digits only."),
        (
            "whatsapp:+14135550123",
            "“whatsapp:+14135550123” has letters in it; a phone number has digits only.",
        ),
        ("", "“” is not a phone number. Write it as +1 415 555 0123."),
        ("+999123456789", "“+999123456789” is not a phone number. Write it as +1 415 555 0123."),
        ("+1415", "“+1415” has too few digits for a phone number."),
        ("+1415555012345", "“+1415555012345” has too many digits for a phone number."),
        ("+49 1", "“+49 1” has too few digits for a phone number."),
        ("555-0123", "“555-0123” lacks the area code in front."),
        (
            "415-555-0123 #55",
            "“415-555-0123 #55” has an extension; a text goes to a number without one.",
        ),
    ],
)
def test_A1_what_is_no_number_is_refused_with_a_sentence(written, sentence):
    with pytest.raises(NotANumber) as refusal:
        normalise(written)

    assert str(refusal.value) == sentence


@given(st.text(max_size=30))
def test_A1_any_text_is_a_number_or_refused_and_a_stored_number_stays(text):
    try:
        stored = normalise(text)
    except NotANumber:
        return
    assert normalise(stored) == stored
    assert len(stored) <= 16


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("+14155550123", "+1 415-555-0123"), ("24453", "24453"), ("ACME", "ACME")],
)
def test_a_number_is_shown_as_people_read_it(stored, shown):
    assert display(stored) == shown


@pytest.mark.parametrize(
    ("spelled", "number"),
    [
        ("447911123456", "+447911123456"),
        ("15017122661", "+15017122661"),
        ("+15017122661", "+15017122661"),
        (" 15017122661", "+15017122661"),
        ("24453", "24453"),
        ("ACME2025", "ACME2025"),
        ("", ""),
    ],
)
def test_a_carriers_number_without_its_plus_is_read_as_international(spelled, number):
    assert with_plus(spelled) == number
