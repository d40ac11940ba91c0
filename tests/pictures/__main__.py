"""``make pictures``: take the guides' screenshots anew, from a demo desk made for it.

``python -m tests.pictures desk wrap-up`` takes those only; ``--to DIR`` puts them elsewhere, and
``--every-look`` takes each at desktop and phone width, light and dark, for looking through.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.pictures.picture import Setting
    from tests.support.processes import Desk

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", help="these only")
    parser.add_argument("--to", type=Path, default=FOLDER)
    parser.add_argument("--every-look", action="store_true")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        stack.enter_context(servers())
        # Only now: these read the settings, which name the servers.
        from tests.pictures import agents, supervisors  # noqa: PLC0415

        browser = stack.enter_context(chromium())
        for guide in (agents, supervisors):
            folder = wanted.to / guide.__name__.rpartition(".")[2]
            for setting in guide.SETTINGS:
                take(setting, wanted, folder, browser)
    return 0


def take(setting: Setting, wanted: argparse.Namespace, folder: Path, browser: Browser) -> None:
    """Take those of a setting's pictures that are wanted."""
    pictures = [one for one in setting.pictures if not wanted.names or one.name in wanted.names]
    if not pictures:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with a_desk() as desk:
        setting.prepare(desk)
        for picture in pictures:
            for look in looks(picture.phone, every=wanted.every_look):
                file = folder / f"{picture.name}{look['suffix']}.png"
                picture.take(desk, browser, file, **look["options"])
                print(file, flush=True)


def looks(phone: bool, *, every: bool) -> list[dict]:
    """How a picture is taken: as the guide shows it, or in all four ways."""
    if not every:
        return [{"suffix": "", "options": {"viewport": PHONE if phone else DESKTOP}}]
    return [
        {"suffix": f"-{width}-{scheme}", "options": {"viewport": size, "color_scheme": scheme}}
        for width, size in (("desktop", DESKTOP), ("phone", PHONE))
        for scheme in ("light", "dark")
    ]


@contextmanager
def servers() -> Iterator[None]:
    stack = Stack()
    try:
        stack.start()
        yield
    finally:
        stack.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=ARGUMENTS, chromium_sandbox=False
        )
        yield browser
        browser.close()


@contextmanager
def a_desk() -> Iterator[Desk]:
    """A demo desk of its own for one setting."""
    from tests.support.processes import Desk  # noqa: PLC0415
    from tests.support.template import Template  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="smsdesk-pictures-") as directory:
        folder = Path(directory)
        folder.chmod(0o711)  # PostgreSQL may run as somebody else.
        template = Template(folder / "template")
        template.directory.mkdir()
        template.make()
        desk = Desk(template, folder / "desk")
        try:
            desk.prepare()
            desk.seed()
            desk.start_all()
            yield desk
        finally:
            desk.end()
            template.drop(template.name)


if __name__ == "__main__":
    sys.exit(main())
