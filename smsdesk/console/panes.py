"""The open conversation: its head, thread, composer or wrap-up, and the case pane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.selectors.dispositions import dispositions_of
from routing.enums import InteractionState
from smsdesk.console.case_panes import CasePane, case_pane
from smsdesk.console.composer import Composer, composer_of, setup_shown, wrap_up_digest
from smsdesk.console.threads import Thread, thread

if TYPE_CHECKING:
    from cases.models import Disposition
    from routing.models import Interaction
    from routing.selectors.policy import SendingRules


@dataclass(frozen=True)
class WorkPane:
    """Everything inside ``#work`` for one conversation."""

    interaction: Interaction
    thread: Thread
    pane: CasePane
    dispositions: list[Disposition]
    composer: Composer | None

    @property
    def name(self) -> str:
        return self.pane.name

    @property
    def number(self) -> str:
        return self.pane.number

    @property
    def is_active(self) -> bool:
        return self.interaction.state == InteractionState.ACTIVE

    @property
    def is_in_wrap_up(self) -> bool:
        return self.interaction.state == InteractionState.WRAP_UP

    @property
    def is_parked(self) -> bool:
        return self.interaction.state == InteractionState.PARKED

    @property
    def may_extend(self) -> bool:
        """Whether the queue gives more time for this wrap-up (H2)."""
        interaction = self.interaction
        return bool(interaction.queue.wrap_up_extension_seconds) and (
            self.is_in_wrap_up and not interaction.wrap_up_extended
        )

    @property
    def kept(self) -> str:
        return wrap_up_digest(self.interaction)

    @property
    def setup(self) -> str:
        return setup_shown(self.interaction, self.dispositions)


def work_pane(
    interaction: Interaction, rules: SendingRules | None = None, *, whispered: bool = True
) -> WorkPane:
    """Read all that is shown of a conversation of the agent's.

    ``rules``, and whether anything was ``whispered``, as the desk around it has them.
    """
    pane = case_pane(interaction)
    in_wrap_up = interaction.state == InteractionState.WRAP_UP
    is_active = interaction.state == InteractionState.ACTIVE
    shown = thread(interaction, may_retry=may_retry(interaction))
    return WorkPane(
        interaction=interaction,
        thread=shown,
        pane=pane,
        dispositions=dispositions_of(interaction.queue_id) if in_wrap_up else [],
        composer=(
            composer_of(interaction, pane.name, shown.page.next_id, rules, whispered=whispered)
            if is_active
            else None
        ),
    )


def may_retry(interaction: Interaction) -> bool:
    """Whether failed texts can be sent again: while the conversation is with the agent."""
    return interaction.state == InteractionState.ACTIVE
