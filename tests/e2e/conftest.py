"""What the browser tests share: a running desk for each file, and nothing left for the next test.

A busy machine is slow, not wrong: what is expected on a page has fifteen seconds to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.processes import Desk

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def desk(desk_maker: Callable[..., Desk]) -> Iterator[Desk]:
    desk = desk_maker()
    yield desk
    desk.end()


@pytest.fixture(autouse=True)
def _everybody_on_break(desk: Desk) -> Iterator[None]:
    """So that the next test's text is offered to its own agent."""
    yield
    desk.sql(
        """UPDATE agents_agent SET status_id =
           (SELECT id FROM agents_statuscode WHERE name = 'On Break')"""
    )


@pytest.fixture
def change(desk: Desk) -> Iterator[Callable[..., None]]:
    """``change("routing_queue", wrap_up_seconds=8)`` changes each row for this test alone."""
    old: list[tuple[str, tuple[Any, ...]]] = []

    def change(table: str, where: str = "true", **values: Any) -> None:
        columns = ", ".join(values)
        update = f"UPDATE {table} SET ({columns}) = ROW ({', '.join(['%s'] * len(values))})"  # noqa: S608
        rows = desk.sql(f"SELECT {columns}, id FROM {table} WHERE {where}")  # noqa: S608
        old.extend((f"{update} WHERE id = %s", tuple(row.values())) for row in rows)
        desk.sql(f"{update} WHERE {where}", *values.values())

    yield change
    for update, values in reversed(old):
        desk.sql(update, *values)


@pytest.fixture
def supervisor(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The supervisor's browser, at the admin."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{desk.base_url}/admin/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(desk.password_of("supervisor"))
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
