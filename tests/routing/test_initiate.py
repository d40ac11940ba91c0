"""I1, I2, I5, I6, B9, B10: an agent texts first, and nobody else's conversation is touched."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.enums import ON_BREAK
from agents.models import Agent
from routing.enums import ConsentSource, EventKind, InteractionState, MessageState, OfferState
from routing.models import ConsentEntry, Interaction, Message
from routing.selectors.initiation import channels_to_text_over, why_not_text_first
from routing.services.initiate import start_conversation
from routing.services.interactions import end_if_inactive, end_interaction, wrap_up
from routing.services.outbound import TextRefused
from routing.services.parking import park
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    CustomerFactory,
    DispositionFactory,
    InteractionFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line, new_id, offer_to, route

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
SHOWN = "+1 415-555-0123"


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims", number="+14155550199")


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue], name="Robin Castillo")


@pytest.fixture
def colleague(channel):
    return AgentFactory(queues=[channel.queue], name="Jonas Weber")


def text(agent, channel, number=CUSTOMER, body="Your claim is paid.", **fields) -> Message:
    return start_conversation(
        channel_id=channel.pk,
        agent_id=agent.pk,
        number=number,
        body=body,
        client_id=fields.get("client_id") or new_id(),
        now=fields.get("now") or clock.now(),
    )


def refusal(agent, channel, number=CUSTOMER, body="Your claim is paid.", **fields) -> str:
    before = (Interaction.objects.count(), Message.objects.count(), load(agent))
    with pytest.raises(TextRefused) as refused:
        text(agent, channel, number, body, **fields)
    assert (Interaction.objects.count(), Message.objects.count(), load(agent)) == before
    return str(refused.value)


def load(agent) -> int:
    return Agent.objects.get(pk=agent.pk).load


def test_I2_a_new_conversation_begins_with_the_agent_and_takes_a_place(agent, channel):
    now = clock.now()

    message = text(agent, channel, number="(415) 555-0123", now=now)

    interaction = message.interaction
    assert (message.state, message.body) == (MessageState.QUEUED, "Your claim is paid.")
    assert interaction.customer_address == CUSTOMER
    assert (interaction.state, interaction.agent) == (InteractionState.ACTIVE, agent)
    assert interaction.agent_initiated
    assert interaction.queue == channel.queue
    assert interaction.initiated_at == interaction.accepted_at == now
    assert life_line(interaction) == [EventKind.STARTED, EventKind.ANSWERED]
    assert load(agent) == 1


def test_H10_the_two_hour_timer_starts_with_the_agents_text(agent, channel):
    now = clock.now()

    interaction = text(agent, channel, now=now).interaction

    interaction.refresh_from_db()
    assert interaction.inactivity_due_at == now + timedelta(hours=2)
    due = interaction.inactivity_due_at
    assert end_if_inactive(interaction_id=interaction.pk, now=due)


def test_I2_the_same_click_sends_once_also_after_the_end(agent, channel):
    click = new_id()
    first = text(agent, channel, client_id=click)
    end_interaction(interaction_id=first.interaction_id, agent_id=agent.pk, now=clock.now())

    assert text(agent, channel, client_id=click) == first
    assert Message.objects.count() == 1
    assert load(agent) == 1


def test_I2_one_click_is_not_two_texts_to_two_numbers(agent, channel):
    click = new_id()
    text(agent, channel, client_id=click)

    said = refusal(agent, channel, "+14155550124", client_id=click)

    assert said == "This text was sent in another conversation."


def test_N5_a_text_changed_after_it_was_sent_is_not_taken_for_sent(agent, channel):
    click = new_id()
    text(agent, channel, client_id=click)

    assert refusal(agent, channel, body="Your claim is not paid.", client_id=click) == (
        "This text was sent already, as it was before you changed it."
        " Close this, and write on in its conversation."
    )


def test_I2_on_break_an_agent_may_text_first_for_it_is_their_own_doing(channel):
    agent = AgentFactory(queues=[channel.queue], status=ON_BREAK, stop_new=True)

    assert text(agent, channel).interaction.agent == agent


# -- joining ---------------------------------------------------------------------------------


def test_I2_the_agents_own_conversation_goes_on(agent, channel):
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)

    assert text(agent, channel).interaction == talk
    assert load(agent) == 1


def test_I2_a_text_that_waits_is_taken_with_its_place(agent, channel):
    Agent.objects.update(limit=1)
    inbound_text(channel, CUSTOMER, "anybody?")
    waiting = Interaction.objects.get()

    text(agent, channel)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.agent) == (InteractionState.ACTIVE, agent)
    assert (waiting.unanswered, waiting.agent_initiated) == (0, False)
    assert waiting.inactivity_due_at is not None
    assert life_line(waiting)[-2:] == [EventKind.ACCEPTED, EventKind.ANSWERED]
    assert load(agent) == 1
    assert route(channel.queue) == 0


def test_I2_a_text_held_for_opening_hours_is_taken(agent, channel):
    channel.schedule = ScheduleFactory()
    channel.save()
    held = InteractionFactory(
        channel=channel,
        customer_address=CUSTOMER,
        state=InteractionState.HELD,
        held_until=clock.now(),
    )

    text(agent, channel)

    held.refresh_from_db()
    assert (held.state, held.held_until) == (InteractionState.ACTIVE, None)


def test_I2_what_is_offered_to_the_agent_is_accepted(agent, channel):
    inbound_text(channel, CUSTOMER, "anybody?")
    route(channel.queue)
    offer = offer_to(agent)

    message = text(agent, channel)

    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED
    assert message.interaction_id == offer.interaction_id
    assert load(agent) == 1


def test_I2_an_offer_whose_time_is_over_is_not_taken(agent, channel):
    inbound_text(channel, CUSTOMER, "anybody?")
    route(channel.queue)

    said = refusal(agent, channel, now=offer_to(agent).expires_at)

    assert said == "The offer lapsed before you took it; it went on to a colleague."


def test_I2_in_wrap_up_the_pair_has_a_new_conversation(agent, channel):
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)
    end_interaction(interaction_id=talk.pk, agent_id=agent.pk, now=clock.now())

    assert text(agent, channel).interaction != talk
    assert load(agent) == 2


# -- what is refused, and the sentence --------------------------------------------------------


def test_I1_without_the_permission_nobody_texts_first(channel):
    agent = AgentFactory(queues=[channel.queue], may_initiate=False)

    said = "You do not have permission to text first. Ask your supervisor for it."
    assert refusal(agent, channel) == said
    assert why_not_text_first(agent) == said


def test_I1_a_channel_may_be_closed_to_it(agent, channel):
    channel.allow_agent_initiated = False
    channel.save()

    said = "You cannot text first from this number. Choose another one."
    assert refusal(agent, channel) == said
    assert list(channels_to_text_over(agent.pk)) == []
    assert why_not_text_first(agent) == (
        "None of your queues has a number that agents may text first from."
        " Ask your supervisor for one."
    )


def test_I2_only_members_of_the_channels_queue_text_over_it(agent, channel):
    foreign = ChannelFactory()

    said = "You cannot text first from this number. Choose another one."
    assert refusal(agent, foreign) == said
    assert list(channels_to_text_over(agent.pk)) == [channel]
    assert why_not_text_first(agent) == ""


def test_I2_who_has_the_conversation_is_said_and_what_to_do(agent, colleague, channel):
    active_interaction(colleague, channel=channel, customer_address=CUSTOMER)

    assert refusal(agent, channel) == (
        "Jonas Weber is in a conversation with this number over Claims."
        " Ask them to hand it over, or text over another number."
    )


def test_I2_who_has_parked_the_conversation_is_said(agent, colleague, channel):
    talk = active_interaction(colleague, channel=channel, customer_address=CUSTOMER)
    now = clock.now()
    park(interaction_id=talk.pk, agent_id=colleague.pk, until=now + timedelta(hours=3), now=now)

    assert refusal(agent, channel) == (
        "Jonas Weber has parked a conversation with this number over Claims."
        " Ask them to hand it over, or text over another number."
    )


def test_I2_what_is_offered_to_a_colleague_is_left_to_them(agent, channel):
    agent.stop_new = True
    agent.save()
    colleague = AgentFactory(queues=[channel.queue], name="Jonas Weber")
    inbound_text(channel, CUSTOMER, "anybody?")
    route(channel.queue)
    assert offer_to(colleague)

    assert refusal(agent, channel) == (
        "A text of this number is being offered to Jonas Weber right now."
        " Wait a moment, and try again."
    )


def test_B5_what_waits_in_a_queue_of_others_is_left_to_them(agent, channel):
    InteractionFactory(
        channel=channel,
        customer_address=CUSTOMER,
        queue=ChannelFactory(queue__name="Motor claims").queue,
    )

    assert refusal(agent, channel) == (
        "A text of this number waits in the queue Motor claims, of which you are no member."
        " Its agents will answer; text over another number if it is urgent."
    )


def test_D2_with_every_place_taken_nothing_is_begun(channel):
    agent = AgentFactory(queues=[channel.queue], limit=2)
    active_interaction(agent, channel=channel)
    active_interaction(agent, channel=channel)

    assert refusal(agent, channel) == (
        "You hold 2 of 2 conversations. Wrap one up, and send again; the text is kept."
    )


def test_D2_with_every_place_taken_ones_own_conversation_goes_on(channel):
    agent = AgentFactory(queues=[channel.queue], limit=1)
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)

    assert text(agent, channel).interaction == talk


def test_N7_an_agent_who_is_not_there_begins_nothing(channel):
    agent = AgentFactory(queues=[channel.queue], present=False)

    assert refusal(agent, channel) == (
        "Your desk is not connected, so a reply could not reach you."
        " Wait until it is, and send again; the text is kept."
    )


def test_N1_a_number_that_opted_out_is_not_texted_until_it_opts_in(agent, channel):
    entry = {"channel": channel, "address": CUSTOMER, "source": ConsentSource.KEYWORD}
    ConsentEntry.objects.create(**entry, opted_out=True, at=clock.now())

    assert refusal(agent, channel) == (
        f"{SHOWN} asked for no more texts from Claims."
        " It can be texted again when the customer texts START."
    )

    ConsentEntry.objects.create(**entry, opted_out=False, at=clock.now())
    assert text(agent, channel)


def test_N1_an_opt_out_is_of_the_pair(agent, channel):
    ConsentEntry.objects.create(
        channel=ChannelFactory(),
        address=CUSTOMER,
        source=ConsentSource.KEYWORD,
        opted_out=True,
        at=clock.now(),
    )

    assert text(agent, channel)


def test_I2_our_own_numbers_are_not_texted(agent, channel):
    ChannelFactory(number="+14155550188")

    said = "+1 415-555-0188 is one of our own numbers. Enter a customer's."
    assert refusal(agent, channel, "415 555 0188") == said


def test_I2_emergency_numbers_are_not_texted(agent, channel):
    said = "911 is an emergency number, which no text from here reaches. Call it."
    assert refusal(agent, channel, "911") == said


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("415 555", "“415 555” has too few digits for a phone number."),
        ("415 555 01234", "“415 555 01234” has too many digits for a phone number."),
        ("call Dana", "“call Dana” has letters in it; a phone number has digits only."),
        ("", "“” is not a phone number. Write it as +1 415 555 0123."),
    ],
)
def test_I2_what_is_no_number_is_refused_in_words(agent, channel, number, sentence):
    assert refusal(agent, channel, number) == sentence


def test_I2_the_region_is_the_channels(agent):
    british = ChannelFactory(number="+447911123456", queue=agent.queues.get())

    message = text(agent, british, number="020 7183 8750")

    assert message.interaction.customer_address == "+442071838750"


def test_A6_a_short_code_is_texted_as_it_is(agent, channel):
    assert text(agent, channel, number="24453").interaction.customer_address == "24453"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (" \n ", "Write something first."),
        ("x" * 1501, "The text has 1501 characters; at most 1500 can be sent at once."),
    ],
)
def test_F13_the_text_is_checked_before_anything_begins(agent, channel, body, sentence):
    assert refusal(agent, channel, body=body) == sentence


@given(st.text(max_size=30), st.text(max_size=20))
def test_I2_any_number_and_words_are_sent_or_refused_with_a_sentence(number, body):
    channel = ChannelFactory()
    agent = AgentFactory(queues=[channel.queue])
    with suppress(TextRefused):
        text(agent, channel, number, body)

    begun = Interaction.objects.filter(channel=channel, agent=agent)
    assert load(agent) == begun.count() == Message.objects.filter(channel=channel).count()


# -- what follows -----------------------------------------------------------------------------


def test_I6_the_customers_reply_joins_it(agent, channel):
    interaction = text(agent, channel).interaction

    inbound_text(channel, CUSTOMER, "thank you")

    interaction.refresh_from_db()
    assert interaction.unanswered == 1
    assert interaction.messages.count() == 2
    assert Interaction.objects.count() == 1


def test_I5_it_ends_with_disposition_wrap_up_and_a_log_on_the_customers_case(agent, channel):
    customer = CustomerFactory(phones=[CUSTOMER])
    DispositionFactory(name="Claim filed")
    interaction = text(agent, channel).interaction
    ended = {"interaction_id": interaction.pk, "agent_id": agent.pk, "now": clock.now()}

    end_interaction(**ended)
    wrap_up(**ended, disposition="Claim filed", note="")

    interaction.refresh_from_db()
    assert (interaction.state, interaction.disposition) == ("CLOSED", "Claim filed")
    assert interaction.chat_log.case.customer == customer
    assert "Robin Castillo: Your claim is paid." in interaction.chat_log.transcript
    assert load(agent) == 0


def test_B9_B10_a_late_reply_goes_to_the_queue_of_the_channel_and_to_whoever_is_best(
    agent, channel, colleague
):
    interaction = text(agent, channel).interaction
    ended = {"interaction_id": interaction.pk, "agent_id": agent.pk, "now": clock.now()}
    end_interaction(**ended)
    wrap_up(**ended, disposition="", note="")

    inbound_text(channel, CUSTOMER, "one more thing")

    late = Interaction.objects.get(state=InteractionState.QUEUED)
    assert (late.channel, late.queue) == (channel, channel.queue)
    assert not late.agent_initiated
    assert route(channel.queue) == 1
    assert offer_to(colleague).interaction == late  # idle for longer


def test_B10_the_reply_comes_back_to_the_agent_of_a_queue_of_their_own(agent, channel):
    interaction = text(agent, channel).interaction
    ended = {"interaction_id": interaction.pk, "agent_id": agent.pk, "now": clock.now()}
    end_interaction(**ended)
    wrap_up(**ended, disposition="", note="")

    inbound_text(channel, CUSTOMER, "one more thing")
    route(channel.queue)

    assert offer_to(agent).interaction.customer_address == CUSTOMER
