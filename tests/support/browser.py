"""Chromium for the tests that need a real browser: the machine's, Playwright's or Debian's.

``python -m tests.support.browser`` gets one where there is none. Where none can be had, the tests
that ask for it are skipped, and the summary says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
INSTALL_SECONDS = 300


class NoBrowser(Exception):
    """No Chromium here; the text says why."""


def find_chromium() -> Path:
    """Return the browser to use: ``CHROMIUM``, one on PATH, or Playwright's. Raises NoBrowser."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise NoBrowser(f"CHROMIUM names {named}, which is not a program.")
        return Path(named)
    for name in ON_PATH:
        found = shutil.which(name)
        # A browser packed as a snap cannot be driven from outside.
        if found and "/snap/" not in str(Path(found).resolve()):
            return Path(found)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.exists():
        return own
    raise NoBrowser(
        "No Chromium on this machine: set CHROMIUM to one, or run python -m tests.support.browser."
    )


def install_chromium() -> Path:
    """Get a Chromium from Playwright's download, else from Debian. Raises NoBrowser."""
    playwright = [sys.executable, "-m", "playwright"]
    commands = [[*playwright, "install", "chromium"]]
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        commands += [
            [apt, "update", "-qq"],
            [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            # Where there is no such package: the system libraries that Playwright's own needs.
            [*playwright, "install-deps", "chromium"],
        ]
    said = ""
    for command in commands:
        try:
            done = subprocess.run(
                command,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        except subprocess.TimeoutExpired:
            said = f"{' '.join(command[:2])} took longer than {INSTALL_SECONDS} s"
        try:
            chromium = find_chromium()
            check_that_it_starts(chromium)
        except NoBrowser as error:
            said = said or str(error)
        else:
            return chromium
    raise NoBrowser(f"No Chromium could be installed: {said}")


def check_that_it_starts(chromium: Path) -> None:
    """Raise NoBrowser if it cannot run here, for instance for want of a system library."""
    try:
        done = subprocess.run(
            [chromium, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBrowser(f"{chromium} does not start: {error}") from None
    if done.returncode != 0:
        raise NoBrowser(f"{chromium} does not start: {done.stderr.strip().rpartition(chr(10))[2]}")


@cache
def _chromium_or_reason() -> Path | str:
    try:
        chromium = find_chromium()
        check_that_it_starts(chromium)
    except NoBrowser as error:
        return str(error)
    return chromium


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program; the test is skipped, with the reason, where there is none."""
    found = _chromium_or_reason()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A headless Chromium for this module: its event loop must not outlive it in the thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=ARGUMENTS,
            # Chromium cannot sandbox itself when started by root, nor in most containers.
            chromium_sandbox=False,
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_page()``: one more person's browser, or one more of somebody's with
    ``storage_state=page.context.storage_state()``; closed after the test.
    """
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def browser_context(page: Page) -> BrowserContext:
    """The browser of ``page``: its cookies and its storage."""
    return page.context


def main() -> None:
    """Make sure there is a Chromium, or say why the browser tests will be skipped."""
    try:
        try:
            chromium = find_chromium()
            check_that_it_starts(chromium)
        except NoBrowser:
            if os.environ.get("CHROMIUM"):
                raise
            print("Getting Chromium for the browser tests (some minutes at most) ...", flush=True)
            chromium = install_chromium()
    except NoBrowser as error:
        print(f"Browser tests will be skipped. {error}")
    else:
        print(f"Browser tests use {chromium}.")


if __name__ == "__main__":
    main()
