"""N1: an opting out that several learn of at once is one line of the ledger."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from routing.enums import MessageState
from routing.models import ConsentEntry, Message
from routing.selectors.consent import opted_out
from routing.services.consent import note_carriers_refusal, note_no_opt_out, note_opt_out
from routing.services.interactions import end_interaction, wrap_up
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)
from tests.races.together import call, errors, finish, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]
ADDRESS = "+14155580000"


@pytest.fixture
def agent():
    return AgentFactory(limit=12)


def refused(interaction):
    return MessageFactory(
        interaction=interaction, author="AGENT", state=MessageState.FAILED, failure="No."
    )


def test_N1_refusals_and_an_agent_at_once_write_one_line(agent, channel):
    for place in range(10):
        talk = active_interaction(agent, channel=channel, customer_address=f"+1415556{place:04}")
        texts = [refused(talk), refused(talk)]
        learn = [call(note_carriers_refusal, message=text, now=clock.now()) for text in texts]
        noted = call(note_opt_out, interaction_id=talk.pk, agent_id=agent.pk, now=clock.now())

        assert errors(together(*learn, noted)) == []

        assert ConsentEntry.objects.filter(address=talk.customer_address).count() == 1


def test_N1_a_refusal_waits_for_one_of_another_conversation_that_is_not_committed_yet(
    agent, channel
):
    now = clock.now()
    earlier = active_interaction(agent, channel=channel, customer_address=ADDRESS)
    of_agent = {"interaction_id": earlier.pk, "agent_id": agent.pk, "now": now}
    end_interaction(**of_agent)
    wrap_up(disposition="", note="", **of_agent)
    first = refused(earlier)
    second = refused(active_interaction(agent, channel=channel, customer_address=ADDRESS))
    written, other_is_done = threading.Event(), threading.Event()

    def write_and_linger() -> None:
        with transaction.atomic():
            note_carriers_refusal(message=first, now=now)
            written.set()
            other_is_done.wait(1)  # it cannot be before the commit, however long this is

    def write_too() -> None:
        written.wait(10)
        note_carriers_refusal(message=second, now=now)
        other_is_done.set()

    assert errors(together(write_and_linger, write_too)) == []
    assert ConsentEntry.objects.count() == 1


def test_N1_a_stop_and_a_refusal_at_once_never_wait_for_each_other(agent, channel):
    for place in range(10):
        address = f"+1415557{place:04}"
        text = refused(active_interaction(agent, channel=channel, customer_address=address))

        results = together(
            call(inbound_text, channel, address, "STOP"),
            call(note_carriers_refusal, message=text, now=clock.now()),
        )

        assert errors(results) == []
        assert not ConsentEntry.objects.filter(address=address, opted_out=False).exists()


def test_N1_two_windows_decide_of_one_flagged_text_and_neither_fails(agent, channel):
    for run in range(30):
        sender = f"+1415553{run:04}"
        talk = active_interaction(agent, channel=channel, customer_address=sender)
        inbound_text(channel, sender, "please stop by at 5")
        text = Message.objects.get(interaction=talk)
        ids = {"message_id": text.pk, "agent_id": agent.pk}
        steps = [
            call(note_opt_out, interaction_id=talk.pk, now=clock.now(), **ids),
            call(note_no_opt_out, **ids),
        ]

        results = together(*(steps if run % 2 else reversed(steps)))

        assert errors(results) == []
        text.refresh_from_db()
        assert not text.may_ask_to_stop
        assert opted_out(channel.pk, sender).message == text
        finish(agent, talk)
