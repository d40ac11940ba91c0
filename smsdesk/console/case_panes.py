"""The right pane: who is on the other end, as far as is known, and what they wanted (G1–G11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from cases.selectors.chatlogs import chat_log_of
from cases.selectors.screen_pop import screen_pop
from routing.enums import InteractionState, ScreenPop
from routing.selectors.consent import consent_of
from smsdesk.console.case_forms import NewCaseForm
from smsdesk.console.words import hue, initials, link_words
from smsdesk.lib import phone
from smsdesk.lib.localtime import zone_of

if TYPE_CHECKING:
    from cases.models import ChatLog, Customer
    from cases.selectors.screen_pop import ScreenPop as Pop
    from routing.models import Interaction
    from routing.selectors.consent import Consent


@dataclass(frozen=True)
class PhoneLine:
    """One number of the customer: what time it is there, its consent."""

    number: str
    zone: str
    is_this: bool
    # Over each channel where it ever opted out or in (N1).
    consent: list[Consent]


@dataclass(frozen=True)
class CasePane:
    """``alert`` is why the last choice was refused."""

    interaction: Interaction
    pop: Pop
    form: NewCaseForm
    # The customer's numbers; the one that texts is marked.
    phones: list[PhoneLine]
    # Of the number that texts, where it is nobody's yet.
    consent: list[Consent]
    alert: str = ""
    # Of a closed conversation (H6).
    log: ChatLog | None = None

    @property
    def name(self) -> str:
        return self.pop.customer.name if self.pop.customer else self.number

    @property
    def number(self) -> str:
        return phone.display(self.interaction.customer_address)

    @property
    def zone(self) -> str:
        return zone_of(self.interaction.customer_address)

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def hue(self) -> int:
        return hue(self.interaction.customer_address)

    @property
    def editable(self) -> bool:
        """Until it is closed; and after that, while its case is one that nobody chose."""
        kept = self.pop.case is not None and self.pop.case.automatic
        return kept or self.interaction.state != InteractionState.CLOSED

    @property
    def searchable(self) -> bool:
        """Whether the agent may look for a customer by other things than the number (G9)."""
        return self.editable and bool(settings.ADDRESS_SEARCH)

    @property
    def front(self) -> str:
        """The tab in front (G2, H6); a form to be mended brings its own."""
        if self.log and self.interaction.queue.chat_log_pops:
            return "log"
        if self.pop.customer is None:
            return "customer"
        wants_case = self.interaction.queue.screen_pop == ScreenPop.CASE
        return "case" if wants_case or self.form.is_bound else "customer"

    @property
    def link(self) -> str:
        return link_words(self.pop.link)

    @property
    def number_is_theirs(self) -> bool:
        return any(line.is_this for line in self.phones)


def phone_lines(customer: Customer | None, address: str = "") -> list[PhoneLine]:
    """The numbers of a customer; ``address`` is the one that texts. One query, besides theirs."""
    lines = list(customer.phones.all()) if customer else []
    consent = consent_of([line.number for line in lines]) if lines else {}
    return [
        PhoneLine(
            number=line.number,
            zone=zone_of(line.number),
            is_this=line.number == address,
            consent=consent.get(line.number, []),
        )
        for line in lines
    ]


def case_pane(
    interaction: Interaction, form: NewCaseForm | None = None, *, alert: str = ""
) -> CasePane:
    """The case pane, with what was typed into its form where it has to be mended."""
    pop = screen_pop(interaction)
    form = form or NewCaseForm(
        known=pop.customer is not None, instead_of=pop.case.pk if pop.case else None
    )
    closed = interaction.state == InteractionState.CLOSED
    address = interaction.customer_address
    phones = phone_lines(pop.customer, address)
    is_theirs = any(line.is_this for line in phones)
    return CasePane(
        interaction=interaction,
        pop=pop,
        form=form,
        phones=phones,
        consent=[] if is_theirs else consent_of([address]).get(address, []),
        alert=alert,
        log=chat_log_of(interaction) if closed else None,
    )
