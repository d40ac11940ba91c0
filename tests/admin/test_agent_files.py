"""D4: agents come and go as CSV."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agents.models import Agent
from tests.admin.conftest import version
from tests.factories import (
    AgentFactory,
    QueueFactory,
    SkillFactory,
    TeamFactory,
)

pytestmark = pytest.mark.django_db


class TestFiles:
    HEAD = (
        "username,name,email,team,limit,queues,skills,"
        "sms_capable,may_reject,may_initiate,may_transfer"
    )
    KIM = "kim,Kim,kim@example.org,Bears,5,Claims,Spanish 4,yes,yes,no,yes"

    @pytest.fixture(autouse=True)
    def _known(self):
        TeamFactory(name="Bears")
        QueueFactory(name="Claims")
        SkillFactory(name="Spanish")

    def upload(self, client, *lines, head=HEAD):
        file = SimpleUploadedFile("agents.csv", "\n".join([head, *lines]).encode())
        form = {"import_file": file, "format": "0", "resource": "0"}
        return client.post(reverse("admin:agents_agent_import"), form, follow=True)

    def export(self, client):
        form = {"format": "0", "resource": "0"}
        return client.post(reverse("admin:agents_agent_export"), form).content.decode().splitlines()

    def test_D4_a_file_makes_people_and_changes_those_there_are(self, supervisor):
        robin = AgentFactory(name="Robin", queues=[QueueFactory()], limit=3)
        before = version(robin)
        name = robin.user.username

        page = self.upload(supervisor, self.KIM, f"{name},Robin C.,,,,,,no,yes,yes,yes")

        assert "1 new, 1 updated" in page.text
        kim = Agent.objects.get(user__username="kim")
        assert (kim.user.email, kim.team.name, kim.limit) == ("kim@example.org", "Bears", 5)
        assert [queue.name for queue in kim.queues.all()] == ["Claims"]
        assert str(kim.skills.get()) == "Kim Spanish 4"
        assert (kim.may_initiate, kim.may_transfer) == (False, True)
        assert not kim.user.has_usable_password()
        robin = Agent.objects.get(pk=robin.pk)
        assert (robin.name, robin.limit, robin.sms_capable) == ("Robin C.", None, False)
        assert not robin.queues.exists()
        assert version(robin) > before

    def test_D4_a_file_too_long_to_answer_at_once_is_refused_before_it_is_read(self, supervisor):
        page = self.upload(supervisor, *(f"kim{n},Kim,,,,,,yes,yes,no,yes" for n in range(1001)))

        assert "The file has 1,001 lines below the first one, and at most 1,000" in page.text
        assert not Agent.objects.exists()

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("Bears", "Wolves", "There is no team “Wolves”. Add it first."),
            ("Claims", "Lost", "There is no queue “Lost”. Add it first."),
            ("Spanish 4", "French 4", "There is no skill “French”. Add it first."),
            ("Spanish 4", "Spanish", "“Spanish” is no skill and level from 1 to 5"),
            (",5,", ",13,", "“13” is no limit: 1 to 12, or empty."),
            ("kim@example.org", "kim", "“kim” is no e-mail address."),
            ("yes,yes,no,yes", "yes,yes,no,perhaps", "“perhaps” says neither yes nor no."),
            ("kim,Kim", "sue,Kim", "“sue” signs in here already, and is no agent"),
            ("kim,Kim", "first,Kim", "The file names “first” twice."),
            ("kim,Kim", "k m,Kim", "“k m” is no username"),
            ("kim,Kim", "kim,", "A name has 1 to 80 characters."),
        ],
    )
    def test_D4_one_bad_line_is_named_and_nobody_is_made(self, supervisor, old, new, sentence):
        first = self.KIM.replace("kim,Kim", "first,First")

        page = self.upload(supervisor, first, self.KIM.replace(old, new))

        assert sentence in page.text
        assert not Agent.objects.exists()
        assert User.objects.count() == 1

    def test_D4_what_is_exported_can_be_imported(self, supervisor):
        self.upload(supervisor, self.KIM)
        head, line = self.export(supervisor)
        assert (head, line) == (self.HEAD, self.KIM)
        User.objects.filter(username="kim").delete()

        self.upload(supervisor, line, head=head)

        assert self.export(supervisor) == [self.HEAD, self.KIM]
