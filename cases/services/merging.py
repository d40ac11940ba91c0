"""Two customers that are one person become one (N19)."""

from __future__ import annotations

from django.db import transaction

from agents.services.desks import touch_desks
from cases.models import Case, CaseLink, Customer, CustomerPhone
from cases.selectors.customers import agents_who_see_customer

MOST_TRIES = 20


class CannotMerge(Exception):
    """These cannot be merged now. Says why; nothing was changed."""


class _LinkedMeanwhile(Exception):
    """A conversation was linked to the one that goes, between two of our locks."""


@transaction.atomic
def merge_customers(*, keep_id: int, other_id: int) -> dict[str, int | list[str]]:
    """Give everything of ``other`` to ``keep``, and delete ``other``. Says what moved, in counts.

    Cases take their notes, logs and mentions along; consent is a number's, and stays. What ``keep``
    lacks is filled in, and what differs is kept in its notes. Raises CannotMerge.
    """
    if keep_id == other_id:
        raise CannotMerge("These are one customer already. Choose two.")
    for _ in range(MOST_TRIES):
        try:
            with transaction.atomic():
                kept, other = _locked_pair(keep_id, other_id)
                break
        except _LinkedMeanwhile:
            continue
    else:
        raise CannotMerge("Agents are at work with this customer. Try again in a moment.")
    seen_by = agents_who_see_customer(keep_id) | agents_who_see_customer(other_id)
    moved: dict[str, int | list[str]] = {
        "conversations": CaseLink.objects.filter(customer=other).update(customer=kept),
        "cases": Case.objects.filter(customer=other).update(customer=kept),
        "phone numbers": _move_phones(kept, other),
    }
    filled = _fill_in(kept, other)
    other.delete()
    touch_desks(seen_by)
    return moved | ({"filled in": filled} if filled else {})


def _locked_pair(keep_id: int, other_id: int) -> tuple[Customer, Customer]:
    """Both, locked after the links of the one that goes: in the order in which agents save.

    A link that was made between the two locks is none of those locked: then all are let go, and
    locked anew.
    """
    links = CaseLink.objects.filter(customer=other_id)
    locked = set(links.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    both = Customer.objects.select_for_update().filter(pk__in=[keep_id, other_id]).order_by("pk")
    rows = {row.pk: row for row in both}
    if len(rows) != len({keep_id, other_id}):
        raise CannotMerge("One of the two is not on file any more. Search for the person again.")
    if set(links.values_list("pk", flat=True)) - locked:
        raise _LinkedMeanwhile
    return rows[keep_id], rows[other_id]


def _move_phones(kept: Customer, other: Customer) -> int:
    """The numbers that ``kept`` has not; those that both have are one."""
    own = CustomerPhone.objects.filter(customer=kept).values("number")
    return (
        CustomerPhone.objects.filter(customer=other).exclude(number__in=own).update(customer=kept)
    )


def _fill_in(kept: Customer, other: Customer) -> list[str]:
    """Fill in what ``kept`` lacks; keep in its notes what ``other`` has otherwise."""
    filled, otherwise = [], []
    for field in ("name", "email", "address"):
        value, own = getattr(other, field), getattr(kept, field)
        if value and not own:
            setattr(kept, field, value)
            filled.append(field)
        elif value and value != own:
            otherwise.append(f"{field}: {value}")
    also = f"Also on file before two entries were merged – {'; '.join(otherwise)}"
    lines = [kept.notes, also if otherwise else "", other.notes]
    kept.notes = "\n".join(filter(None, lines))
    created_at = min(kept.created_at, other.created_at)
    Customer.objects.filter(pk=kept.pk).update(
        name=kept.name,
        email=kept.email,
        address=kept.address,
        notes=kept.notes,
        created_at=created_at,
    )
    return filled
