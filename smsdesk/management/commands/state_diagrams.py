"""Writes the state diagrams into docs/architecture.md from the transition tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError

from cases.enums import CAMPAIGN_MOVES
from routing.enums import CHANNEL_MOVES, INTERACTION_MOVES, MESSAGE_MOVES, OFFER_MOVES
from smsdesk.settings.environment import ROOT

if TYPE_CHECKING:
    from argparse import ArgumentParser

PAGE = ROOT / "docs" / "architecture.md"
TABLES = (INTERACTION_MOVES, OFFER_MOVES, MESSAGE_MOVES, CHANNEL_MOVES, CAMPAIGN_MOVES)


def with_diagrams(page: str) -> str:
    """The page with every diagram between its markers drawn anew."""
    for table in TABLES:
        begin, end = f"<!-- states: {table.name} -->", f"<!-- end: {table.name} -->"
        drawn = f"{begin}\n```mermaid\n{table.mermaid()}\n```\n{end}"
        before, _, rest = page.partition(begin)
        _, _, behind = rest.partition(end)
        page = before + drawn + behind
    return page


class Command(BaseCommand):
    help = "Draw the state diagrams of docs/architecture.md from the transition tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only say if they are current.")

    def handle(self, *, check: bool, **_options: object) -> None:
        page = PAGE.read_text()
        drawn = with_diagrams(page)
        if check and drawn != page:
            raise CommandError("docs/architecture.md is behind: run manage.py state_diagrams")
        if not check:
            PAGE.write_text(drawn)
