"""Everything that is held of one person (N19)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from cases.enums import RecipientState
from cases.models import (
    Campaign,
    CampaignRecipient,
    Case,
    CaseLink,
    ChatLog,
    Customer,
    CustomerPhone,
    Note,
)
from routing.models import BlockedNumber, ConsentEntry, Interaction, Message
from routing.selectors.held import requests_of, why_not_settled
from smsdesk.lib import phone
from smsdesk.lib.pseudonyms import spellings

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Person:
    """A customer, or whoever has a number that no customer has; and what is theirs."""

    customer: Customer | None
    numbers: list[str]
    # On file with them, but somebody else's as well.
    shared: list[str] = field(default_factory=list)
    interactions: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)

    @property
    def called(self) -> str:
        """What is typed to confirm that it is this one."""
        return self.customer.name if self.customer else self.numbers[0]

    def is_named_in(self, text: str) -> bool:
        """Whether it holds the customer's name, or one of the numbers however it is written."""
        digits = re.sub(r"[^0-9]", "", text)
        name = self.customer.name.lower() if self.customer else ""
        return bool(name and name in text.lower()) or any(
            number.lstrip("+") in digits for number in self.numbers
        )

    def conversations(self) -> QuerySet[Interaction]:
        return Interaction.objects.filter(pk__in=self.interactions).order_by("pk")

    def messages(self) -> QuerySet[Message]:
        return Message.objects.filter(interaction__in=self.interactions).order_by("pk")

    def notes(self) -> QuerySet[Note]:
        theirs = Q(interaction__in=self.interactions) | Q(case__in=self.cases)
        return Note.objects.filter(theirs).order_by("pk")

    def logs(self) -> QuerySet[ChatLog]:
        theirs = Q(interaction__in=self.interactions) | Q(case__in=self.cases)
        return ChatLog.objects.filter(theirs).order_by("pk")

    def consent(self) -> QuerySet[ConsentEntry]:
        names = [name for number in self.numbers for name in spellings(number)]
        return ConsentEntry.objects.filter(address__in=names).order_by("pk")

    def recipients(self) -> QuerySet[CampaignRecipient]:
        theirs = Q(number__in=self.numbers) | Q(message__interaction__in=self.interactions)
        return CampaignRecipient.objects.filter(theirs).order_by("pk")

    def blocks(self) -> QuerySet[BlockedNumber]:
        return BlockedNumber.objects.filter(number__in=self.numbers).order_by("pk")

    def campaigns_that_list(self) -> list[Campaign]:
        """Campaigns with one of the numbers on the list that a supervisor typed."""
        listing = Campaign.objects.exclude(numbers="").order_by("pk")
        return [one for one in listing if len(kept_lines(one, self.numbers)) < _lines(one)]

    def admin_log(self) -> QuerySet[LogEntry]:
        """What Django's own log of the admin says of them, which holds names."""
        theirs = Q(object_repr__in=[*self.numbers, *map(phone.display, self.numbers)])
        rows = {Case: self.cases, Customer: [self.customer.pk] if self.customer else []}
        for model, ids in rows.items():
            kind = ContentType.objects.get_for_model(model)
            theirs |= Q(content_type=kind, object_id__in=[str(pk) for pk in ids])
        return LogEntry.objects.filter(theirs)

    def counts(self) -> dict[str, int]:
        """What there is, by kind, for whoever is about to export or erase it."""
        return {
            "customer": int(self.customer is not None),
            "phone numbers": len(self.numbers),
            "conversations": len(self.interactions),
            "texts": self.messages().count(),
            "cases": len(self.cases),
            "chat logs": self.logs().count(),
            "notes": self.notes().count(),
            "campaign texts": self.recipients().count(),
            "carrier requests": len(self.requests),
            "consent entries": self.consent().count(),
            "blocks": self.blocks().count(),
        }


def person_of(customer: Customer) -> Person:
    """The customer with what is theirs alone.

    A number that others have, too, is theirs no more than the others': of its conversations only
    those that were linked to this customer count.
    """
    linked = CaseLink.objects.filter(Q(customer=customer) | Q(case__customer=customer))
    over = linked.values_list("interaction__customer_address", flat=True)
    candidates = {*customer.phones.values_list("number", flat=True), *over}
    others = {
        *CustomerPhone.objects.filter(number__in=candidates)
        .exclude(customer=customer)
        .values_list("number", flat=True),
        *CaseLink.objects.filter(interaction__customer_address__in=candidates)
        .exclude(customer=None)
        .exclude(customer=customer)
        .values_list("interaction__customer_address", flat=True),
    }
    return _person(customer, sorted(candidates - others), sorted(candidates & others))


def person_with(number: str) -> Person:
    """Whoever has a number that no customer has."""
    return _person(None, [number], [])


def owners_of(number: str) -> list[Customer]:
    """The customers whose number it is, or who were talked with over it."""
    theirs = Q(phones__number=number) | Q(links__interaction__customer_address=number)
    return list(Customer.objects.filter(theirs).distinct().order_by("pk"))


def _person(customer: Customer | None, numbers: list[str], shared: list[str]) -> Person:
    theirs = Q(customer_address__in=numbers)
    if customer is not None:
        theirs |= Q(case_link__customer=customer) | Q(case_link__case__customer=customer)
        theirs |= Q(chat_log__case__customer=customer)
    interactions = Interaction.objects.filter(theirs).values_list("pk", flat=True)
    ids = sorted(set(interactions))
    own = Q(customer=customer) if customer is not None else Q(pk__in=[])
    nobodys = Q(customer=None) & (Q(phone__in=numbers) | Q(links__interaction__in=ids))
    cases = Case.objects.filter(own | nobodys).values_list("pk", flat=True)
    return Person(
        customer=customer,
        numbers=numbers,
        shared=shared,
        interactions=ids,
        cases=sorted(set(cases)),
        requests=requests_of(numbers=numbers, interaction_ids=ids),
    )


def why_not_erased(person: Person) -> str:
    """Why the person's data cannot be erased now, in a sentence; empty where it can."""
    under_way = why_not_settled(interaction_ids=person.interactions, request_ids=person.requests)
    if under_way:
        return under_way
    waiting = person.recipients().filter(state=RecipientState.WAITING).select_related("campaign")
    first = waiting.first()
    if first is not None:
        return (
            f"The campaign “{first.campaign.name}” is still to text this person. Cancel it, or wait"
            " until it is over."
        )
    return ""


def kept_lines(campaign: Campaign, numbers: list[str]) -> list[str]:
    """The lines of the campaign's list that are none of these numbers."""
    region = campaign.channel.region
    return [line for line in campaign.numbers.splitlines() if _spelled(line, region) not in numbers]


def _lines(campaign: Campaign) -> int:
    return len(campaign.numbers.splitlines())


def _spelled(line: str, region: str) -> str:
    try:
        return phone.customer(line, region=region)
    except phone.NotANumber:
        return line
