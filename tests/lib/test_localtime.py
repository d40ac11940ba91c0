"""The time of day where a phone number is at home."""

from __future__ import annotations

import pytest

from smsdesk.lib.localtime import zone_of, zones_at, zones_of


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


@pytest.mark.parametrize(
    ("address", "zones"),
    [
        ("12 Main Street\nPhoenix, AZ 85001", {"America/Phoenix"}),
        ("1 King St W, Toronto ON M5H 1A1", {"America/Toronto", "America/Winnipeg"}),
        ("9 Elm, Boise, ID  83702-1234, USA", {"America/Denver", "America/Los_Angeles"}),
        ("PO Box AK 99501, then moved to Honolulu HI 96801", {"Pacific/Honolulu"}),
        ("Torstraße 1, 10115 Berlin", set()),
        ("in 12345", set()),
        ("", set()),
    ],
)
def test_N17_a_postal_address_of_the_us_or_canada_has_its_clocks(address, zones):
    assert set(zones_at(address)) == zones


def test_N17_a_toll_free_number_may_be_anywhere_in_its_plan():
    assert {"America/New_York", "Pacific/Honolulu"} <= set(zones_of("+18005550123"))
    assert zones_of("24453") == ()
