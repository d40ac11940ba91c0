"""A19 B5 K3: agents and what they may, as supervisors set them."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import Group

from agents.enums import AVAILABLE, Role
from agents.models import Agent
from routing.enums import InteractionState
from routing.models import Offer
from routing.selectors.initiation import why_not_text_first_now
from routing.selectors.policy import sending_rules, why_nothing_goes
from routing.services.assignment import route_waiting
from routing.services.offers import withdraw_offers
from routing.services.outbound import TextRefused, send_text
from smsdesk.console.frames import desk_frame
from smsdesk.lib import clock
from tests.admin.conftest import version
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)
from tests.support.admin_forms import change

pytestmark = pytest.mark.django_db


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


def test_K3_supervisors_may_disconnect_and_agents_may_not():
    allowed = {
        role: Group.objects.get(name=role).permissions.filter(codename="force_disconnect").exists()
        for role in Role
    }

    assert allowed == {Role.AGENT: False, Role.SUPERVISOR: True, Role.ADMINISTRATOR: True}
