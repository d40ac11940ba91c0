"""The supervisors' admin: every page opens, and its forms never undo what routing does."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from agents.enums import ON_BREAK
from agents.models import Agent, StatusPeriod
from cases.models import CustomerPhone
from routing.enums import InteractionState, RequestKind, RequestState
from routing.models import CarrierRequest, Queue, Tally
from routing.sweeper import sweep
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
# An agent's page without a queue and without a skill.
NO_ROWS = {
    f"{rows}-{count}_FORMS": 0
    for rows in ("memberships", "skills")
    for count in ("TOTAL", "INITIAL")
}


@pytest.fixture
def supervisor(client):
    user = get_user_model().objects.create_superuser("supervisor", password="secret")
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    # The reports are a page of their own, with tests of their own.
    "model",
    [pytest.param(one, id=one.__name__) for one in admin.site._registry if one is not Tally],
)
def test_K1_every_list_and_add_page_opens(supervisor, model):
    name = f"{model._meta.app_label}_{model._meta.model_name}"

    assert supervisor.get(reverse(f"admin:{name}_changelist"), follow=True).status_code == 200
    assert supervisor.get(reverse(f"admin:{name}_add")).status_code in {200, 403}


def test_N15_a_supervisor_reads_a_request_and_its_conversation(supervisor):
    channel = ChannelFactory()
    request = inbound_text(channel, "+14155550123", "is my claim paid?")
    interaction = channel.interactions.get()

    page = supervisor.get(reverse("admin:routing_carrierrequest_change", args=[request.pk]))
    story = supervisor.get(reverse("admin:routing_interaction_change", args=[interaction.pk]))

    assert "is+my+claim+paid" in page.text
    assert "is my claim paid?" in story.text


def test_N15_requests_are_handled_again_but_never_those_in_quarantine(supervisor):
    account = AccountFactory()
    requests = [
        CarrierRequest.objects.create(
            account=account,
            kind=RequestKind.INBOUND,
            url="http://testserver/",
            body=b"",
            received_at=clock.now(),
            state=state,
        )
        for state in (RequestState.PARKED, RequestState.QUARANTINED)
    ]

    page = supervisor.post(
        reverse("admin:routing_carrierrequest_changelist"),
        {"action": "replay", "_selected_action": [request.pk for request in requests]},
    )

    states = CarrierRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [RequestState.REFUSED, RequestState.QUARANTINED]
    assert "2 refused" in page.text
    assert "The field MessageSid is missing." in page.text
    assert "Nothing proves that it is the carrier&#x27;s." in page.text


def test_N15_what_came_of_verifying_again_is_a_page(supervisor):
    channel = ChannelFactory()
    request = inbound_text(channel, "+14155550123")
    CarrierRequest.objects.update(state=RequestState.QUARANTINED)

    page = supervisor.post(
        reverse("admin:routing_carrierrequest_changelist"),
        {"action": "verify", "_selected_action": [request.pk]},
    )

    assert "1 refused" in page.text
    assert "The X-Twilio-Signature header is missing." in page.text


def test_K1_a_new_agent_begins_on_break(supervisor):
    user = get_user_model().objects.create_user("robin")

    supervisor.post(
        reverse("admin:agents_agent_add"),
        {"user": user.pk, "name": "Robin", "team": "", "limit": "", "may_reject": "on"} | NO_ROWS,
    )

    agent = Agent.objects.get(user=user)
    assert agent.status.name == ON_BREAK
    assert StatusPeriod.objects.get(agent=agent).ended_at is None


def test_D4_changing_an_agent_writes_only_what_was_changed(supervisor):
    agent = AgentFactory()
    form = {"user": agent.user_id, "name": "Robin C.", "team": "", "limit": "3"} | NO_ROWS
    active_interaction(agent)

    supervisor.post(reverse("admin:agents_agent_change", args=[agent.pk]), form)

    agent.refresh_from_db()
    assert (agent.name, agent.limit, agent.load) == ("Robin C.", 3, 1)


def test_D3_a_limit_over_twelve_is_refused_with_a_sentence(supervisor):
    agent = AgentFactory()

    page = supervisor.post(
        reverse("admin:agents_agent_change", args=[agent.pk]),
        {"user": agent.user_id, "name": agent.name, "team": "", "limit": "13"} | NO_ROWS,
    )

    assert "less than or equal to 12" in page.text
    agent.refresh_from_db()
    assert agent.limit is None


def test_B5_a_member_is_put_into_a_queue(supervisor):
    queue = QueueFactory()
    agent = AgentFactory()
    form = {
        "name": queue.name,
        "minimum_level": 1,
        "sticky_minutes": 0,
        "overflow_steps-TOTAL_FORMS": 0,
        "overflow_steps-INITIAL_FORMS": 0,
        "priority": 0,
        "acceptance_seconds": 20,
        "wrap_up_seconds": 60,
        "wrap_up_extension_seconds": 0,
        "screen_pop": "CUSTOMER",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-agent": agent.pk,
        "memberships-0-queue": queue.pk,
    }

    supervisor.post(reverse("admin:routing_queue_change", args=[queue.pk]), form)

    assert list(Queue.objects.get().members.all()) == [agent]


def test_G1_a_customers_phone_is_stored_in_the_spelling_texts_are_matched_by(supervisor):
    form = {
        "name": "Ada",
        "phones-TOTAL_FORMS": 1,
        "phones-INITIAL_FORMS": 0,
        "phones-0-number": "(415) 555-0190",
    }

    supervisor.post(reverse("admin:cases_customer_add"), form)
    refused = supervisor.post(
        reverse("admin:cases_customer_add"), {**form, "phones-0-number": "hello"}
    )

    assert [phone.number for phone in CustomerPhone.objects.all()] == ["+14155550190"]
    assert "has letters in it" in refused.text


def test_B3_a_priority_beyond_the_bounds_is_refused(supervisor):
    page = supervisor.post(
        reverse("admin:routing_rule_add"), {"name": "First", "priority": 32767, "position": 1}
    )

    assert "less than or equal to 1000" in page.text


def test_B7_texts_held_follow_a_channel_that_is_open_now(supervisor):
    channel = ChannelFactory(schedule=ScheduleFactory(spans=[]))
    channel.schedule.spans.all().delete()
    inbound_text(channel, "+14155550123")
    held = channel.interactions.get()
    form = {
        "name": channel.name,
        "number": channel.number,
        "account": channel.account_id,
        "queue": channel.queue_id,
        "schedule": "",
        "used_for": "SMS",
        "media_policy": "ANY",
        "ends_when_inactive": "on",
        "inactivity_minutes": 120,
    }

    supervisor.post(reverse("admin:routing_channel_change", args=[channel.pk]), form)
    sweep()

    held.refresh_from_db()
    assert held.state == InteractionState.QUEUED
