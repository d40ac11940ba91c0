"""N19: an Administrator exports, erases, merges, blocks and sets periods, in a real browser."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from tests.support.everywhere import found_by

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PERSON, MANY, BLOCKED = "+14155550901", "+14155550902", "+14155550905"
ONE, TWO = "+14155550903", "+14155550904"
WORD = "zanzibar"
# So much that a server which held the file whole would show it.
TEXTS, LONG = 30_000, 1_500
MOST_GROWTH_MB = 40


def add_customer(desk, name: str, number: str) -> int:
    pk = desk.scalar(
        "INSERT INTO cases_customer (name, email, address, notes, created_at)"
        " VALUES (%s, '', '', '', now()) RETURNING id",
        name,
    )
    desk.sql("INSERT INTO cases_customerphone (customer_id, number) VALUES (%s, %s)", pk, number)
    return pk


def talked(desk, number: str) -> int:
    """Texted once, and it is over."""
    desk.inbound(number, f"{WORD} of {number}")
    of = "FROM routing_interaction WHERE customer_address = %s"
    talk = desk.wait_until(lambda: desk.scalar(f"SELECT id {of}", number), what="the text is here")
    desk.sql(
        "UPDATE routing_interaction SET state = 'CLOSED', closed_at = now() WHERE id = %s", talk
    )
    return talk


def personal_data(desk, page, customer: int) -> None:
    page.goto(f"{desk.base_url}/admin/cases/customer/{customer}/change/")
    page.get_by_role("link", name="Personal data").click()


def exported(page, file: str) -> str:
    """One of the files that are downloaded, once all of them are here."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    return zipfile.ZipFile(download.value.path()).read(file).decode()


def most_memory_mb(desk) -> int:
    """The most that the web server has held so far."""
    status = Path(f"/proc/{desk.pid('web')}/status").read_text()
    (held,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(held) // 1024


def test_N19_a_person_is_exported_then_erased_and_nothing_is_left(desk, supervisor):
    talked(desk, PERSON)
    customer = add_customer(desk, "Dana Quillfeather", PERSON)
    personal_data(desk, supervisor, customer)

    found = json.loads(exported(supervisor, "data.json"))
    assert [text["text"] for text in found["texts"]] == [f"{WORD} of {PERSON}"]
    assert f"{WORD} of {PERSON}" in exported(supervisor, "data.html")

    confirm = supervisor.get_by_label("To confirm, type")
    confirm.fill("Dana")
    supervisor.get_by_role("button", name="Erase for good").click()
    expect(supervisor.get_by_text("Nothing was erased")).to_be_visible()
    confirm.fill("Dana Quillfeather")
    supervisor.get_by_role("button", name="Erase for good").click()
    expect(supervisor.get_by_text("Erased, for good")).to_be_visible()

    needles = [f"{WORD} of {PERSON}", "Quillfeather", PERSON[1:]]
    with psycopg.connect(desk.database_url) as conn:
        assert found_by(conn.cursor(), *needles) == []
    with desk.redis_client() as redis:
        for key in redis.scan_iter():
            kept = f"{key!r} {redis.dump(key)!r}"
            assert not any(needle in kept for needle in needles), key


def test_N19_a_large_export_is_never_held_whole(desk, supervisor):
    talk = talked(desk, MANY)
    (columns,) = desk.sql(
        "SELECT string_agg(quote_ident(column_name), ', ') AS names"
        " FROM information_schema.columns WHERE table_name = 'routing_message' AND column_name"
        " NOT IN ('id', 'body', 'client_id', 'carrier_message_id')"
    )
    desk.sql(
        f"INSERT INTO routing_message ({columns['names']}, body, client_id, carrier_message_id)"  # noqa: S608 - ours
        f" SELECT {columns['names']}, repeat('x', %s), gen_random_uuid(), 'SMx' || n"
        " FROM routing_message, generate_series(1, %s) AS n WHERE interaction_id = %s",
        LONG,
        TEXTS,
        talk,
    )
    customer = add_customer(desk, "Morgan Many", MANY)
    personal_data(desk, supervisor, customer)
    expect(supervisor.get_by_text(str(TEXTS + 1))).to_be_visible()
    before = most_memory_mb(desk)

    text = exported(supervisor, "data.json")

    assert len(json.loads(text)["texts"]) == TEXTS + 1
    assert len(text) > TEXTS * LONG
    assert most_memory_mb(desk) - before < MOST_GROWTH_MB


def test_N19_two_customers_become_one(desk, supervisor):
    kept, other = add_customer(desk, "Uma Onlyone", ONE), add_customer(desk, "U. Onlyone", TWO)
    supervisor.goto(f"{desk.base_url}/admin/cases/customer/?q=Onlyone")
    for pk in (kept, other):
        supervisor.locator(f"input[name=_selected_action][value='{pk}']").check()
    supervisor.locator("select[name=action]").select_option("merge")
    supervisor.get_by_role("button", name="Run").click()
    supervisor.get_by_label("Keep Uma Onlyone").check()
    supervisor.get_by_role("button", name="Merge the two").click()

    expect(supervisor.get_by_text("Everything of both is Uma Onlyone’s now.")).to_be_visible()
    numbers = desk.sql("SELECT number FROM cases_customerphone WHERE customer_id = %s", kept)
    assert sorted(row["number"] for row in numbers) == [ONE, TWO]


def test_N19_a_number_is_blocked_and_its_text_rings_nobody(desk, supervisor):
    supervisor.goto(f"{desk.base_url}/admin/routing/blockednumber/add/")
    supervisor.get_by_label("Number").fill("(415) 555-0905")
    supervisor.get_by_label("Reason").fill("Threats")
    supervisor.get_by_role("button", name="Save", exact=True).click()
    expect(supervisor.get_by_text("was added successfully")).to_be_visible()

    desk.inbound(BLOCKED, f"{WORD} of {BLOCKED}")
    blocked = "SELECT count(*) FROM routing_carrierrequest WHERE state = 'BLOCKED'"
    desk.wait_until(lambda: desk.scalar(blocked), what="the blocked text is kept")
    assert not desk.sql("SELECT 1 FROM routing_interaction WHERE customer_address = %s", BLOCKED)


def test_N19_a_period_is_set_and_the_trail_shows_what_it_was(desk, supervisor, change):
    change("cases_retentionperiod", days=None)
    supervisor.goto(f"{desk.base_url}/admin/cases/retentionperiod/")
    supervisor.get_by_role("link", name="internal notes").click()
    days = supervisor.get_by_label("Days")
    days.fill("3")
    supervisor.get_by_role("button", name="Save", exact=True).click()
    expect(supervisor.get_by_text("greater than or equal to 7")).to_be_visible()
    days.fill("90")
    supervisor.get_by_role("button", name="Save", exact=True).click()
    expect(supervisor.get_by_text("90 days")).to_be_visible()

    supervisor.goto(f"{desk.base_url}/admin/agents/auditentry/")
    entry = supervisor.get_by_role("row", name=re.compile("internal notes")).first
    expect(entry).to_contain_text("nothing → 90")
