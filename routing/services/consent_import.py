"""Lines of a file that are added to the opt-out ledger (N1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from agents.services.desks import touch_desks
from routing.enums import OPEN_STATES, ConsentSource
from routing.models import ConsentEntry, Interaction
from routing.selectors.consent import ledger_of, opted_out
from routing.services.consent import lock_ledger
from smsdesk.lib import phone
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

LONGEST_FILE = 120


class LineRefused(Exception):
    """A line says what no file may say. Says why; nothing was written."""


class Outcome(Enum):
    """What becomes of a line, in words behind a number."""

    OUT = "opted out"
    IN = "opted in again"
    KNOWN = "in the ledger already"
    OLDER = "older than what the ledger knows"


@dataclass(frozen=True)
class FileLine:
    """One line of a file; ``place`` is its number there."""

    channel_id: int
    address: str
    opted_out: bool
    at: datetime
    note: str
    file: str
    place: int


def lock_imports() -> None:
    """One file at a time: each line locks its number until all are written."""
    lock_until_commit("consent file")


def add_line(line: FileLine, *, user_id: int) -> Outcome:
    """Add a line of a file to the ledger where it says something new, in the caller's transaction.

    Raises LineRefused where it would opt somebody in who is opted out by more than a file: only
    they themselves can undo that.
    """
    lock_ledger(line.channel_id, line.address)
    lines = ledger_of(line.channel_id, line.address)
    last = lines.order_by("-pk").first()
    second = line.at.replace(microsecond=0)  # as the export writes it
    same = lines.filter(at__gte=second, at__lt=second + timedelta(seconds=1))
    if same.filter(opted_out=line.opted_out).exists():
        return Outcome.KNOWN
    if last is not None and last.at > line.at:
        return Outcome.OLDER
    since = None if line.opted_out else opted_out(line.channel_id, line.address)
    if since is not None and since.source != ConsentSource.IMPORT:
        raise LineRefused(
            f"{phone.display(line.address)} opted out on {since.at:%-d %b %Y}, and not by a file."
            " Only the customer can undo that, by texting START."
        )
    ConsentEntry.objects.create(
        channel_id=line.channel_id,
        address=line.address,
        opted_out=line.opted_out,
        source=ConsentSource.IMPORT,
        at=line.at,
        note=line.note,
        file=f"{line.file[-LONGEST_FILE + 20 :]}, line {line.place}",
        user_id=user_id,
    )
    return Outcome.OUT if line.opted_out else Outcome.IN


def tell_whose_consent_changed(pairs: Collection[tuple[int, str]]) -> None:
    """Let the desks that talk with these numbers look again whether they may: call it last."""
    talking = Interaction.objects.filter(
        customer_address__in={address for _, address in pairs},
        state__in=OPEN_STATES,
        agent__isnull=False,
    ).values_list("agent", "channel", "customer_address")
    touch_desks({agent for agent, *pair in talking if tuple(pair) in pairs})
