"""A20 B5 K1: the admin's first page says what is missing, and its sidebar finds every page."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.urls import reverse

from agents.enums import Role
from routing.enums import ChannelState
from routing.models import Interaction, Schedule, SmsSwitch
from smsdesk.handset import CARRIER_PATH
from smsdesk.lib import clock
from smsdesk.supervision.pages import GROUPS
from smsdesk.supervision.setup import listed, read_setup, setup_steps
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    DispositionFactory,
    QueueFactory,
    ScheduleFactory,
    SkillFactory,
    TeamFactory,
    inbound_text,
)
from tests.support.admin_forms import untouched

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(client):
    user = User.objects.create_user("sue", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client.force_login(user)
    return client


def steps():
    return {step.title: step for step in setup_steps()}


def missing():
    return [step.title for step in setup_steps() if not step.done and not step.optional]


def set_up():
    """A desk to which nothing is missing but a test text."""
    queue = QueueFactory(name="Claims", skill=SkillFactory(), disposition_required=True)
    DispositionFactory()
    agent = AgentFactory(name="Robin", team=TeamFactory(), queues=[queue], skills={queue.skill: 3})
    agent.user.last_login = clock.now()
    agent.user.save()
    return ChannelFactory(name="Acme", queue=queue, schedule=ScheduleFactory())


def test_K1_an_empty_desk_misses_everything_that_is_needed(supervisor):
    page = supervisor.get(reverse("admin:index"))

    assert missing() == [
        "Account",
        "Queue",
        "Channel",
        "Agent signed in",
        "Queue members",
        "Test text",
    ]
    assert "What is missing" in page.text
    assert "6 steps before" in page.text
    for step in setup_steps():
        assert f'href="{step.url}"' in page.text


def test_K1_each_step_leads_to_a_page_that_opens(client):
    client.force_login(User.objects.create_superuser("root"))
    for prepare in (lambda: None, set_up):
        prepare()
        for step in setup_steps():
            assert client.get(step.url, follow=True).status_code == 200, step.title


def test_K1_a_desk_that_has_answered_misses_nothing(supervisor):
    channel = set_up()
    inbound_text(channel, "+14155550123")
    assert missing() == ["Test text"]
    assert steps()["Test text"].state == "A text came in; nobody has accepted it yet."

    Interaction.objects.update(accepted_at=clock.now())

    assert missing() == []
    assert "The desk is set up" in supervisor.get(reverse("admin:index")).text


@pytest.mark.parametrize(
    ("spoil", "title", "words"),
    [
        (
            lambda _: SmsSwitch.objects.update(sms_on=False),
            "SMS switched on",
            "It is off for the whole company.",
        ),
        (
            lambda channel: type(channel).objects.update(state=ChannelState.PORTING),
            "Channel",
            "Not active yet: Acme.",
        ),
        (
            lambda channel: channel.queue.memberships.all().delete(),
            "Queue members",
            "Nobody serves Claims.",
        ),
        (
            lambda channel: channel.queue.members.update(sms_capable=False),
            "Queue members",
            "Nobody serves Claims.",
        ),
        (
            lambda channel: type(channel.queue).objects.update(minimum_level=4),
            "Skills",
            "No member has the skill that is asked by Claims.",
        ),
        (
            lambda _: type(DispositionFactory()).objects.update(active=False),
            "Dispositions",
            "None can be chosen for Claims.",
        ),
        (
            lambda _: User.objects.update(last_login=None),
            "Agent signed in",
            "Not signed in yet: Robin.",
        ),
    ],
)
def test_K1_what_is_missing_is_said_by_name(spoil, title, words):
    channel = set_up()
    assert steps()[title].done

    spoil(channel)

    assert title in missing()
    assert steps()[title].state == words


def test_K1_the_checklist_is_one_query_however_much_there_is(django_assert_num_queries):
    for _ in range(5):
        ChannelFactory(queue=QueueFactory(), account=AccountFactory())

    with django_assert_num_queries(1):
        has = read_setup()

    assert len(has["active"]) == 4
    assert listed(has["active"]).endswith(" and others")


def test_K1_the_sidebar_has_every_page_of_the_admin():
    grouped = [label for _, items in GROUPS for _, _, label in items]

    assert sorted(grouped) == sorted(model._meta.label_lower for model in admin.site._registry)


def test_K3_the_sidebar_has_only_what_one_may_see(supervisor):
    page = supervisor.get(reverse("admin:index"))

    shown = {
        item["title"] for group in page.context["sidebar_navigation"] for item in group["items"]
    }
    assert {"Start", "Channels", "Agents", "Audit trail"} <= shown
    assert "Roles" not in shown
    assert "Otp_Static" not in page.text


@pytest.fixture
def root(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


def initial(page):
    return page.context["adminform"].form.initial


def test_K1_a_desk_with_a_simulated_carrier_begins_with_it(root, settings):
    settings.HANDSET = False
    assert "simulated" not in steps()["Account"].why
    assert steps()["Account"].url == reverse("admin:routing_carrieraccount_add")
    settings.HANDSET = True

    form = initial(root.get(f"{steps()['Account'].url}&carrier=twilio"))

    assert "any account SID and auth token will do" in steps()["Account"].why
    assert form["base_url"] == f"{settings.PUBLIC_URL}{CARRIER_PATH}"
    assert steps()["Test text"].url == reverse("handset")


def test_K1_a_new_channel_has_the_account_and_the_queue_where_there_is_one(root):
    address = reverse("admin:routing_channel_add")
    assert not {"account", "queue"} & initial(root.get(address)).keys()
    account, queue = AccountFactory(), QueueFactory()

    form = initial(root.get(address))
    assert (form["account"], form["queue"]) == (account.pk, queue.pk)
    QueueFactory()
    assert "queue" not in initial(root.get(address))


def test_K1_a_new_schedule_begins_with_office_hours_and_keeps_what_is_sent_of_them(root):
    address = reverse("admin:routing_schedule_add")
    sent = untouched(root.get(address)) | {"name": "Office", "spans-4-closes": "12:00"}

    assert root.post(address, sent).status_code == 302

    schedule = Schedule.objects.get()
    assert [str(span) for span in schedule.spans.order_by("weekday")] == [
        "Monday 09:00–17:00",
        "Tuesday 09:00–17:00",
        "Wednesday 09:00–17:00",
        "Thursday 09:00–17:00",
        "Friday 09:00–12:00",
    ]
    again = root.get(reverse("admin:routing_schedule_change", args=[schedule.pk]))
    assert len(again.context["inline_admin_formsets"][0].formset.forms) == 5


def test_K1_a_wrong_number_is_answered_once(root):
    page = root.post(reverse("admin:routing_channel_add"), {"name": "Main", "number": "555 0162"})

    (error,) = page.context["adminform"].form.errors["number"]
    assert "lacks the area code" in error
