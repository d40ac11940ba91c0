"""A person's data is erased, for good (N19). What is counted stays, and is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from agents.services.desks import touch_desks
from cases.models import CampaignRecipient, Case, CaseLink, Customer
from cases.selectors.customers import agents_who_see_customer
from cases.selectors.person import (
    Person,
    kept_lines,
    person_of,
    person_with,
    why_not_erased,
)
from cases.services.campaigns import lock_drafts
from routing.models import Interaction
from routing.services.erasure import (
    ERASED,
    erase_conversations,
    erase_numbers,
    erase_requests,
    lock_numbers,
)
from smsdesk.lib.pseudonyms import nobody

if TYPE_CHECKING:
    from collections.abc import Callable


class NotErased(Exception):
    """The person's data cannot be erased now. Says why; nothing was changed."""


@transaction.atomic
def erase_customer(*, customer_id: int) -> dict[str, int]:
    """Erase the customer and all that is theirs alone. Returns what was erased, in counts.

    Raises NotErased where something of theirs is under way, or they are gone.
    """

    def find() -> Person:
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise NotErased("This customer is not on file any more.")
        return person_of(customer)

    return _erase(find)


@transaction.atomic
def erase_number(*, number: str) -> dict[str, int]:
    """Erase whatever is held of a number that no customer has. Raises NotErased as above."""
    return _erase(lambda: person_with(number))


def _erase(find: Callable[[], Person]) -> dict[str, int]:
    """Lock in the order in which agents save, then look again: what was found first may be old."""
    person = find()
    lock_numbers(person.numbers)
    lock_drafts()
    theirs = Q(pk__in=person.interactions)
    list(Interaction.objects.select_for_update(no_key=True).filter(theirs).order_by("pk"))
    links = CaseLink.objects.filter(interaction__in=person.interactions)
    list(links.select_for_update().order_by("pk"))
    if person.customer is not None:
        list(Customer.objects.select_for_update().filter(pk=person.customer.pk))
    list(Case.objects.select_for_update().filter(pk__in=person.cases).order_by("pk"))
    again = find()
    if (again.numbers, again.interactions, again.cases) != (
        person.numbers,
        person.interactions,
        person.cases,
    ):
        raise NotErased("Somebody is at work with this person. Try again in a moment.")
    why = why_not_erased(again)
    if why:
        raise NotErased(why)
    counts = again.counts()
    seen_by = agents_who_see_customer(again.customer.pk) if again.customer else set()
    _erase_rows(again)
    touch_desks(seen_by)
    return {words: count for words, count in counts.items() if count}


def _erase_rows(person: Person) -> None:
    for forget in map(import_string, settings.ERASED):
        forget(person)
    addresses = person.conversations().values_list("customer_address", flat=True)
    names = {number: nobody() for number in sorted({*person.numbers, *addresses})}
    for campaign in person.campaigns_that_list():
        campaign.numbers = "\n".join(kept_lines(campaign, person.numbers))
        campaign.save(update_fields=["numbers"])
    for recipient in person.recipients():
        CampaignRecipient.objects.filter(pk=recipient.pk).update(
            number=names.get(recipient.number) or nobody(), name=""
        )
    person.admin_log().update(object_repr=ERASED, change_message="")
    person.notes().update(body=ERASED)
    person.logs().update(transcript=ERASED, note="")
    CaseLink.objects.filter(interaction__in=person.interactions).update(customer=None)
    Case.objects.filter(pk__in=person.cases).update(
        customer=None, phone="", subject=ERASED, description=""
    )
    erase_conversations(person.interactions, names=names)
    erase_requests(person.requests)
    erase_numbers(person.numbers)
    if person.customer is not None:
        person.customer.delete()
