"""Who a number may be."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest

from cases.models import Case, CaseLink, CaseState, ChatLog, Customer, CustomerPhone
from routing.selectors.access import agents_with
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection

    from routing.models import Interaction


def ranked(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those with an open case first, then those in touch last, then by id; with their phones.

    ``last_contact`` is when their last conversation began or ended; None: there was none.
    """
    of_this = {"customer": OuterRef("pk")}
    began = CaseLink.objects.filter(**of_this).values("customer")
    ended = ChatLog.objects.filter(case__customer=OuterRef("pk")).values("case__customer")
    return (
        customers.annotate(
            has_open_case=Exists(Case.objects.filter(**of_this, state=CaseState.OPEN)),
            last_contact=Greatest(
                Subquery(began.annotate(at=Max("interaction__initiated_at")).values("at")),
                Subquery(ended.annotate(at=Max("terminated_at")).values("at")),
            ),
        )
        .prefetch_related("phones")
        .order_by("-has_open_case", F("last_contact").desc(nulls_last=True), "pk")
    )


def customers_with(address: str) -> list[Customer]:
    """Customers who have this number, ranked: the first is the one preselected (G1, G6)."""
    return _customers_with(address)


_customers_with = Prepared(lambda address: ranked(Customer.objects.filter(phones__number=address)))


def names_by_address(addresses: Collection[str]) -> dict[str, list[str]]:
    """The names of all matches of each number; a number without a match is left out."""
    found: dict[str, list[str]] = defaultdict(list)
    phones = CustomerPhone.objects.filter(number__in=addresses).select_related("customer")
    for phone in phones.order_by("number", "customer_id"):
        found[phone.number].append(phone.customer.name)
    return dict(found)


def postal_addresses(numbers: Collection[str]) -> dict[str, list[str]]:
    """Where the matches of each number live, as far as that was written down."""
    found: dict[str, list[str]] = defaultdict(list)
    phones = CustomerPhone.objects.filter(number__in=numbers).exclude(customer__address="")
    for number, address in phones.values_list("number", "customer__address"):
        found[number].append(address)
    return dict(found)


def names_for(addresses: Collection[str]) -> dict[str, str]:
    """The name behind each number that has exactly one match."""
    found = names_by_address(addresses)
    return {address: names[0] for address, names in found.items() if len(names) == 1}


def with_names(rows: QuerySet[Any], address: str) -> QuerySet[Any]:
    """With ``names``: those of all matches of the number in a column of each row."""
    phones = CustomerPhone.objects.filter(number=OuterRef(address)).order_by("customer")
    named: QuerySet[Any] = rows.annotate(names=ArraySubquery(phones.values("customer__name")))
    return named


def with_links(interactions: QuerySet[Any]) -> QuerySet[Any]:
    """With what each was linked to, chosen or popped: its ``case_link``, customer and case."""
    return interactions.select_related("case_link__customer", "case_link__case")


def link_of(interaction: Interaction) -> CaseLink | None:
    """What a conversation was linked to; read already where it came ``with_links``."""
    return getattr(interaction, "case_link", None)


def linked_names(interaction_ids: Collection[int]) -> dict[int, str]:
    """The name of the customer each conversation was linked to, chosen or popped."""
    links = CaseLink.objects.filter(interaction__in=interaction_ids, customer__isnull=False)
    return dict(links.values_list("interaction_id", "customer__name"))


def agents_who_see_customer(customer_id: int) -> set[int]:
    """The agents whose desks show this customer: linked to a conversation, or by a number."""
    numbers = CustomerPhone.objects.filter(customer=customer_id).values_list("number", flat=True)
    linked = CaseLink.objects.filter(customer=customer_id).values_list("interaction", flat=True)
    return agents_with(addresses=list(numbers), interaction_ids=list(linked))


def agents_who_see_case(case_id: int) -> set[int]:
    """The agents who have a conversation that is linked to this case."""
    linked = CaseLink.objects.filter(case=case_id).values_list("interaction", flat=True)
    return agents_with(addresses=[], interaction_ids=list(linked))


def first_name(name: str) -> str:
    """How one speaks of somebody: ``Dana``; a number stays whole."""
    first = name.split(maxsplit=1)[0] if name.split() else ""
    return first if first[:1].isalpha() else name
