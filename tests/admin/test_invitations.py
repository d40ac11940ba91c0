"""D4 K3: a person is made on one page, and invited to choose a password."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.models import Agent, AuditEntry
from tests.factories import (
    AgentFactory,
    QueueFactory,
    SkillFactory,
)
from tests.support.admin_forms import untouched
from tests.test_admin import NO_ROWS


@pytest.fixture
def client_class():
    return Client


@pytest.mark.django_db(transaction=True)  # what follows the commit is shown in the answer
class TestInvitations:
    FORM = {
        "username": "kim",
        "email": "kim@example.org",
        "user": "",
        "name": "Kim",
        "team": "",
        "limit": "",
        "sms_capable": "on",
        "may_reject": "on",
    } | NO_ROWS

    def add(self, client, **fields):
        return self.post(client, reverse("admin:agents_agent_add"), self.FORM | fields)

    def post(self, client, address, form):
        return client.post(address, form, follow=True)

    def link(self, page):
        return re.search(r"http://testserver(/invitation/[^<]+)", page.text)[1]

    def test_D4_a_person_is_made_on_one_page_and_invited(
        self, supervisor, client_class, mailoutbox
    ):
        queue, skill = QueueFactory(), SkillFactory()
        page = self.add(
            supervisor,
            **{
                "memberships-TOTAL_FORMS": 1,
                "memberships-0-queue": queue.pk,
                "skills-TOTAL_FORMS": 1,
                "skills-0-skill": skill.pk,
                "skills-0-level": 5,
            },
        )

        agent = Agent.objects.get(user__username="kim")
        assert list(queue.members.all()) == [agent]
        assert agent.skills.get().level == 5
        assert not agent.user.has_usable_password()
        link = self.link(page)
        assert mailoutbox[0].to == ["kim@example.org"]
        assert link in mailoutbox[0].body
        assert "It was sent to kim@example.org, too." in page.text

        kim = client_class()
        form = kim.get(link, follow=True)
        assert "You sign in as <b>kim</b>" in form.text
        password = {"new_password1": "wide-Open-4711", "new_password2": "wide-Open-4711"}
        answer = kim.post(form.request["PATH_INFO"], password)
        assert answer.url == reverse("desk")
        assert kim.get(answer.url).status_code == 200
        assert "This link does not work any more" in client_class().get(link, follow=True).text

    def test_D4_a_link_is_good_for_three_days(self, supervisor, client_class, settings):
        link = self.link(self.add(supervisor))

        settings.PASSWORD_RESET_TIMEOUT = -1
        page = client_class().get(link, follow=True)

        assert "This link does not work any more" in page.text

    @pytest.mark.parametrize(
        ("setup", "words"),
        [
            (("dummy", "kim@example.org"), "No e-mail server is set up"),
            (("locmem", ""), "Kim has no e-mail address"),
            (("smtp", "kim@example.org"), "The e-mail could not be sent"),
        ],
    )
    def test_D4_without_e_mail_the_link_is_given_by_hand(self, supervisor, settings, setup, words):
        backend, email = setup
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens

        page = self.add(supervisor, email=email)

        assert words in page.text
        assert "give them the link yourself" in page.text
        assert self.link(page)

    def test_D4_somebody_is_invited_again_by_the_button_and_it_is_on_record(self, supervisor):
        agent = AgentFactory(name="Robin")
        address = reverse("admin:agents_agent_change", args=[agent.pk])
        form = untouched(supervisor.get(address)) | {"agents_agent_save_and_invite": "1"}

        page = self.post(supervisor, address, form)

        assert self.link(page)
        entry = AuditEntry.objects.get(act="invited")
        assert (entry.actor_name, entry.subject_id) == ("sue", str(agent.user_id))

    def test_K3_nobody_gets_a_link_for_somebody_above(self, supervisor):
        agent = AgentFactory(user=User.objects.create_superuser("root"))
        form = {"action": "invite", "_selected_action": [agent.pk]}

        address = reverse("admin:agents_agent_changelist")
        page = self.post(supervisor, address, form)

        assert "/invitation/" not in page.text
        assert "an administrator can invite them" in page.text
        assert not AuditEntry.objects.filter(act="invited").exists()

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"username": "SUE"}, "Somebody signs in as “SUE” already."),
            ({"username": ""}, "Write a username, or choose below who signs in already"),
            ({"username": "kim lee"}, "Enter a valid username"),
            ({"email": "kim"}, "Enter a valid email address"),
        ],
    )
    def test_D4_what_cannot_be_is_said_and_nobody_is_made(self, supervisor, fields, sentence):
        page = self.add(supervisor, **fields)

        assert sentence in page.text
        assert User.objects.count() == 1
