"""A1, A6: one spelling for every number, and no number made of what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsdesk.lib.phone import NotANumber, display, normalise


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


def test_A1_a_national_writing_is_read_in_its_region():
    assert normalise("020 7183 8750", region="GB") == "+442071838750"


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
        ("+1415", "“+1415” has too few or too many digits for a phone number."),
        ("+1415555012345", "“+1415555012345” has too few or too many digits for a phone number."),
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
