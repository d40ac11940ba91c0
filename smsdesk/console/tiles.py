"""The strip's tiles: six states, each by its shape, its colour and its words (F3–F8, N13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from cases.selectors.customers import link_of
from cases.selectors.dispositions import dispositions_of
from routing.enums import InteractionState
from routing.selectors.policy import why_not_sent
from routing.services.drafts import digest
from smsdesk.console.composer import let_out, setup_shown, wrap_up_digest
from smsdesk.console.words import addressed, count, hue, initials, link_words, name_of
from smsdesk.lib import phone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django_stubs_ext import WithAnnotations

    from cases.models import Disposition
    from routing.models import Interaction
    from routing.selectors.policy import SendingRules

    class TileFacts(TypedDict):
        """What the strip's selector says of a conversation beside its own columns."""

        has_failed: bool
        waiting_since: datetime | None
        is_opted_out: bool | None
        whisper: int | None

    TileRow = WithAnnotations[Interaction, TileFacts]


@dataclass(frozen=True)
class Tile:
    """One accepted conversation in the strip, as it looks at one moment.

    ``look`` is its icon in S1:53–58: wrap-up, failed, unread or waiting. ``late`` is one whose
    customer waits past the target; it blinks until it is ``opened`` after that moment.
    """

    interaction: Interaction
    name: str
    initials: str
    hue: int
    look: str
    late: bool
    opened: bool
    waiting_since: datetime | None
    # For the open composer: which draft there is, and what it lets out.
    drafted: str
    locked: str
    opted_out: bool
    whispered: bool
    # Whose it is and which case: a pane that shows another is behind.
    link: str
    # What its page shows of the settings: the same.
    setup: str

    @property
    def addressed(self) -> str:
        return addressed(self.name)

    @property
    def last_digits(self) -> str:
        """What tells a customer without a name from the others, where there is room for no more."""
        address = self.interaction.customer_address
        return address[-4:] if self.name == phone.display(address) else ""

    @property
    def kept(self) -> str:
        """Which disposition and note there are, for the open wrap-up."""
        return wrap_up_digest(self.interaction) if self.look == "wrap-up" else ""

    @property
    def due_at(self) -> datetime | None:
        """When it becomes late: the browser sees to it without hearing of it."""
        return self.interaction.response_due_at if self.interaction.unanswered else None

    @property
    def needs_answer(self) -> bool:
        return self.look in {"unread", "failed"}

    @property
    def words(self) -> str:
        """The state in words that are enough alone."""
        return self._said(late=self.late, opened=self.opened)

    @property
    def words_when_late(self) -> str:
        return self._said(late=True, opened=False)

    @property
    def words_when_opened(self) -> str:
        return self._said(late=True, opened=True)

    def _said(self, *, late: bool, opened: bool) -> str:
        said = self._state(late=late, opened=opened)
        return f"{said}, opted out" if self.opted_out else said

    def _state(self, *, late: bool, opened: bool) -> str:
        if self.look == "wrap-up":
            return "in wrap-up"
        if not self.needs_answer:
            return "waiting for the customer"
        said = ["delivery failed or uncertain"] if self.look == "failed" else []
        if self.interaction.unanswered:
            said += ["past SLA"] if late else []
            kind = "unanswered" if late and opened else "unread"
            said.append(count(self.interaction.unanswered, f"{kind} message", f"{kind} messages"))
        return ", ".join(said)


@dataclass(frozen=True)
class ParkedTile:
    """A conversation that its agent has put aside (N4)."""

    interaction: Interaction
    name: str
    initials: str
    hue: int
    link: str


def tile(
    interaction: TileRow,
    matches: dict[str, list[str]],
    rules: SendingRules,
    dispositions: Iterable[Disposition],
    now: datetime,
) -> Tile:
    """The tile of a conversation, called by the customer it is linked to or who has the number.

    ``dispositions`` are all that are active, where one is in wrap-up.
    """
    address = interaction.customer_address
    name = name_of(interaction, matches)
    waits = bool(interaction.unanswered)
    due, opened = interaction.response_due_at, interaction.opened_at
    late = waits and due is not None and due <= now
    return Tile(
        interaction=interaction,
        name=name,
        initials=initials(name),
        hue=hue(address),
        look=_look(interaction),
        late=late,
        opened=waits and opened is not None and not (late and due is not None and opened < due),
        waiting_since=interaction.waiting_since if waits else None,
        drafted=digest(interaction.draft),
        locked=let_out(
            why_not_sent(
                rules,
                channel=interaction.channel,
                address=address,
                opted_out=bool(interaction.is_opted_out),
            ),
            interaction.channel,
            interaction.whisper,
        ),
        opted_out=bool(interaction.is_opted_out),
        whispered=interaction.whisper is not None,
        link=link_words(link_of(interaction)),
        setup=setup_shown(interaction, dispositions_of(interaction.queue_id, dispositions)),
    )


def parked_tile(interaction: Interaction, matches: dict[str, list[str]]) -> ParkedTile:
    """The tile of a parked conversation, called as it was in the strip."""
    name = name_of(interaction, matches)
    return ParkedTile(
        interaction=interaction,
        name=name,
        initials=initials(name),
        hue=hue(interaction.customer_address),
        link=link_words(link_of(interaction)),
    )


def _look(interaction: TileRow) -> str:
    if interaction.state == InteractionState.WRAP_UP:
        return "wrap-up"
    if interaction.has_failed:
        return "failed"
    return "unread" if interaction.unanswered else "waiting"


def most_urgent(tiles: list[Tile]) -> Tile | None:
    """The conversation to answer first: by the target, then by who has waited longest (J6)."""

    def urgency(tile: Tile) -> tuple[bool, float, bool, float]:
        due, since = tile.due_at, tile.waiting_since
        return (
            due is None,
            due.timestamp() if due else 0,
            since is None,
            since.timestamp() if since else 0,
        )

    return min((tile for tile in tiles if tile.needs_answer), key=urgency, default=None)
