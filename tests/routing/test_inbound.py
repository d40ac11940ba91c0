"""A1 A2 B1 B3 B9 B12 I6: a customer's text finds its conversation, or begins one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents.models import Agent
from routing.enums import Author, EventKind, InteractionState, MessageState, RequestState
from routing.models import Interaction, Message
from routing.services.interactions import end_interaction
from routing.services.offers import accept_offer
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    RuleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line, offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def channel():
    return ChannelFactory()


def test_A1_a_text_to_a_business_number_enters_the_desk(channel):
    request = inbound_text(channel, CUSTOMER, "hello there", sid="SM1", now=NOON)

    message = Message.objects.get()
    assert (message.body, message.author, message.state) == (
        "hello there",
        Author.CUSTOMER,
        MessageState.RECEIVED,
    )
    assert (message.created_at, message.carrier_message_id, message.request) == (
        NOON,
        "SM1",
        request,
    )
    assert message.interaction.customer_address == CUSTOMER
    assert request.state == RequestState.HANDLED


def test_A2_the_number_texted_names_the_channel_and_its_queue(channel):
    other = ChannelFactory(account=channel.account)

    inbound_text(other, CUSTOMER)

    interaction = Interaction.objects.get()
    assert (interaction.channel, interaction.queue) == (other, other.queue)


def test_A6_a_short_code_is_a_number_to_text_to():
    channel = ChannelFactory(number="384387")

    inbound_text(channel, CUSTOMER)

    assert Interaction.objects.get().channel == channel


def test_A1_a_number_written_in_another_way_is_the_same_customer(channel):
    inbound_text(channel, "+1 415 555 0123")
    inbound_text(channel, "+14155550123")

    assert Interaction.objects.get().messages.count() == 2


def test_A1_a_sender_with_letters_is_kept_as_it_is(channel):
    inbound_text(channel, "ACME2025")

    assert Interaction.objects.get().customer_address == "ACME2025"


def test_B1_a_first_text_waits_in_the_queue_since_it_came(channel):
    received = clock.now() - timedelta(seconds=30)

    inbound_text(channel, CUSTOMER, now=received)

    interaction = Interaction.objects.get()
    assert interaction.state == InteractionState.QUEUED
    assert (interaction.initiated_at, interaction.queued_at) == (received, received)
    assert interaction.agent is None


def test_I6_further_texts_join_the_open_conversation_in_their_order(channel):
    inbound_text(channel, CUSTOMER, "one", now=NOON)
    inbound_text(channel, CUSTOMER, "two", now=NOON + timedelta(seconds=1))

    interaction = Interaction.objects.get()
    bodies = interaction.messages.order_by("created_at", "pk").values_list("body", flat=True)
    assert list(bodies) == ["one", "two"]
    assert interaction.unanswered == 2


def test_B12_a_text_during_an_open_conversation_stays_with_its_agent(channel):
    agent = AgentFactory(queues=[channel.queue])
    interaction = active_interaction(agent, channel=channel, customer_address=CUSTOMER)
    version = agent.desk_version

    inbound_text(channel, CUSTOMER, "still there?")

    interaction.refresh_from_db()
    agent.refresh_from_db()
    assert Interaction.objects.get() == interaction
    assert (interaction.state, interaction.agent) == (InteractionState.ACTIVE, agent)
    assert (interaction.unanswered, interaction.revision) == (1, 1)
    assert agent.desk_version > version
    assert route(channel.queue) == 0


def test_B12_a_text_during_an_offer_joins_what_is_offered(channel):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, CUSTOMER, "one")
    route(channel.queue)

    inbound_text(channel, CUSTOMER, "two")

    offer = offer_to(agent)
    assert Interaction.objects.get() == offer.interaction
    assert offer.interaction.messages.count() == 2


def test_B9_a_text_after_the_end_begins_a_new_conversation_while_the_old_is_wrapped_up(channel):
    agent = AgentFactory(queues=[channel.queue])
    old = active_interaction(agent, channel=channel, customer_address=CUSTOMER)
    end_interaction(interaction_id=old.pk, agent_id=agent.pk, now=clock.now())

    inbound_text(channel, CUSTOMER, "one more thing")

    new = Interaction.objects.exclude(pk=old.pk).get()
    old.refresh_from_db()
    assert (new.state, new.agent, new.queue) == (InteractionState.QUEUED, None, channel.queue)
    assert old.state == InteractionState.WRAP_UP
    assert [message.body for message in new.messages.all()] == ["one more thing"]


def test_B10_the_new_conversation_goes_to_whoever_is_best(channel):
    old_agent = AgentFactory(queues=[channel.queue], idle_since=NOON)
    old = active_interaction(old_agent, channel=channel, customer_address=CUSTOMER)
    end_interaction(interaction_id=old.pk, agent_id=old_agent.pk, now=clock.now())
    other = AgentFactory(queues=[channel.queue], idle_since=NOON - timedelta(hours=1))

    inbound_text(channel, CUSTOMER)
    route(channel.queue)

    assert offer_to(other).interaction.customer_address == CUSTOMER


def test_B9_two_channels_are_two_conversations_with_one_customer(channel):
    other = ChannelFactory(account=channel.account)

    inbound_text(channel, CUSTOMER)
    inbound_text(other, CUSTOMER)

    assert {one.channel for one in Interaction.objects.all()} == {channel, other}


def test_fault_1_a_repeat_of_a_text_changes_nothing(channel):
    inbound_text(channel, CUSTOMER, "hello", sid="SM1")
    version = Interaction.objects.get().revision

    repeats = [inbound_text(channel, CUSTOMER, "hello", sid="SM1") for _ in range(4)]

    assert [one.state for one in repeats] == [RequestState.REPEATED] * 4
    interaction = Interaction.objects.get()
    assert interaction.messages.count() == 1
    assert (interaction.unanswered, interaction.revision) == (1, version)


def test_fault_2_a_text_replayed_after_thirty_days_reopens_nothing(channel):
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, CUSTOMER, sid="SM1", now=NOON)
    route(channel.queue, now=NOON)
    old = Interaction.objects.get()
    accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=NOON)
    end_interaction(interaction_id=old.pk, agent_id=agent.pk, now=NOON)
    before = life_line(old)

    late = inbound_text(channel, CUSTOMER, sid="SM1", now=NOON + timedelta(days=30))

    old.refresh_from_db()
    assert late.state == RequestState.REPEATED
    assert Interaction.objects.get() == old
    assert (old.state, old.messages.count()) == (InteractionState.WRAP_UP, 1)
    assert life_line(old) == before
    assert route(channel.queue) == 0


def test_fault_4_two_texts_of_a_new_customer_are_one_conversation(channel):
    inbound_text(channel, CUSTOMER, "one", now=NOON)
    inbound_text(channel, CUSTOMER, "two", now=NOON)

    assert Interaction.objects.get().messages.count() == 2


def test_fault_3_texts_that_come_late_are_shown_at_their_own_time(channel):
    inbound_text(channel, CUSTOMER, "second", now=NOON + timedelta(seconds=2))
    inbound_text(channel, CUSTOMER, "first", now=NOON)

    ordered = Interaction.objects.get().messages.order_by("created_at", "pk")
    assert [message.body for message in ordered] == ["first", "second"]


def test_H11_a_customers_text_resets_the_inactivity_timer(channel):
    agent = AgentFactory()
    interaction = active_interaction(
        agent, channel=channel, customer_address=CUSTOMER, accepted_at=NOON
    )
    assert interaction.inactivity_due_at == NOON + timedelta(hours=2)

    inbound_text(channel, CUSTOMER, now=NOON + timedelta(hours=1))

    interaction.refresh_from_db()
    assert interaction.inactivity_due_at == NOON + timedelta(hours=3)


def test_N15_the_life_line_of_a_text_begins_with_its_coming(channel):
    inbound_text(channel, CUSTOMER)
    inbound_text(channel, CUSTOMER)

    interaction = Interaction.objects.get()
    assert life_line(interaction) == [EventKind.RECEIVED, EventKind.QUEUED, EventKind.RECEIVED]


def test_B9_a_text_does_not_touch_desks_of_agents_who_have_nothing_to_do_with_it(channel):
    agent = AgentFactory(queues=[channel.queue])

    inbound_text(channel, CUSTOMER)

    assert Agent.objects.get(pk=agent.pk).desk_version == agent.desk_version


def queue_for(channel, body):
    """Where a text from a new number goes, and its priority there."""
    inbound_text(channel, f"+1212555{Interaction.objects.count():04}", body)
    interaction = Interaction.objects.latest("pk")
    return interaction.queue, interaction.priority


def test_B3_without_a_rule_the_channels_own_queue_decides(channel):
    channel.queue.priority = 2
    channel.queue.save(update_fields=["priority"])
    RuleFactory(active=False)

    assert queue_for(channel, "hello") == (channel.queue, 2)


@pytest.mark.parametrize("body", ["#ADVENTUREME", "#adventureme please", " #AdventureMe\nnow"])
def test_A26_a_keyword_is_the_first_word_in_any_case(channel, body):
    promotion = RuleFactory(keyword="#ADVENTUREME")

    assert queue_for(channel, body) == (promotion.queue, 0)


@pytest.mark.parametrize("body", ["", "hello #ADVENTUREME", "#ADVENTUREMENOW", "ADVENTUREME"])
def test_A26_another_first_word_is_no_keyword(channel, body):
    RuleFactory(keyword="#ADVENTUREME")

    assert queue_for(channel, body) == (channel.queue, 0)


def test_B3_the_first_rule_that_matches_decides(channel):
    RuleFactory(position=30)
    second = RuleFactory(position=20)
    RuleFactory(position=10, keyword="sale")

    assert queue_for(channel, "hello") == (second.queue, 0)


def test_B3_rules_of_one_position_are_taken_in_the_order_they_were_made(channel):
    first, _ = RuleFactory(), RuleFactory()

    assert queue_for(channel, "hello") == (first.queue, 0)


def test_B3_a_rule_may_be_for_one_channel(channel):
    theirs = RuleFactory(channel=ChannelFactory())

    assert queue_for(channel, "hello") == (channel.queue, 0)
    assert queue_for(theirs.channel, "hello") == (theirs.queue, 0)


def test_B3_a_rule_adds_to_the_priority_of_its_queue(channel):
    urgent = RuleFactory(queue=QueueFactory(priority=3), priority=-1, keyword="urgent")

    inbound_text(channel, CUSTOMER, "Urgent help")

    interaction = Interaction.objects.get()
    assert (interaction.queue, interaction.priority) == (urgent.queue, 2)
