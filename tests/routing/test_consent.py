"""N1: the opt-out ledger: who writes in it, and what it forbids."""

from __future__ import annotations

import pytest
import responses
from django.db.models import F

from routing.enums import ConsentSource, InteractionState, MessageState
from routing.models import ConsentEntry, Interaction, Message
from routing.selectors.consent import opted_out
from routing.selectors.policy import NO_MORE_TEXTS
from routing.services.consent import NotNoted, note_no_opt_out, note_opt_out
from routing.services.delivery import deliver_message
from routing.services.interactions import release_if_open
from routing.services.outbound import TextRefused, retry_message
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    ConsentEntryFactory,
    MessageFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import new_id, receive_receipt
from tests.routing.test_delivery import messages_url
from tests.routing.test_off_hours import SUNDAY
from tests.routing.test_outbound import send

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent, channel):
    return active_interaction(agent, channel=channel, customer_address=CUSTOMER)


def ledger() -> list[tuple[bool, str]]:
    return list(ConsentEntry.objects.order_by("pk").values_list("opted_out", "source"))


def opt_out(interaction) -> None:
    ConsentEntryFactory(channel=interaction.channel, address=interaction.customer_address)


@pytest.mark.parametrize("word", ["STOP", "StopAll", "unsubscribe", "Cancel", "end", "QUIT"])
@pytest.mark.parametrize("around", ["{}", " {} ", "{}.", "{} !\n"])
def test_N1_a_text_that_is_the_word_alone_opts_out(channel, word, around):
    inbound_text(channel, CUSTOMER, around.format(word))

    assert ledger() == [(True, ConsentSource.KEYWORD)]
    line = opted_out(channel.pk, CUSTOMER)
    assert line is not None
    assert line.message == Message.objects.get()


@pytest.mark.parametrize("word", ["OPTOUT", "REVOKE"])
def test_N1_the_newer_words_opt_out_too(channel, word):
    inbound_text(channel, CUSTOMER, word)

    assert opted_out(channel.pk, CUSTOMER)


@pytest.mark.parametrize("text", ["please stop by at 5", "STOP it", "end of May", "", "?!"])
def test_N1_a_text_that_says_more_or_something_else_is_not_the_word(channel, text):
    inbound_text(channel, CUSTOMER, text)

    assert ledger() == []


def test_N1_stop_by_at_five_opts_nobody_out_and_is_flagged_for_a_person(channel):
    inbound_text(channel, CUSTOMER, "please stop by at 5")

    assert Message.objects.get().may_ask_to_stop
    assert opted_out(channel.pk, CUSTOMER) is None


def test_N1_a_person_says_that_a_flagged_text_opts_out_and_it_is_the_evidence(interaction, agent):
    inbound_text(interaction.channel, CUSTOMER, "I want you to stop texting me")
    message = Message.objects.get()

    note_opt_out(
        interaction_id=interaction.pk, agent_id=agent.pk, message_id=message.pk, now=clock.now()
    )

    line = opted_out(interaction.channel_id, CUSTOMER)
    assert (line.source, line.agent, line.message) == (ConsentSource.AGENT, agent, message)
    message.refresh_from_db()
    assert not message.may_ask_to_stop


def test_N1_a_person_says_that_a_flagged_text_does_not(interaction, agent):
    inbound_text(interaction.channel, CUSTOMER, "please stop by at 5")
    message = Message.objects.get()
    with pytest.raises(NotNoted, match="not with you"):
        note_no_opt_out(message_id=message.pk, agent_id=AgentFactory().pk)

    note_no_opt_out(message_id=message.pk, agent_id=agent.pk)

    message.refresh_from_db()
    assert not message.may_ask_to_stop
    assert ledger() == []


def test_N1_what_the_carrier_took_for_a_wish_is_one(channel):
    inbound_text(channel, CUSTOMER, "Arrêt", OptOutType="STOP")

    assert ledger() == [(True, ConsentSource.KEYWORD)]


@pytest.mark.parametrize("word", ["START", "unstop.", "Yes!"])
def test_N1_the_customer_opts_in_again_by_a_word(channel, word):
    inbound_text(channel, CUSTOMER, "STOP")
    inbound_text(channel, CUSTOMER, word)

    assert ledger() == [(True, ConsentSource.KEYWORD), (False, ConsentSource.KEYWORD)]
    assert opted_out(channel.pk, CUSTOMER) is None


def test_N1_yes_is_an_answer_where_nobody_opted_out(channel):
    inbound_text(channel, CUSTOMER, "YES")

    assert ledger() == []


def test_N1_the_ledger_is_of_number_pairs(channel):
    inbound_text(channel, CUSTOMER, "STOP")

    assert opted_out(ChannelFactory().pk, CUSTOMER) is None
    assert opted_out(channel.pk, "+14155550124") is None


def test_N1_the_line_that_counts_is_the_first_since_the_last_opting_in(channel):
    for word in ["STOP", "START", "STOP", "QUIT"]:
        inbound_text(channel, CUSTOMER, word)

    line = opted_out(channel.pk, CUSTOMER)
    assert line is not None
    assert line == ConsentEntry.objects.order_by("pk")[2]


def test_N1_nothing_is_sent_to_a_customer_who_opted_out(interaction):
    opt_out(interaction)

    with pytest.raises(TextRefused, match="asked for no more texts"):
        send(interaction)

    assert not Message.objects.exists()


def test_N1_nothing_is_sent_again_either(interaction, agent):
    failed = MessageFactory(interaction=interaction, author="AGENT", state=MessageState.FAILED)
    opt_out(interaction)

    with pytest.raises(TextRefused, match="by texting START"):
        retry_message(message_id=failed.pk, agent_id=agent.pk, client_id=new_id(), now=clock.now())


def test_N1_no_automatic_reply_is_sent_to_a_customer_who_opts_out(channel):
    channel.schedule, channel.off_hours_reply = ScheduleFactory(), "We are open {hours}."
    channel.save()

    inbound_text(channel, CUSTOMER, "STOP", now=SUNDAY)

    assert [message.body for message in Message.objects.all()] == ["STOP"]
    assert Interaction.objects.get().state == InteractionState.HELD


@responses.activate
def test_N1_a_text_that_waited_while_the_customer_opted_out_is_not_handed_over(interaction):
    message = send(interaction)
    inbound_text(interaction.channel, CUSTOMER, "STOP")

    assert deliver_message(message_id=message.pk, now=clock.now()) is True

    message.refresh_from_db()
    assert (message.state, message.failure) == (MessageState.FAILED, NO_MORE_TEXTS)
    assert len(responses.calls) == 0


@responses.activate
def test_N1_the_carriers_refusal_is_written_down_once(interaction):
    first, second = send(interaction), send(interaction, "And?")
    for message in (first, second):
        responses.post(messages_url(interaction), status=400, json={"code": 21610})
        deliver_message(message_id=message.pk, now=clock.now())

    assert ledger() == [(True, ConsentSource.CARRIER)]
    assert opted_out(interaction.channel_id, CUSTOMER).message == first


def test_N1_a_receipt_that_says_so_is_written_down_too(interaction):
    message = MessageFactory(interaction=interaction, author="AGENT", state=MessageState.SENT)

    receive_receipt(message, "undelivered", code="21610")

    assert ledger() == [(True, ConsentSource.CARRIER)]


def test_N1_a_receipt_of_any_other_failure_is_not(interaction):
    message = MessageFactory(interaction=interaction, author="AGENT", state=MessageState.SENT)

    receive_receipt(message, "undelivered", code="30003")

    assert ledger() == []


def test_N1_an_agent_notes_the_wish_once_and_all_desks_are_told(interaction, agent):
    before = type(agent).objects.get(pk=agent.pk).desk_version

    for _ in range(2):
        note_opt_out(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    assert ledger() == [(True, ConsentSource.AGENT)]
    assert opted_out(interaction.channel_id, CUSTOMER).agent == agent
    assert type(agent).objects.get(pk=agent.pk).desk_version == before + 1


@pytest.mark.parametrize("closed", [False, True])
def test_N1_a_conversation_that_begins_with_stop_waits_for_no_answer(channel, closed):
    channel.queue.first_response_seconds = 60
    channel.queue.save()
    channel.schedule = ScheduleFactory() if closed else None
    channel.save()

    inbound_text(channel, CUSTOMER, "STOP", now=SUNDAY)

    interaction = Interaction.objects.get()
    if closed:
        opens = interaction.held_until
        assert release_if_open(interaction_id=interaction.pk, now=opens) is True
        interaction.refresh_from_db()
    assert interaction.state == InteractionState.QUEUED
    assert (interaction.unanswered, interaction.response_due_at) == (0, None)


def test_N1_who_is_noted_as_opted_out_waits_for_no_answer_either(interaction, agent):
    inbound_text(interaction.channel, CUSTOMER, "Leave me alone")
    assert Interaction.objects.get().unanswered == 1

    note_opt_out(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    interaction.refresh_from_db()
    assert (interaction.unanswered, interaction.response_due_at) == (0, None)


def test_N1_an_agent_notes_it_only_for_a_conversation_of_their_own(interaction, agent):
    with pytest.raises(NotNoted, match="not with you"):
        note_opt_out(interaction_id=interaction.pk, agent_id=AgentFactory().pk, now=clock.now())
    Interaction.objects.update(state=InteractionState.CLOSED, closed_at=F("accepted_at"))
    with pytest.raises(NotNoted):
        note_opt_out(interaction_id=interaction.pk, agent_id=agent.pk, now=clock.now())

    assert ledger() == []


def test_N1_who_opts_out_waits_for_no_answer(interaction):
    Interaction.objects.filter(pk=interaction.pk).update(
        unanswered=1, response_due_at=clock.now(), revision=F("revision") + 1
    )

    inbound_text(interaction.channel, CUSTOMER, "STOP")

    interaction.refresh_from_db()
    assert (interaction.unanswered, interaction.response_due_at) == (0, None)
    inbound_text(interaction.channel, CUSTOMER, "START")
    interaction.refresh_from_db()
    assert interaction.unanswered == 1
