"""N14: queues, channels and agents that reports name stay, and the supervisor reads why."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing.models import Tally
from tests.factories import AgentFactory, ChannelFactory, QueueFactory, TallyFactory

pytestmark = pytest.mark.django_db
INSTEAD = {
    "queue": "Take its members out instead, and let no channel, rule or overflow step name it:",
    "channel": "Suspend it instead: then nothing is sent from it.",
    "agent": "Make their user inactive instead: then they cannot sign in, and are offered nothing.",
}


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("ada"))
    return client


def named(kind: str):
    factory = {"queue": QueueFactory, "channel": ChannelFactory, "agent": AgentFactory}[kind]
    one = factory(name="Claims & more")
    place = "agents_agent" if kind == "agent" else f"routing_{kind}"
    return one, f"admin:{place}"


@pytest.mark.parametrize("kind", INSTEAD)
def test_N14_what_has_had_conversations_stays_and_says_what_to_do_instead(desk, kind):
    one, place = named(kind)
    TallyFactory(**{kind: one})
    said = (
        "“Claims &amp; more” has had conversations, and reports and life lines name it, so it"
        f" stays. {INSTEAD[kind]}"
    )
    delete = reverse(f"{place}_delete", args=[one.pk])
    many = {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"}
    pages = [
        desk.get(delete, follow=True),
        desk.post(delete, {"post": "yes"}, follow=True),
        desk.post(reverse(f"{place}_changelist"), many, follow=True),
    ]

    for page in pages:
        assert page.status_code == 200
        assert said in page.text
    one.refresh_from_db()
    assert Tally.objects.filter(**{kind: one}).exists()


@pytest.mark.parametrize("kind", INSTEAD)
def test_N14_what_never_had_a_conversation_is_deleted(desk, kind):
    one, place = named(kind)
    desk.post(reverse(f"{place}_delete", args=[one.pk]), {"post": "yes"})
    other, _ = named(kind)
    many = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    desk.post(reverse(f"{place}_changelist"), many)

    assert not type(one).objects.filter(pk__in=[one.pk, other.pk]).exists()


def test_N14_an_agents_user_stays_as_long_as_the_agent(desk):
    agent = AgentFactory(name="Kim")
    page = desk.post(
        reverse("admin:auth_user_delete", args=[agent.user_id]), {"post": "yes"}, follow=True
    )

    assert "Kim signs in with it: delete the agent first, or make it inactive instead." in page.text
    assert User.objects.filter(pk=agent.user_id).exists()
