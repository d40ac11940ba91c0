"""I7: a text that nobody asked for, in a conversation that is begun and closed at once."""

from __future__ import annotations

import pytest

from routing.enums import EventKind, InteractionState, MessageState, Unreachable
from routing.models import Interaction, Message
from routing.selectors.announcements import unreachable
from routing.selectors.consent import opted_out
from routing.services.announcements import NotReachable, announce
from routing.services.outbound import withdraw_texts
from smsdesk.lib import clock
from smsdesk.lib.pseudonyms import keyed
from tests.factories import (
    AgentFactory,
    BlockedNumberFactory,
    ChannelFactory,
    ConsentEntryFactory,
    DestinationFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory()


def text(channel, address: str = CUSTOMER) -> Message:
    return announce(
        channel=channel, address=address, body="Hello", campaign="Spring", now=clock.now()
    )


def test_I7_it_takes_no_place_and_waits_for_nobody(channel):
    interaction = text(channel).interaction

    assert interaction.state == InteractionState.CLOSED
    assert interaction.agent is None
    assert interaction.ended_at == interaction.closed_at == interaction.initiated_at
    assert life_line(interaction) == [EventKind.ANNOUNCED]


@pytest.mark.parametrize("why", Unreachable)
def test_I7_who_must_not_be_texted_is_not_and_nothing_is_written(channel, why):
    address = channel.number if why is Unreachable.OURS else CUSTOMER
    if why is Unreachable.OPTED_OUT:
        ConsentEntryFactory(channel=channel, address=address)
    if why is Unreachable.TALKING:
        active_interaction(AgentFactory(), customer_address=address)
    if why is Unreachable.FORBIDDEN:
        DestinationFactory(country="US", allowed=False)
    if why is Unreachable.BLOCKED:
        BlockedNumberFactory(number=address)
    before = Interaction.objects.count()

    with pytest.raises(NotReachable) as refused:
        text(channel, address)

    assert refused.value.why is why
    assert (Interaction.objects.count(), Message.objects.count()) == (before, 0)


def test_I7_who_opted_in_again_or_out_of_another_channel_is_texted(channel):
    ConsentEntryFactory(channel=channel, address=CUSTOMER)
    ConsentEntryFactory(channel=channel, address=CUSTOMER, opted_out=False)
    ConsentEntryFactory(channel=ChannelFactory(), address=CUSTOMER)

    assert text(channel).state == MessageState.QUEUED


@pytest.mark.parametrize("last", [True, False])
def test_I7_N1_a_number_of_two_spellings_has_one_last_word(channel, last):
    """Erased between the two: the first line stands under another name of the same number."""
    ConsentEntryFactory(channel=channel, address=keyed(CUSTOMER), opted_out=not last)
    ConsentEntryFactory(channel=channel, address=CUSTOMER, opted_out=last)

    refused = unreachable(channel=channel, addresses=[CUSTOMER])

    assert refused == ({CUSTOMER: Unreachable.OPTED_OUT} if last else {})
    assert (opted_out(channel.pk, CUSTOMER) is not None) is last


def test_I7_opting_out_while_in_a_conversation_is_said_to_be_that(channel):
    inbound_text(channel, CUSTOMER, "STOP")

    with pytest.raises(NotReachable) as refused:
        text(channel)

    assert refused.value.why is Unreachable.OPTED_OUT


def test_I7_a_reply_begins_another_conversation(channel):
    text(channel)

    inbound_text(channel, CUSTOMER)

    states = Interaction.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [InteractionState.CLOSED, InteractionState.QUEUED]


def test_I7_only_what_waits_is_withdrawn_and_it_is_told_what_no_carrier_has_seen(channel):
    fresh, tried, sent = (text(channel, f"+1415555013{place}") for place in range(3))
    Message.objects.filter(pk=tried.pk).update(attempts=1)
    Message.objects.filter(pk=sent.pk).update(state=MessageState.SENT, due_at=None)

    ids = [fresh.pk, tried.pk, sent.pk]
    assert withdraw_texts(message_ids=ids, why="Not now.") == {fresh.pk: True, tried.pk: False}

    found = dict(Message.objects.values_list("pk", "state"))
    failed = MessageState.FAILED
    assert found == {fresh.pk: failed, tried.pk: failed, sent.pk: MessageState.SENT}
    assert withdraw_texts(message_ids=ids, why="Not now.") == {}
