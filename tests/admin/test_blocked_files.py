"""N19: blocked numbers from a CSV file, and back from what the list gives out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agents.models import AuditEntry
from routing.models import BlockedNumber
from tests.admin.conftest import version
from tests.factories import AgentFactory, BlockedNumberFactory, ChannelFactory

pytestmark = pytest.mark.django_db

HEAD = "number,channel,reason,until"
NUMBER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims")


def upload(client, *lines, head=HEAD, only_try=False):
    file = SimpleUploadedFile("blocked.csv", "\n".join([head, *lines]).encode())
    form = {"import_file": file, "format": "0", "resource": "0"}
    if only_try:
        form["only_try"] = "on"
    return client.post(reverse("admin:routing_blockednumber_import"), form, follow=True)


def entries() -> list[tuple[str, str | None, str]]:
    rows = BlockedNumber.objects.order_by("pk")
    return list(rows.values_list("number", "channel__name", "reason"))


def test_N19_a_file_of_blocked_numbers_is_tried_first_and_blocks_nobody(supervisor):
    listed = supervisor.get(reverse("admin:routing_blockednumber_changelist"))
    assert reverse("admin:routing_blockednumber_import") in listed.text

    page = upload(supervisor, f"{NUMBER},,Threats,", only_try=True)

    assert "Nothing was written. This file would be: 1 blocked." in page.text
    assert not BlockedNumber.objects.exists()
    assert not AuditEntry.objects.filter(act="imported").exists()


def test_N19_the_numbers_of_a_file_are_blocked_and_open_desks_hear_of_it(supervisor, channel):
    agent = AgentFactory(present=True)
    before = version(agent)

    page = upload(
        supervisor, "(415) 555-0123,,Threats,2026-12-24 18:00", f"{NUMBER},claims,Spam,2026-12-25"
    )

    assert "Written: 2 blocked." in page.text
    assert entries() == [(NUMBER, None, "Threats"), (NUMBER, "Claims", "Spam")]
    first, second = BlockedNumber.objects.order_by("pk")
    assert first.until == datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert second.until == datetime(2026, 12, 25, tzinfo=UTC)
    assert first.created_by.username == "sue"
    assert version(agent) > before
    assert AuditEntry.objects.get(act="imported").after == {"blocked": 2}


def test_N19_a_number_that_is_blocked_takes_the_files_reason_and_end(supervisor, admin_user):
    BlockedNumberFactory(number=NUMBER, reason="Old", created_by=admin_user)

    page = upload(supervisor, f"{NUMBER},,New,")

    assert "Written: 1 changed." in page.text
    assert entries() == [(NUMBER, None, "New")]
    assert BlockedNumber.objects.get().created_by == admin_user


def test_N19_one_bad_line_blocks_nobody_and_each_bad_cell_is_named(supervisor, channel):
    page = upload(
        supervisor,
        f"{NUMBER},,Threats,",
        "12,Nowhere,,soon",
        f"{NUMBER},,Twice,",
    )

    assert "There is no channel “Nowhere”." in page.text
    assert "A reason has 1 to 200 characters; agents read it." in page.text
    assert "“soon” is no day or moment, such as 2026-03-31 or 2026-03-31 14:05." in page.text
    assert "The file names +1 415-555-0123 twice for that channel." in page.text
    assert not BlockedNumber.objects.exists()


def test_N19_what_the_list_gives_out_comes_in_again(supervisor, channel):
    until = datetime(2026, 12, 24, 18, tzinfo=UTC)
    BlockedNumberFactory(number=NUMBER, channel=channel, reason="=Spam", until=until)
    BlockedNumberFactory(number="+14155550124", reason="Threats")
    answer = supervisor.post(
        reverse("admin:routing_blockednumber_changelist"),
        {
            "action": "export_rows",
            "_selected_action": list(BlockedNumber.objects.values_list("pk", flat=True)),
        },
    )
    head, *lines = b"".join(answer.streaming_content).decode().splitlines()
    BlockedNumber.objects.all().delete()

    page = upload(supervisor, *lines, head=head)

    assert "Written: 2 blocked." in page.text
    assert set(entries()) == {(NUMBER, "Claims", "=Spam"), ("+14155550124", None, "Threats")}
    assert BlockedNumber.objects.get(number=NUMBER).until == until
