"""E1: the status menu, as supervisors set it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from agents.models import Agent, StatusCode
from routing.services.assignment import route_waiting
from smsdesk.console.frames import desk_frame
from smsdesk.lib import clock
from tests.admin.conftest import version
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    inbound_text,
)
from tests.support.admin_forms import change

pytestmark = pytest.mark.django_db


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
