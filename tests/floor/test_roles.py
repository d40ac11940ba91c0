"""K3, N11, H14: every address of the floor, tried as everybody.

The addresses come from the floor itself, so that a new page is tried here from its first day.
"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from agents.enums import Role
from routing.models import Interaction
from smsdesk.floor.acts import ACTS
from smsdesk.floor.urls import urlpatterns
from tests.factories import AgentFactory, ChannelFactory, active_interaction

pytestmark = pytest.mark.django_db

DISCONNECT = "floor-disconnect"


@pytest.fixture
def addresses():
    agent = AgentFactory(name="Robin")
    talk = active_interaction(agent, channel=ChannelFactory())
    values = {"interaction_id": [talk.pk], "agent_id": [agent.pk], "name": list(ACTS)}
    made = []
    for pattern in urlpatterns:
        tried = [{}]
        for name in pattern.pattern.converters:
            assert name in values, f"Say here what {name} of {pattern.name} is tried with."
            tried = [{**one, name: value} for one in tried for value in values[name]]
        made += [(pattern.name, reverse(pattern.name, kwargs=one)) for one in tried]
    assert len(made) >= len(urlpatterns)
    return made


def tried(client, addresses):
    """What each address answers, asked and posted to without anything filled in."""
    return [
        (name, method, client.generic(method, address))
        for name, address in addresses
        for method in ("GET", "POST")
    ]


def person(role=None, *permissions):
    user = User.objects.create_user("sam", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.parametrize("who", ["nobody", "an agent"])
def test_K3_neither_strangers_nor_agents_see_anything_of_the_floor(client, addresses, who):
    if who == "an agent":
        client.force_login(Interaction.objects.get().agent.user)
    for name, method, answer in tried(client, addresses):
        where = answer.get("Location", "").partition("?")[0]
        assert (answer.status_code, where) == (302, reverse("admin:login")), (name, method)


@pytest.mark.parametrize("permissions", [(), ("view_interaction", "change_queue")])
def test_K3_staff_without_the_permission_are_refused_by_every_page_of_the_floor(
    client, addresses, permissions
):
    client.force_login(person(None, *permissions))
    refused = {answer.status_code for _, _, answer in tried(client, addresses)}
    assert refused == {403}


@pytest.mark.parametrize(
    ("permission", "alone"), [("supervise", False), ("force_disconnect", True)]
)
def test_H14_the_permissions_to_supervise_and_to_disconnect_open_no_more_than_they_say(
    client, addresses, permission, alone
):
    client.force_login(person(None, permission))
    for name, method, answer in tried(client, addresses):
        is_refused = answer.status_code == 403
        assert is_refused == ((name == DISCONNECT) != alone), (name, method)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_K3_supervisors_and_administrators_may_do_all_of_it(client, addresses, role):
    client.force_login(person(role))
    for name, method, answer in tried(client, addresses):
        assert answer.status_code in {200, 302, 405, 422}, (name, method)
        assert "login" not in answer.get("Location", "")
