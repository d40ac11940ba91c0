"""The open conversation: its head, thread, composer or wrap-up, and the case pane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cases.selectors.dispositions import dispositions_of
from cases.selectors.screen_pop import screen_pop
from routing.enums import InteractionState
from smsdesk.console.composer import Composer, composer_of
from smsdesk.console.forms import NewCaseForm
from smsdesk.console.threads import Thread, thread
from smsdesk.console.words import hue, initials
from smsdesk.lib import phone

if TYPE_CHECKING:
    from cases.models import Disposition
    from cases.selectors.screen_pop import ScreenPop
    from routing.models import Interaction


@dataclass(frozen=True)
class PhoneLine:
    """One number of the customer, as it is dialled and as it is read."""

    number: str
    shown: str
    is_this: bool


@dataclass(frozen=True)
class CasePane:
    """Who is on the other end, as far as is known, and what they wanted (G3–G7)."""

    interaction: Interaction
    pop: ScreenPop
    number: str
    form: NewCaseForm
    editable: bool

    @property
    def must_choose(self) -> bool:
        """Several customers share the number and none was chosen: nothing pops (G6)."""
        return self.pop.customer is None and len(self.pop.customers) > 1

    @property
    def phones(self) -> list[PhoneLine]:
        """The customer's numbers; the one that texts is marked."""
        address = self.interaction.customer_address
        customer = self.pop.customer
        return [
            PhoneLine(line.number, phone.display(line.number), line.number == address)
            for line in (customer.phones.all() if customer else ())
        ]


@dataclass(frozen=True)
class WorkPane:
    """Everything inside ``#work`` for one conversation."""

    interaction: Interaction
    name: str
    number: str
    initials: str
    hue: int
    thread: Thread
    pane: CasePane
    dispositions: list[Disposition]
    composer: Composer | None

    @property
    def is_active(self) -> bool:
        return self.interaction.state == InteractionState.ACTIVE

    @property
    def is_in_wrap_up(self) -> bool:
        return self.interaction.state == InteractionState.WRAP_UP

    @property
    def time_ran_out(self) -> bool:
        """Whether the countdown closed the conversation: nobody wrapped it up in the time given."""
        ended, closed = self.interaction.ended_at, self.interaction.closed_at
        given = timedelta(seconds=self.interaction.queue.wrap_up_seconds)
        return ended is not None and closed is not None and closed - ended >= given


def work_pane(interaction: Interaction) -> WorkPane:
    """Read all that is shown of a conversation of the agent's."""
    pane = case_pane(interaction)
    address = interaction.customer_address
    name = pane.pop.customer.name if pane.pop.customer else phone.display(address)
    in_wrap_up = interaction.state == InteractionState.WRAP_UP
    is_active = interaction.state == InteractionState.ACTIVE
    return WorkPane(
        interaction=interaction,
        name=name,
        number=phone.display(address),
        initials=initials(name),
        hue=hue(address),
        thread=thread(interaction, may_retry=may_retry(interaction)),
        pane=pane,
        dispositions=dispositions_of(interaction.queue_id) if in_wrap_up else [],
        composer=composer_of(interaction, name) if is_active else None,
    )


def may_retry(interaction: Interaction) -> bool:
    """Whether failed texts can be sent again: while the conversation is with the agent."""
    return interaction.state == InteractionState.ACTIVE


def case_pane(interaction: Interaction, form: NewCaseForm | None = None) -> CasePane:
    """The case pane, with what was typed into its form where it has to be mended."""
    pop = screen_pop(interaction)
    return CasePane(
        interaction=interaction,
        pop=pop,
        number=phone.display(interaction.customer_address),
        form=form or NewCaseForm(known=pop.customer is not None),
        editable=interaction.state != InteractionState.CLOSED,
    )
