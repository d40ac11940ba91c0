"""What a text costs by the price list (A9, N3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.models import Destination
from smsdesk.lib import phone
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from decimal import Decimal


def price_per_part(address: str) -> Decimal | None:
    """What each part of a text to this number costs; None where its country is not listed."""
    prices = _price_in(phone.country_of(address))
    return prices[0] if prices else None


_price_in = Prepared(
    lambda country: Destination.objects.filter(country=country).values_list(
        "price_per_part", flat=True
    )
)


def price_list() -> dict[str, Decimal]:
    """What each part of a text costs, by country; a country that is not listed is not there."""
    return dict(Destination.objects.values_list("country", "price_per_part"))
