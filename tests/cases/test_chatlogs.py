"""H3 H6-H8: the log that a conversation leaves on the case of the right customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Case, ChatLog
from cases.selectors.dispositions import dispositions_of
from cases.services.cases import choose_customer, save_new_case
from cases.services.chatlogs import transcript_of
from routing.enums import Author, EndedBy
from routing.models import Interaction
from routing.services.interactions import end_if_inactive, end_interaction, wrap_up
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CustomerFactory,
    DispositionFactory,
    MessageFactory,
    QueueFactory,
    active_interaction,
    inbound_text,
)
from tests.factories.agents import LONG_AGO
from tests.routing.steps import offer_to, route

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


@pytest.fixture
def interaction():
    return active_interaction(
        AgentFactory(name="Anna"),
        customer_address=NUMBER,
        initiated_at=LONG_AGO,
        accepted_at=LONG_AGO + timedelta(seconds=20),
    )


def say(interaction, body, *, after, author=Author.CUSTOMER) -> None:
    MessageFactory(
        interaction=interaction,
        body=body,
        author=author,
        agent=interaction.agent if author == Author.AGENT else None,
        created_at=LONG_AGO + timedelta(seconds=after),
    )


def end(interaction, *, now=None) -> None:
    end_interaction(
        interaction_id=interaction.pk, agent_id=interaction.agent_id, now=now or clock.now()
    )


def close(interaction, disposition="Solved", note="Sent the hours.") -> None:
    wrap_up(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        disposition=disposition,
        note=note,
        now=clock.now(),
    )


def test_H7_the_log_has_the_times_who_ended_it_and_the_transcript(interaction):
    say(interaction, "Are you open?", after=0)
    say(interaction, "We are open 9 to 17.", after=65, author=Author.AGENT)
    ended = clock.now()

    end(interaction, now=ended)

    log = ChatLog.objects.get()
    assert (log.initiated_at, log.accepted_at, log.terminated_at) == (
        LONG_AGO,
        LONG_AGO + timedelta(seconds=20),
        ended,
    )
    assert (log.agent_name, log.ended_by, log.disposition) == ("Anna", EndedBy.AGENT, "")
    assert log.transcript == ("[0:00] Customer: Are you open?\n[1:05] Anna: We are open 9 to 17.")


def test_H3_wrapping_up_writes_disposition_and_note_into_the_same_log(interaction):
    end(interaction)

    close(interaction)

    log = ChatLog.objects.get()
    assert (log.disposition, log.note) == ("Solved", "Sent the hours.")


def test_H7_a_text_that_came_before_the_end_is_in_the_log(interaction):
    say(interaction, "one", after=0)
    end(interaction)
    say(interaction, "crossed the end", after=3600)

    close(interaction)

    assert ChatLog.objects.get().transcript == (
        "[0:00] Customer: one\n[1:00:00] Customer: crossed the end"
    )


def test_H7_an_automatic_text_is_labelled_so(interaction):
    say(interaction, "We are closed.", after=1, author=Author.AUTOMATIC)

    assert transcript_of(interaction) == "[0:01] Automatic reply: We are closed."


def test_H8_the_log_is_on_the_case_of_the_single_match(interaction):
    customer = CustomerFactory(phones=[NUMBER])

    end(interaction)

    assert ChatLog.objects.get().case.customer == customer


def test_H8_the_log_is_on_the_case_the_agent_saved(interaction):
    case = save_new_case(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        name="Ada",
        email="",
        address="",
        subject="Order",
        description="",
        now=clock.now(),
    )
    ended = clock.now()

    end(interaction, now=ended)

    assert ChatLog.objects.get().case == case
    assert Case.objects.get().updated_at == ended


def test_H8_the_log_follows_the_customer_chosen_in_wrap_up(interaction):
    first, second = CustomerFactory(phones=[NUMBER]), CustomerFactory(phones=[NUMBER])
    end(interaction)
    assert ChatLog.objects.get().case.customer == first

    choose_customer(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        customer_id=second.pk,
        now=clock.now(),
    )
    close(interaction)

    assert ChatLog.objects.get().case.customer == second
    assert Case.objects.count() == 1


def test_H8_nobodys_conversation_keeps_its_log_on_a_case_of_the_number(interaction):
    say(interaction, "hello", after=0)

    end(interaction)

    log = ChatLog.objects.get()
    assert (log.case.customer, log.case.phone) == (None, NUMBER)
    assert log.transcript == "[0:00] Customer: hello"


def test_H12_the_timers_end_keeps_the_log_and_says_so(interaction):
    end_if_inactive(interaction_id=interaction.pk, now=interaction.inactivity_due_at)

    assert ChatLog.objects.get().ended_by == EndedBy.TIMER


def test_B13_a_text_outside_any_open_conversation_goes_to_an_agent_and_to_a_new_case(interaction):
    CustomerFactory(phones=[NUMBER])
    end(interaction)
    agent = AgentFactory(queues=[interaction.queue])

    inbound_text(interaction.channel, NUMBER, "and another thing")
    route(interaction.queue)
    offer = offer_to(agent)
    accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())
    later = Interaction.objects.get(pk=offer.interaction_id)
    end(later)

    first, second = (ChatLog.objects.get(interaction=one).case for one in (interaction, later))
    assert first != second
    assert second.automatic
    assert second.customer == first.customer


def test_H7_each_conversation_has_its_own_log_and_case(interaction):
    CustomerFactory(phones=[NUMBER])
    end(interaction)
    other = active_interaction(AgentFactory(), customer_address=NUMBER)

    end(other)

    assert ChatLog.objects.count() == 2
    assert Case.objects.count() == 2


# Dispositions


def test_H3_a_queue_offers_its_own_dispositions_and_everyones_in_their_order():
    queue, other = QueueFactory(), QueueFactory()
    last = DispositionFactory(position=3)
    own = DispositionFactory(position=1)
    own.queues.add(queue, other)
    theirs = DispositionFactory(position=2)
    theirs.queues.add(other)
    DispositionFactory(position=0, active=False)

    assert dispositions_of(queue.pk) == [own, last]
    assert dispositions_of(other.pk) == [own, theirs, last]


def test_H9_where_transcripts_are_not_saved_the_log_says_so_and_the_thread_keeps_them(interaction):
    interaction.queue.transcripts_saved = False
    interaction.queue.save()
    say(interaction, "My card is 4111", after=0)

    end(interaction)
    close(interaction)

    log = ChatLog.objects.get()
    assert log.transcript == (
        "Transcripts are not saved in this queue. The messages stand in the conversation."
    )
    assert (log.disposition, log.note, log.initiated_at) == ("Solved", "Sent the hours.", LONG_AGO)
    assert interaction.messages.get().body == "My card is 4111"
