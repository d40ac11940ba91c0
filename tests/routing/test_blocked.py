"""N19: a blocked number's texts are kept and ring nobody, and nothing is sent to it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from agents.models import AuditEntry
from routing.enums import RequestState, Unreachable
from routing.models import BlockedNumber, Interaction, Message
from routing.selectors.announcements import unreachable
from routing.selectors.consent import opted_out
from routing.selectors.initiation import why_no_text
from routing.services.inbox import handle_due_requests, replay_request
from routing.services.outbound import TextRefused, send_text
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    BlockedNumberFactory,
    ChannelFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"
HOUR = timedelta(hours=1)


def test_N19_a_blocked_numbers_text_is_kept_and_begins_nothing():
    channel = ChannelFactory()
    BlockedNumberFactory()

    request = inbound_text(channel, NUMBER, "I will find you")

    assert (request.state, request.note) == (
        RequestState.BLOCKED,
        "The number is blocked, so this rang nobody.",
    )
    assert b"find" in bytes(request.body)
    assert not Interaction.objects.exists()


def test_N19_unblocked_its_kept_text_can_be_handled():
    block = BlockedNumberFactory()
    request = inbound_text(ChannelFactory(), NUMBER, "I am sorry")

    block.delete()
    replay_request(request_id=request.pk, now=clock.now())
    handle_due_requests()

    assert Message.objects.get().body == "I am sorry"


def test_N19_over_one_channel_or_until_a_time_others_come_through():
    blocked, free = ChannelFactory(), ChannelFactory()
    BlockedNumberFactory(channel=blocked)
    BlockedNumberFactory(number="+14155550177", until=clock.now() - HOUR)
    BlockedNumberFactory(number="+14155550188", until=clock.now() + HOUR)

    states = [
        inbound_text(channel, number).state
        for channel, number in [
            (blocked, NUMBER),
            (free, NUMBER),
            (free, "+14155550177"),
            (free, "+14155550188"),
        ]
    ]

    kept, came = RequestState.BLOCKED, RequestState.HANDLED
    assert states == [kept, came, came, kept]


def test_N19_N1_a_blocked_customers_stop_is_noted_all_the_same():
    channel = ChannelFactory()
    BlockedNumberFactory()

    inbound_text(channel, NUMBER, "STOP")

    assert opted_out(channel.pk, NUMBER)


def test_N19_nothing_is_sent_to_it_and_the_agent_reads_why():
    interaction = active_interaction(AgentFactory(), customer_address=NUMBER)
    BlockedNumberFactory(reason="Threats.")
    why = "+1 415-555-0123 is blocked: Threats."

    with pytest.raises(TextRefused, match="blocked: Threats"):
        send_text(
            interaction_id=interaction.pk,
            agent_id=interaction.agent_id,
            body="hello",
            client_id=uuid.uuid4(),
            now=clock.now(),
        )

    channel = interaction.channel
    assert why in why_no_text(channel=channel, address=NUMBER, agent_id=interaction.agent_id)
    assert unreachable(channel=channel, addresses=[NUMBER, "+14155550199"])[NUMBER] in {
        Unreachable.BLOCKED,
        Unreachable.TALKING,
    }


def test_N19_no_campaign_texts_it():
    BlockedNumberFactory()

    assert unreachable(channel=ChannelFactory(), addresses=[NUMBER, "+14155550199"]) == {
        NUMBER: Unreachable.BLOCKED
    }


class TestAdmin:
    @pytest.fixture
    def desk(self, client):
        client.force_login(User.objects.create_superuser("sue", password="secret"))
        return client

    def test_N19_a_supervisor_blocks_and_unblocks_and_the_trail_has_no_number(self, desk):
        form = {"number": "(415) 555-0123", "reason": "Threats"}
        desk.post(reverse("admin:routing_blockednumber_add"), form)
        block = BlockedNumber.objects.get()
        address = reverse("admin:routing_blockednumber_delete", args=[block.pk])
        desk.post(address, {"post": "yes"})

        assert (block.number, block.created_by.username) == (NUMBER, "sue")
        assert not BlockedNumber.objects.exists()
        trail = AuditEntry.objects.filter(subject_type="routing.blockednumber").order_by("pk")
        assert [(entry.actor_name, entry.act) for entry in trail] == [
            ("sue", "created"),
            ("sue", "deleted"),
        ]
        assert "555" not in str([(e.subject_label, e.before, e.after) for e in trail])

    def test_N19_twice_over_every_channel_says_what_to_do(self, desk):
        BlockedNumberFactory()
        form = {"number": NUMBER, "reason": "Threats"}

        page = desk.post(reverse("admin:routing_blockednumber_add"), form)

        assert "This number is blocked there already. Change that entry." in page.content.decode()
