"""What pops for a conversation: the customer, a choice of several, or the New case form (G1–G6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.models import Case, CaseLink, CaseState, ChatLog, Customer
from cases.selectors.customers import customers_with
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from routing.models import Interaction

PAST_LOGS = 10  # S4:29
RECENT_CASES = 5
# Outstanding ones are all shown; who has more than these has them on the customer's page.
OPEN_CASES = 50


@dataclass(frozen=True)
class ScreenPop:
    """``customer`` is None where nobody matches, and where several do and none was chosen.

    ``customers`` are all matches, the first preselected; ``case`` is the one the conversation
    is linked to; ``logs`` are the last ten chat logs of the number, newest first. ``customer`` may
    be somebody without this number, who was searched for and chosen.
    """

    link: CaseLink | None
    customers: list[Customer]
    customer: Customer | None
    case: Case | None
    open_cases: list[Case]
    recent_cases: list[Case]
    logs: list[ChatLog]

    @property
    def must_choose(self) -> bool:
        """Several customers share the number and none was chosen: nothing pops (G6)."""
        return self.customer is None and len(self.customers) > 1

    @property
    def chosen_case(self) -> Case | None:
        """The linked case, unless an end made it only to keep its log."""
        return self.case if self.case and not self.case.automatic else None

    @property
    def others(self) -> list[Case]:
        """The customer's cases the conversation may continue, the most recent open one first."""
        return [case for case in (*self.open_cases, *self.recent_cases) if case != self.case]

    @property
    def latest(self) -> Case | None:
        """The case offered to continue (G11)."""
        return self.others[0] if self.others else None


def screen_pop(interaction: Interaction) -> ScreenPop:
    """Everything the right pane shows for a conversation."""
    address = interaction.customer_address
    customers = customers_with(address)
    links: list[CaseLink] = _links(interaction.pk)
    link = links[0] if links else None
    customer = link.customer if link and link.customer else None
    if customer is None and len(customers) == 1:
        customer = customers[0]
    cases: list[Case] = _cases(customer.pk) if customer else []
    return ScreenPop(
        link=link,
        customers=customers,
        customer=customer,
        case=link.case if link else None,
        open_cases=[case for case in cases if case.state == CaseState.OPEN],
        recent_cases=[case for case in cases if case.state == CaseState.CLOSED],
        logs=_logs(address, interaction.pk),
    )


@Prepared
def _cases(customer_id: int) -> QuerySet[Case]:
    cases = Case.objects.filter(customer=customer_id).order_by("-updated_at", "-pk")
    outstanding = cases.filter(state=CaseState.OPEN)[:OPEN_CASES]
    recent = cases.filter(state=CaseState.CLOSED)[:RECENT_CASES]
    return outstanding.union(recent, all=True).order_by("-updated_at", "-pk")


_links = Prepared(
    lambda interaction_id: CaseLink.objects.filter(interaction=interaction_id).select_related(
        "customer", "case__customer"
    )
)
_logs = Prepared(
    lambda address, present: (
        ChatLog.objects.filter(interaction__customer_address=address)
        .exclude(interaction=present)
        .defer("transcript")
        .select_related("case", "interaction__channel")
        .order_by("-terminated_at", "-pk")[:PAST_LOGS]
    )
)
