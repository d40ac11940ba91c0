"""A19 C4 D4 E1 K3: who works here, and the status menu, as supervisors set them in the admin."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agents.enums import AVAILABLE, Role
from agents.models import Agent, AuditEntry, StatusCode
from cases.models import Disposition
from routing.enums import InteractionState
from routing.models import Offer
from routing.selectors.initiation import why_not_text_first_now
from routing.selectors.policy import sending_rules, why_nothing_goes
from routing.services.assignment import route_waiting
from routing.services.offers import withdraw_offers
from routing.services.outbound import TextRefused, send_text
from smsdesk.console.frames import desk_frame
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    SkillFactory,
    TeamFactory,
    active_interaction,
    inbound_text,
)
from tests.support.admin_forms import untouched
from tests.test_admin import NO_ROWS

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(client):
    user = User.objects.create_user("sue", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client.force_login(user)
    return client


@pytest.fixture
def client_class():
    return Client


def change(client, row, **fields):
    """Save a row's page with these fields changed; None takes one out, as an empty box does."""
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    form = untouched(client.get(address)) | fields
    sent = {name: value for name, value in form.items() if value is not None}
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]


def version(agent) -> int:
    return Agent.objects.get(pk=agent.pk).desk_version


class TestNotForSms:
    @pytest.fixture
    def agent(self, supervisor):
        agent = AgentFactory(name="Robin")
        change(supervisor, agent, sms_capable=None)
        return Agent.objects.get(pk=agent.pk)

    def test_A19_whose_account_is_not_for_sms_is_offered_nothing_and_the_receipt_says_why(
        self, agent
    ):
        colleague = AgentFactory()
        queue = QueueFactory()
        queue.members.set([agent, colleague])
        inbound_text(ChannelFactory(queue=queue), "+14155550123")

        assert route_waiting(queue_ids=[queue.pk], now=clock.now()) == 1

        offer = Offer.objects.get()
        assert offer.agent == colleague
        why = {one["name"]: one["why_not"] for one in offer.receipt["others"]}
        assert why == {"Robin": "has an account that is not for SMS"}

    def test_A19_whose_account_is_not_for_sms_sends_nothing_and_the_desk_says_why(self, agent):
        interaction = active_interaction(agent)

        with pytest.raises(TextRefused, match="Your account is not for SMS"):
            send_text(
                interaction_id=interaction.pk,
                agent_id=agent.pk,
                body="hello",
                client_id=uuid.uuid4(),
                now=clock.now(),
            )

        assert "Your account is not for SMS" in why_nothing_goes(sending_rules(agent.pk))
        assert why_nothing_goes(sending_rules()) == ""
        html = desk_frame(Agent.objects.with_limit().get(pk=agent.pk), clock.now()).html
        assert "Your account is not for SMS" in html

    def test_A19_whose_account_is_not_for_sms_texts_nobody_first(self, agent):
        queue = QueueFactory()
        queue.members.add(agent)
        ChannelFactory(queue=queue, allow_agent_initiated=True)

        assert "Your account is not for SMS" in why_not_text_first_now(agent)


def test_A19_what_was_offered_goes_on_when_the_account_is_not_for_sms_any_more(
    supervisor, django_capture_on_commit_callbacks
):
    agent = AgentFactory()
    queue = QueueFactory()
    queue.members.add(agent)
    inbound_text(ChannelFactory(queue=queue), "+14155550123")
    route_waiting(queue_ids=[queue.pk], now=clock.now())
    offer = Offer.objects.get()
    before = version(agent)

    with django_capture_on_commit_callbacks() as rung:
        change(supervisor, agent, sms_capable=None)
    withdraw_offers(agent_id=agent.pk, now=clock.now())

    assert rung
    offer.interaction.refresh_from_db()
    assert offer.interaction.state == InteractionState.QUEUED
    assert version(agent) > before
    assert Agent.objects.get(pk=agent.pk).status.name == AVAILABLE


def test_B5_an_agents_page_has_the_queues_and_the_skills(supervisor):
    agent, queue, skill = AgentFactory(), QueueFactory(), SkillFactory()
    before = version(agent)

    change(
        supervisor,
        agent,
        **{
            "memberships-TOTAL_FORMS": 1,
            "memberships-0-queue": queue.pk,
            "memberships-0-agent": agent.pk,
            "skills-TOTAL_FORMS": 1,
            "skills-0-skill": skill.pk,
            "skills-0-level": 4,
            "skills-0-agent": agent.pk,
        },
    )

    assert list(queue.members.all()) == [agent]
    assert agent.skills.get().level == 4
    assert version(agent) > before


def test_D4_a_teams_list_says_how_many_are_in_it(supervisor):
    team = TeamFactory()
    AgentFactory.create_batch(2, team=team)

    page = supervisor.get(reverse("admin:agents_team_changelist"))

    assert page.context["cl"].queryset.get().members_count == 2


def test_K3_supervisors_may_disconnect_and_agents_may_not():
    allowed = {
        role: Group.objects.get(name=role).permissions.filter(codename="force_disconnect").exists()
        for role in Role
    }

    assert allowed == {Role.AGENT: False, Role.SUPERVISOR: True, Role.ADMINISTRATOR: True}


class TestStatusMenu:
    @pytest.fixture
    def lunch(self):
        return StatusCode.objects.create(name="Lunch")

    def delete(self, client, code):
        address = reverse("admin:agents_statuscode_delete", args=[code.pk])
        return client.post(address, {"post": "yes"}, follow=True)

    def delete_by_action(self, client, code):
        form = {"action": "delete_selected", "_selected_action": [code.pk], "post": "yes"}
        return client.post(reverse("admin:agents_statuscode_changelist"), form, follow=True)

    def test_E1_open_desks_follow_a_new_a_renamed_and_a_deleted_status(self, supervisor):
        agent = AgentFactory()
        seen = [version(agent)]

        form = {"name": "Lunch", "kind": "AWAY", "position": 5, "in_menu": "on"}
        supervisor.post(reverse("admin:agents_statuscode_add"), form)
        seen.append(version(agent))
        code = StatusCode.objects.get(name="Lunch")
        change(supervisor, code, name="Luncheon")
        seen.append(version(agent))
        self.delete(supervisor, code)
        seen.append(version(agent))

        assert seen == sorted(set(seen))
        assert not StatusCode.objects.filter(pk=code.pk).exists()

    @pytest.mark.parametrize("by", ["delete", "delete_by_action"])
    def test_E1_a_status_in_use_cannot_be_deleted(self, supervisor, lunch, by):
        AgentFactory(name="Robin", status="Lunch")

        page = getattr(self, by)(supervisor, lunch)

        assert "“Lunch” is the status of Robin now. Take it out of the menu instead." in page.text
        assert StatusCode.objects.filter(pk=lunch.pk).exists()

    def test_E1_a_status_taken_out_of_the_menu_is_kept_by_who_is_in_it(self, supervisor, lunch):
        agent = AgentFactory(status="Lunch")

        change(supervisor, lunch, in_menu=None)

        agent = Agent.objects.with_limit().get(pk=agent.pk)
        html = desk_frame(agent, clock.now()).html
        assert agent.status == lunch
        assert f'id="status-{lunch.pk}"' not in html
        assert 'class="status-name">Lunch</span>' in html

    def test_E1_who_is_in_a_status_that_takes_none_by_now_is_passed_over(self, supervisor):
        code = StatusCode.objects.create(name="Calls", kind="AVAILABLE")
        agent = AgentFactory(status="Calls")
        queue = QueueFactory()
        queue.members.add(agent)

        change(supervisor, code, kind="AWAY")
        inbound_text(ChannelFactory(queue=queue), "+14155550123")

        assert route_waiting(queue_ids=[queue.pk], now=clock.now()) == 0


def test_H3_open_desks_follow_the_dispositions(supervisor):
    agent = AgentFactory()
    before = version(agent)

    form = {"name": "Claim filed", "position": 10, "active": "on"}
    supervisor.post(reverse("admin:cases_disposition_add"), form)

    assert Disposition.objects.exists()
    assert version(agent) > before


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


class TestManyAgents:
    def change(self, client, agents, **fields):
        form = {"action": "change_many", "_selected_action": [one.pk for one in agents]}
        address = reverse("admin:agents_agent_changelist")
        return client.post(address, form | {"apply": "1"} | fields, follow=True)

    def test_D4_several_agents_are_changed_at_once_and_their_desks_follow(self, supervisor):
        agents = [AgentFactory(limit=3), AgentFactory()]
        seen = [version(agent) for agent in agents]
        team = TeamFactory()

        page = self.change(supervisor, agents, team=team.pk, team_limit="on", may_reject="no")

        assert "2 agents were changed." in page.text
        found = Agent.objects.filter(pk__in=[one.pk for one in agents]).order_by("pk")
        assert [(one.team, one.limit, one.may_reject) for one in found] == [(team, None, False)] * 2
        assert {one.may_transfer for one in found} == {True}
        assert all(new > old for new, old in zip(map(version, agents), seen, strict=True))

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Everything is left as it is."),
            ({"limit": "13"}, "less than or equal to 12"),
            ({"limit": "3", "team_limit": "on"}, "one of both"),
        ],
    )
    def test_D4_what_cannot_be_is_said_and_nothing_is_changed(self, supervisor, fields, sentence):
        agent = AgentFactory(name="Robin")
        before = version(agent)

        page = self.change(supervisor, [agent], **fields)

        assert sentence in page.text
        assert "Robin" in page.text
        assert version(agent) == before


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
