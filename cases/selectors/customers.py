"""Who a number may be."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F, Max

from cases.models import CaseLink, Customer, CustomerPhone

if TYPE_CHECKING:
    from collections.abc import Collection


def customers_with(address: str) -> list[Customer]:
    """Customers who have this number, the one seen last first; then by id (G1, G6)."""
    return list(
        Customer.objects.filter(phones__number=address)
        .annotate(last_case_at=Max("cases__updated_at"))
        .prefetch_related("phones")
        .order_by(F("last_case_at").desc(nulls_last=True), "pk")
    )


def names_by_address(addresses: Collection[str]) -> dict[str, list[str]]:
    """The names of all matches of each number; a number without a match is left out."""
    found: dict[str, list[str]] = defaultdict(list)
    phones = CustomerPhone.objects.filter(number__in=addresses).select_related("customer")
    for phone in phones.order_by("number", "customer_id"):
        found[phone.number].append(phone.customer.name)
    return dict(found)


def names_for(addresses: Collection[str]) -> dict[str, str]:
    """The name behind each number that has exactly one match."""
    found = names_by_address(addresses)
    return {address: names[0] for address, names in found.items() if len(names) == 1}


def match_counts(addresses: Collection[str]) -> dict[str, int]:
    """How many customers have each number (C8)."""
    found = names_by_address(addresses)
    return {address: len(found.get(address, [])) for address in addresses}


def linked_names(interaction_ids: Collection[int]) -> dict[int, str]:
    """The name of the customer each conversation was linked to, chosen or popped."""
    links = CaseLink.objects.filter(interaction__in=interaction_ids, customer__isnull=False)
    return dict(links.values_list("interaction_id", "customer__name"))
