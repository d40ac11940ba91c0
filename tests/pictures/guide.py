"""The pictures of docs/agents.md, each with the steps that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support import scenes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.processes import Desk


@dataclass(frozen=True)
class Picture:
    """``prepare`` fills the desk; ``show`` brings a browser to what is to be seen."""

    name: str
    prepare: Callable[[Desk], None]
    show: Callable[[Page, Desk], None]
    phone: bool = False

    def take(self, desk: Desk, browser: Browser, file: Path, **options: Any) -> None:
        context = browser.new_context(**options)
        page = context.new_page()
        scenes.sign_in(page, desk, "robin")
        self.show(page, desk)
        scenes.settle(page)
        page.screenshot(path=file)
        context.close()


def _six(desk: Desk) -> None:
    scenes.six_states(desk, "robin").leaves()


def _open(page: Page, sender: str) -> None:
    tile = page.locator(f'.tile[data-address="{sender}"]')
    tile.click()


PICTURES = [
    Picture("empty", lambda desk: None, lambda page, desk: None),
    Picture("six", _six, lambda page, desk: page.locator(".tile").first.click()),
]
