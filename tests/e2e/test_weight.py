"""What a page weighs on the wire, with a browser that has nothing of it yet (console.md)."""

from __future__ import annotations

import pytest

from tests.support import scenes
from tests.support.agent import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e-weight")]

MOST_BYTES = 150_000


def test_the_heaviest_pages_of_the_desk_are_under_150_kilobytes(desk, browser, page):
    scene = scenes.six_states(desk, "robin")
    scene.leaves()
    sign_in(page, desk, "robin")
    robins = page.context.storage_state()
    unread, wrap_up = (scene.conversation(scenes.SIX[state][0]) for state in ("unread", "wrap-up"))
    (dana,) = desk.sql(
        "SELECT id, customer_id FROM cases_case WHERE subject = 'Rear bumper, parking lot'"
    )

    pages = {
        "/desk/": robins,
        f"/desk/conversations/{unread}/": robins,
        f"/desk/conversations/{wrap_up}/": robins,
        f"/desk/cases/{dana['id']}/": robins,
        f"/desk/customers/{dana['customer_id']}/": robins,
        "/sign-in/": None,
        "/a/how-to-file-a-claim": None,
        "/handset/": None,
    }
    weights = {
        path: weight_of(browser, whose, f"{desk.base_url}{path}") for path, whose in pages.items()
    }

    assert {path: weight for path, weight in weights.items() if weight > MOST_BYTES} == {}
    assert min(weights.values()) > 1_000  # it was weighed at all


def weight_of(browser, whose, url: str) -> int:
    """The bytes that came for a page and all it loads, headers included."""
    context = browser.new_context(storage_state=whose)
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    sizes: list[float] = []
    protocol.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle")
    assert page.url == url
    context.close()
    return int(sum(sizes))
