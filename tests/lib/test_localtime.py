"""The time of day where a phone number is at home."""

from __future__ import annotations

import pytest

from smsdesk.lib.localtime import zone_of


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+14155550123", "America/Los_Angeles"),
        ("+12125550123", "America/New_York"),
        ("+4915112345678", "Europe/Berlin"),
        ("+442079460958", "Europe/London"),
    ],
)
def test_a_number_of_one_region_has_its_clock(number, zone):
    assert zone_of(number) == zone


@pytest.mark.parametrize("number", ["+18005550123", "+79161234567", "24453", "+999", "ACME", ""])
def test_a_number_of_several_clocks_or_of_none_has_no_clock(number):
    assert zone_of(number) == ""
