"""What a page weighs on the wire, with a browser that has nothing of it yet (console.md)."""

from __future__ import annotations

import pytest

from tests.support import scenes
from tests.support.agent import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e-weight")]

MOST_BYTES = 150_000


def test_the_heaviest_pages_of_the_desk_are_under_150_kilobytes(desk, browser):
    scene = scenes.six_states(desk, "robin")
    scene.leaves()
    open_one = browser.new_page()
    sign_in(open_one, desk, "robin")
    signed_in = open_one.context.storage_state()
    conversation = scene.conversation(scenes.SIX["unread"][0])

    weights = {
        path: weight_of(browser, signed_in, f"{desk.base_url}{path}")
        for path in ("/sign-in/", "/desk/", f"/desk/conversations/{conversation}/")
    }

    open_one.context.close()
    assert {path: weight for path, weight in weights.items() if weight > MOST_BYTES} == {}
    assert min(weights.values()) > 1_000  # it was weighed at all


def weight_of(browser, signed_in, url: str) -> int:
    """The bytes that came for a page and all it loads, headers included."""
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    sizes: list[float] = []
    protocol.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url)
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    context.close()
    return int(sum(sizes))
