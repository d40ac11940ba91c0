"""Threads by pages: the present conversation from its end, past ones from their start (F9, H13)."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cases.selectors.campaigns import answered_campaign
from cases.selectors.notes import notes_of
from routing.selectors.threads import (
    events_of,
    last_texts_of,
    past_for,
    past_of,
    thread_of,
)
from smsdesk.console.composer import id_after
from smsdesk.console.lines import Bubble, EventLine, NoteLine, bubble, event_line, note_line
from smsdesk.lib.keyset import Place, Window
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.db.models import QuerySet

    from cases.models import CampaignRecipient
    from routing.models import Interaction
    from routing.selectors.threads import PastRow

PAGE = 50
# What a desk that was away for a while is told at once; beyond it, it begins anew.
MOST_NEW = 200

# The tables of a thread, in the order of lines of the same moment, and the column of their time.
TABLES: dict[str, tuple[Callable[[int], QuerySet[Any]], str]] = {
    "event": (events_of, "at"),
    "message": (thread_of, "created_at"),
    "note": (notes_of, "created_at"),
}
KINDS = list(TABLES)

# What every page that is opened begins with.
NEWEST = Window(PAGE)


def _newest_of(table: int) -> Prepared:
    rows, column = TABLES[KINDS[table]]
    return Prepared(lambda interaction_id: NEWEST.of(rows(interaction_id), column, table))


_newest = [_newest_of(table) for table in range(len(KINDS))]


class NoSuchLine(Exception):
    """The conversation has no such line."""


@dataclass(frozen=True)
class Lines:
    """A page of a conversation's lines, in order, and whether there are more beyond it."""

    interaction: Interaction
    lines: list[Bubble | NoteLine | EventLine]
    more: bool


@dataclass(frozen=True)
class NewestLines(Lines):
    """The end of a conversation: what whoever sends a text has seen (N5)."""

    # The text that came to the desk last.
    last: int
    # Under which id the agent's next text goes out.
    next_id: uuid.UUID


@dataclass(frozen=True)
class Thread:
    """The end of a conversation, and the ten last other ones of the number, folded."""

    interaction: Interaction
    page: NewestLines
    past: list[PastRow]
    more: bool
    # Which text of a campaign it replies to (I7).
    campaign: CampaignRecipient | None


def thread(interaction: Interaction, *, may_retry: bool) -> Thread:
    """The thread of a conversation; ``may_retry`` offers to send failed texts again."""
    past, more = past_of(interaction)
    return Thread(
        interaction,
        newest_lines(interaction, may_retry=may_retry),
        past,
        more,
        campaign=answered_campaign(interaction),
    )


def newest_lines(interaction: Interaction, *, may_retry: bool, since: str = "") -> NewestLines:
    """The end of a conversation; with ``since`` a line, from that line on.

    Raises NoSuchLine.
    """
    window = NEWEST
    if since:
        at, table, pk = _place(interaction, since)
        window = Window(MOST_NEW, after=Place(at, table, pk - 1))
    # Before the lines are read: what comes between is shown, and not said to be.
    last, reply = last_texts_of(interaction.pk)
    page = _page(interaction, window, may_retry=may_retry)
    next_id = id_after(reply, interaction.pk)
    return NewestLines(interaction, page.lines, page.more, last=last, next_id=next_id)


def older_lines(interaction: Interaction, *, before: str, may_retry: bool) -> Lines:
    """The page before a line. Raises NoSuchLine."""
    window = Window(PAGE, before=_place(interaction, before))
    return _page(interaction, window, may_retry=may_retry)


def past_lines(interaction: Interaction, past_id: int, *, after: str = "") -> Lines:
    """Another conversation of the same number: its beginning, or the page after a line.

    Raises NoSuchLine, also where it is no conversation of this number.
    """
    past = past_for(interaction, past_id)
    if past is None:
        raise NoSuchLine("This number has no such conversation.")
    place = _place(past, after) if after else None
    return _page(past, Window(PAGE, after=place, newest=False), may_retry=False)


def _place(interaction: Interaction, line: str) -> Place:
    kind, _, pk = line.partition("-")
    rows, column = TABLES[kind]
    at = rows(interaction.pk).filter(pk=pk).values_list(column, flat=True).first()
    if at is None:
        raise NoSuchLine("This conversation has no such line.")
    return Place(at, KINDS.index(kind), int(pk))


def _page(interaction: Interaction, window: Window, *, may_retry: bool) -> Lines:
    found = [
        (Place(getattr(row, column), table, row.pk), row)
        for table, (rows, column) in enumerate(TABLES.values())
        for row in (
            _newest[table](interaction.pk)
            if window == NEWEST
            else window.of(rows(interaction.pk), column, table)
        )
    ]
    found.sort(key=itemgetter(0))
    more = len(found) > window.most
    kept = found[-window.most :] if window.newest else found[: window.most]
    draw: list[Callable[[Any], Bubble | NoteLine | EventLine]] = [
        lambda event: event_line(interaction, event),
        lambda message: bubble(interaction, message, may_retry=may_retry),
        lambda note: note_line(note, interaction.initiated_at, interaction.channel.number),
    ]
    return Lines(interaction, [draw[place.table](row) for place, row in kept], more)
