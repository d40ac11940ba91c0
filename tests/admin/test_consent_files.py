"""N1: the opt-out ledger as a CSV file, which adds lines and changes none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from agents.models import AuditEntry
from routing.enums import ConsentSource
from routing.models import ConsentEntry
from routing.selectors.consent import opted_out
from smsdesk.lib import clock
from smsdesk.lib.pseudonyms import keyed
from tests.admin.conftest import version
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    ConsentEntryFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db

HEAD = "number,channel,opted_out,at,note"
NUMBER = "+14155550123"
OUT = f"{NUMBER},Claims,yes,2026-03-31 14:05,By letter"


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims")


def upload(client, *lines, head=HEAD, only_try=False, name="old desk.csv"):
    file = SimpleUploadedFile(name, "\n".join([head, *lines]).encode())
    form = {"import_file": file, "format": "0", "resource": "0"}
    if only_try:
        form["only_try"] = "on"
    return client.post(reverse("admin:routing_consententry_import"), form, follow=True)


def export(client):
    form = {"format": "0", "resource": "0"}
    answer = client.post(reverse("admin:routing_consententry_export"), form)
    return answer.content.decode().splitlines()


def test_N1_a_file_is_tried_first_and_writes_nothing(supervisor, channel):
    page = upload(supervisor, OUT, only_try=True)

    assert "Nothing was written. This file would be: 1 opted out." in page.text
    assert not ConsentEntry.objects.exists()
    assert not AuditEntry.objects.filter(act="imported").exists()


def test_N1_a_file_opts_out_and_each_line_says_where_it_comes_from(supervisor, channel):
    agent = AgentFactory()
    active_interaction(agent, channel=channel, customer_address=NUMBER)
    before = version(agent)

    page = upload(supervisor, OUT, "(415) 555-0124,Claims,yes,2026-03-31,")

    assert "Written: 2 opted out." in page.text
    line, other = ConsentEntry.objects.order_by("pk")
    assert (line.address, other.address) == (NUMBER, "+14155550124")
    assert (line.source, line.note) == (ConsentSource.IMPORT, "By letter")
    assert line.at == datetime(2026, 3, 31, 14, 5, tzinfo=UTC)
    assert line.evidence == f"old desk.csv, line 2, imported by {line.user}"
    assert other.file == "old desk.csv, line 3"
    assert opted_out(channel.pk, NUMBER) == line
    assert version(agent) > before
    assert AuditEntry.objects.get(act="imported").after == {"opted out": 2}


def test_N1_a_file_that_comes_again_adds_nothing(supervisor, channel):
    upload(supervisor, OUT)

    page = upload(supervisor, OUT, OUT)

    assert "Written: 2 in the ledger already." in page.text
    assert ConsentEntry.objects.count() == 1


def test_N1_what_is_exported_can_be_imported_and_says_how_it_is_known(supervisor, channel):
    inbound_text(channel, NUMBER, "STOP")
    ConsentEntryFactory(channel=channel, address=keyed("+14155550199"))
    head, erased, line = export(supervisor)

    assert head == "number,channel,opted_out,at,source,evidence,note"
    assert line.startswith(f"'{NUMBER},Claims,yes,")
    assert line.endswith(",the customer texted it,“STOP”,")
    page = upload(supervisor, erased, line, head=head)
    assert "Written: 2 in the ledger already." in page.text


def test_N1_a_line_older_than_what_the_ledger_knows_decides_nothing(supervisor, channel):
    inbound_text(channel, NUMBER, "STOP")
    inbound_text(channel, NUMBER, "START")

    page = upload(supervisor, OUT)

    assert "Written: 1 older than what the ledger knows." in page.text
    assert opted_out(channel.pk, NUMBER) is None


def test_N1_what_a_file_said_a_file_takes_back(supervisor, channel):
    page = upload(supervisor, OUT, f"{NUMBER},{channel.number},no,2026-04-01,Signed again")

    assert "Written: 1 opted out, 1 opted in again." in page.text
    assert opted_out(channel.pk, NUMBER) is None


@pytest.mark.parametrize("source", [ConsentSource.KEYWORD, ConsentSource.CARRIER, "AGENT"])
def test_N1_what_the_customer_asked_for_no_file_takes_back(supervisor, channel, source):
    at = clock.now() - timedelta(days=9)
    ConsentEntryFactory(channel=channel, address=NUMBER, source=source, at=at)

    page = upload(supervisor, f"{NUMBER},Claims,no,{clock.now():%Y-%m-%d},")

    assert "Only the customer can undo that, by texting START." in page.text
    assert opted_out(channel.pk, NUMBER)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Claims", "Lost", "There is no channel “Lost”."),
        ("yes", "perhaps", "“perhaps” says neither yes nor no."),
        ("2026-03-31 14:05", "last May", "“last May” is no day or moment"),
        ("2026-03-31 14:05", "2026-02-31", "“2026-02-31” is no day or moment"),
        ("2026-03-31 14:05", "2226-03-31", "“2226-03-31” is still to come."),
        ("2026-03-31 14:05", "", "“” is no day or moment"),
        ("By letter", "x" * 201, "A note has 200 characters at most."),
        (NUMBER, "#ABC", "“#ABC”"),
        (NUMBER, "", "number"),
    ],
)
def test_N1_one_bad_line_is_named_and_nothing_is_written(supervisor, channel, old, new, sentence):
    good = "+14155550177,Claims,yes,2026-03-31,"

    page = upload(supervisor, good, OUT.replace(old, new))

    assert sentence in page.text
    assert not ConsentEntry.objects.exists()


def test_N1_no_line_of_the_ledger_is_changed_or_deleted(channel):
    line = ConsentEntryFactory(channel=channel, address=NUMBER)
    lines = ConsentEntry.objects.filter(pk=line.pk)

    for change in (
        lambda: lines.update(opted_out=False),
        lambda: lines.update(at=clock.now()),
        lambda: lines.update(channel=ChannelFactory()),
        lines.delete,
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()

    line.refresh_from_db()
    assert line.opted_out
