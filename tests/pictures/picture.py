"""What a picture of the guides is: who looks at which desk, and what is brought to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support import scenes
from tests.support.agent import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.processes import Desk


def robin_at_the_desk(page: Page, desk: Desk) -> None:
    sign_in(page, desk, "robin")


def supervisor_in_the_admin(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.base_url}/admin/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(desk.password_of("supervisor"))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state("load")


@dataclass(frozen=True)
class Picture:
    """``show`` brings a signed-in browser to what is to be seen."""

    name: str
    show: Callable[[Page, Desk], None]
    phone: bool = False
    enter: Callable[[Page, Desk], None] = robin_at_the_desk

    def take(self, desk: Desk, browser: Browser, file: Path, **options: Any) -> None:
        context = browser.new_context(**options)
        page = context.new_page()
        self.enter(page, desk)
        self.show(page, desk)
        scenes.settle(page)
        page.screenshot(path=file)
        context.close()


@dataclass(frozen=True)
class Setting:
    """A desk, filled once, and the pictures that are taken at it, in this order."""

    prepare: Callable[[Desk], None]
    pictures: list[Picture]


def nothing(*_: object) -> None:
    """A desk as the demo leaves it needs no preparation, and shows itself."""
