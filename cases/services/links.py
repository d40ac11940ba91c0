"""What ties a conversation to its customer and its case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.models import CaseLink, Customer

if TYPE_CHECKING:
    from routing.models import Interaction


def locked_link(interaction: Interaction) -> CaseLink:
    """The conversation's link, locked until commit; made where there was none."""
    CaseLink.objects.bulk_create([CaseLink(interaction=interaction)], ignore_conflicts=True)
    # Locked alone and read then: in a join with what it points to, a row that was changed while we
    # waited for its lock is joined to what it pointed to before.
    link = CaseLink.objects.select_for_update(no_key=True).get(interaction=interaction)
    return CaseLink.objects.select_related("customer", "case").get(pk=link.pk)


def locked_customer(customer_id: int) -> Customer | None:
    """The customer, there until commit; None where they were merged into another or deleted.

    Locked after the conversation's link and before a case, here as everywhere.
    """
    return Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
