"""What the command bar finds: customers, cases and the agent's own conversations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from cases.selectors.customers import names_by_address, with_links
from cases.selectors.search import find_cases, find_customers
from routing.enums import InteractionState
from routing.selectors.access import conversations_of
from smsdesk.console.words import name_of
from smsdesk.lib import phone

if TYPE_CHECKING:
    from cases.models import Case, Customer
    from routing.models import Interaction

MOST_OF_A_KIND = 5
OWN: dict[str, str] = {
    InteractionState.ACTIVE: "open",
    InteractionState.PARKED: "parked",
    InteractionState.WRAP_UP: "in wrap-up",
}
NOT_A_WORD = re.compile(r"[\s()/.#-]+")


@dataclass(frozen=True)
class Find:
    """One line of the command bar, where it leads, and the numbers to text from it (G12)."""

    key: str
    name: str
    more: str
    url: str
    numbers: list[str]


@dataclass(frozen=True)
class Finds:
    conversations: list[Find]
    customers: list[Find]
    cases: list[Find]

    @property
    def groups(self) -> list[tuple[str, list[Find]]]:
        """Those that have anything, the agent's own conversations first."""
        named = [
            ("Your conversations", self.conversations),
            ("Customers", self.customers),
            ("Cases", self.cases),
        ]
        return [(name, finds) for name, finds in named if finds]


def find_all(text: str, *, agent_id: int) -> Finds:
    """What ``text`` may mean. Nothing typed finds the agent's conversations."""
    return Finds(
        conversations=_own_conversations(text, agent_id=agent_id)[:MOST_OF_A_KIND],
        customers=[_customer(one) for one in find_customers(text, most=MOST_OF_A_KIND)],
        cases=[_case(one) for one in find_cases(text, most=MOST_OF_A_KIND)],
    )


def _own_conversations(text: str, *, agent_id: int) -> list[Find]:
    mine = list(with_links(conversations_of(agent_id)))
    matches = names_by_address({one.customer_address for one in mine})
    wanted = [word for word in NOT_A_WORD.split(text.casefold()) if word]
    found = []
    for one in mine:
        name = name_of(one, matches)
        words = f"{name} {one.call_id} {phone.display(one.customer_address)}".casefold()
        if all(word in words for word in wanted):
            found.append(_conversation(one, name))
    return found


def _conversation(interaction: Interaction, name: str) -> Find:
    return Find(
        key=f"conversation-{interaction.pk}",
        name=name,
        more=OWN[interaction.state],
        url=reverse("desk-conversation", args=[interaction.pk]),
        numbers=[interaction.customer_address],
    )


def _customer(customer: Customer) -> Find:
    return Find(
        key=f"customer-{customer.pk}",
        name=customer.name,
        more=customer.email,
        url=reverse("desk-customer-page", args=[customer.pk]),
        numbers=[line.number for line in customer.phones.all()],
    )


def _case(case: Case) -> Find:
    whose = [case.customer.name] if case.customer else []
    return Find(
        key=f"case-{case.pk}",
        name=f"#{case.number} {case.subject}",
        more=" · ".join([*whose, case.get_state_display()]),
        url=reverse("desk-case-page", args=[case.pk]),
        numbers=[case.phone] if case.phone else [],
    )
