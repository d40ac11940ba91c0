"""The pictures of docs/supervisors.md: the admin of the demo desk, quiet and at work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.pictures.picture import Picture, Setting, nothing, supervisor_in_the_admin
from tests.support import scenes
from tests.support.scenes import DANA, RAMANS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.processes import Desk

POLICY = "+14155550171"
picture = partial(Picture, enter=supervisor_in_the_admin)


def go(page: Page, desk: Desk, path: str) -> None:
    page.goto(f"{desk.base_url}/admin/{path}")


# ---------------------------------------------------------------------------------- a new desk


def nearly_empty(desk: Desk) -> None:
    """Its numbers are not active yet, nobody serves one queue, and nobody has texted."""
    desk.sql("UPDATE routing_channel SET state = 'PROVISIONING'")
    desk.sql(
        """DELETE FROM routing_queuemember WHERE queue_id =
           (SELECT id FROM routing_queue WHERE name = 'Policy help')"""
    )


def show_channel(page: Page, desk: Desk) -> None:
    found = desk.scalar("SELECT id FROM routing_channel WHERE name = 'Acme Claims'")
    go(page, desk, f"routing/channel/{found}/change/")


def show_prices(page: Page, desk: Desk) -> None:
    go(page, desk, "routing/destination/")


def show_queue(page: Page, desk: Desk) -> None:
    found = desk.scalar("SELECT id FROM routing_queue WHERE name = 'Policy help'")
    go(page, desk, f"routing/queue/{found}/change/")


def show_dry_run(page: Page, desk: Desk) -> None:
    go(page, desk, "routing/rule/add/")
    page.get_by_label("Name").fill("Did it arrive?")
    page.get_by_label("Keyword").fill("did")
    page.get_by_label("Queue").select_option("Policy help")
    page.get_by_role("button", name="Try it on last week").click()
    tried = page.get_by_role("status").filter(has_text="Looked at")
    expect(tried).to_be_visible()
    tried.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")


def show_agents(page: Page, desk: Desk) -> None:
    go(page, desk, "agents/agent/")


def show_reports(page: Page, desk: Desk) -> None:
    go(page, desk, "routing/tally/")


def show_merge(page: Page, desk: Desk) -> None:
    desk.sql(
        """INSERT INTO cases_customer (name, email, address, notes, created_at)
           VALUES ('D. Whitfield', 'dana@example.org', '', 'Texted from her work phone.', now())"""
    )
    pair = desk.sql("SELECT id FROM cases_customer WHERE name LIKE '%Whitfield' ORDER BY id")
    go(page, desk, "cases/customer/merge/?" + "&".join(f"of={row['id']}" for row in pair))


def show_personal_data(page: Page, desk: Desk) -> None:
    dana = desk.scalar("SELECT id FROM cases_customer WHERE name = 'Dana Whitfield'")
    go(page, desk, f"cases/customer/personal-data/?of={dana}")


# -------------------------------------------------------------------------------- a desk at work

at_work: list[scenes.Scene] = []


def three_at_work(desk: Desk) -> None:
    """Robin and Lea talk, Maya is at lunch, one text waits and one answer is late."""
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 3000, acceptance_seconds = 600")
    robin, maya, lea = (scenes.Scene(desk, name) for name in ("robin", "maya", "lea"))
    maya.set_status("Lunch")
    robin.set_status("Available")
    robin.texts(DANA, "The shop has sent the estimate. Where do I send it?")
    robin.accepts(DANA)
    robin.answers(DANA, "Hello Dana, this is Robin. To photos@example.com please, with your claim.")
    robin.settles(DANA, "DELIVERED")
    robin.texts(DANA, "Done. When will somebody look at it?")
    robin.texts(RAMANS, "Which of our two cars is covered for hail?")
    robin.accepts(RAMANS)
    robin.is_late(RAMANS, opened=False)
    lea.set_status("Available")
    lea.texts(POLICY, "#POLICY Am I covered in Canada?")
    lea.accepts(POLICY)
    for scene in (robin, lea):
        scene.client.post("/desk/stop-new", {"stop": "on"})
    robin.texts("+14155550172", "My windshield has a crack")
    # Their sockets stay open, so that they are there.
    at_work.extend((robin, maya, lea))


def show_floor(page: Page, desk: Desk) -> None:
    go(page, desk, "floor/")
    expect(page.get_by_role("region", name="Agents")).to_contain_text("Robin Castillo")


def show_monitor(page: Page, desk: Desk) -> None:
    go(page, desk, f"floor/conversations/{at_work[0].conversation(DANA)}/")
    page.get_by_label("Whisper to the agent").fill("Offer an appointment on Thursday")
    page.get_by_role("button", name="Whisper").click()
    expect(page.get_by_text("Whispered.")).to_be_visible()


def show_receipt(page: Page, desk: Desk) -> None:
    go(page, desk, f"routing/interaction/{at_work[2].conversation(POLICY)}/change/")


def show_audit(page: Page, desk: Desk) -> None:
    go(page, desk, "agents/auditentry/?q=supervisor")


SETTINGS = [
    Setting(nearly_empty, [picture("checklist", nothing)]),
    Setting(
        nothing,
        [
            picture("channel", show_channel),
            picture("prices", show_prices),
            picture("queue", show_queue),
            picture("dry-run", show_dry_run),
            picture("reports", show_reports),
            picture("merge", show_merge),
            picture("personal-data", show_personal_data),
        ],
    ),
    Setting(
        three_at_work,
        [
            picture("floor", show_floor),
            picture("agents", show_agents),
            picture("monitor", show_monitor),
            picture("receipt", show_receipt),
            picture("audit", show_audit),
        ],
    ),
]
