"""What is on file of a number, in a line, for whoever has not accepted its text yet (C2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from django.db.models import F

from cases.models import Case

if TYPE_CHECKING:
    from collections.abc import Collection

    from django_stubs_ext import WithAnnotations

    class Address(TypedDict):
        address: str

    CaseOfAddress = WithAnnotations[Case, Address]


def last_cases(addresses: Collection[str]) -> dict[str, Case]:
    """The case of each number that was worked on last; a number without a case is left out."""
    cases = (
        Case.objects.filter(customer__phones__number__in=addresses)
        .annotate(address=F("customer__phones__number"))
        .order_by("address", "-updated_at", "-pk")
        .distinct("address")
    )
    return {case.address: case for case in cast("list[CaseOfAddress]", list(cases))}
