"""N3 N5 N6: the draft of a text, what its author has seen, and what it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.models import Agent
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction, Message
from routing.services.drafts import digest, joined, keep_draft
from routing.services.outbound import HeldBack, send_text
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    DestinationFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import new_id
from tests.routing.test_outbound import fresh, send

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def interaction(agent):
    return active_interaction(agent, customer_address=CUSTOMER)


def keep(interaction, text, client_id=None, *, agent=None, over=None) -> str | None:
    """Keep what was typed over the draft ``over``, which is the one that is kept if not given."""
    return keep_draft(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        text=text,
        client_id=client_id or new_id(),
        drafted=digest(fresh(interaction).draft if over is None else over),
    )


def send_seen(interaction, seen, body="Yes.", client_id=None) -> Message:
    return send_text(
        interaction_id=interaction.pk,
        agent_id=interaction.agent_id,
        body=body,
        client_id=client_id or new_id(),
        seen=seen,
        now=clock.now(),
    )


def test_N6_a_draft_is_kept_and_the_agents_desks_are_told(interaction, agent):
    before = Agent.objects.get(pk=agent.pk).desk_version

    assert keep(interaction, "Half a sen") == "Half a sen"
    assert keep(interaction, "Half a sen") == "Half a sen"

    assert fresh(interaction).draft == "Half a sen"
    assert Agent.objects.get(pk=agent.pk).desk_version == before + 1


def test_N6_the_send_that_used_the_draft_clears_it(interaction):
    keep(interaction, "Half a sentence")

    send(interaction, "Half a sentence")

    assert fresh(interaction).draft == ""


def test_N6_a_late_draft_never_brings_back_what_was_sent(interaction):
    click = new_id()
    send(interaction, "Half a sentence", client_id=click)

    assert keep(interaction, "Half a senten", click) is None

    assert fresh(interaction).draft == ""


def test_N6_a_colleagues_conversation_keeps_no_draft_of_mine(interaction):
    assert keep(interaction, "mine", agent=AgentFactory()) is None

    assert fresh(interaction).draft == ""


@pytest.mark.parametrize("state", [InteractionState.WRAP_UP, InteractionState.PARKED])
def test_N6_only_an_active_conversation_has_a_draft(interaction, state):
    Interaction.objects.update(state=state)

    assert keep(interaction, "too late") is None


def test_N6_what_two_devices_type_over_the_same_draft_is_both_kept(interaction):
    keep(interaction, "Hello")
    keep(interaction, "Hello Dana", over="Hello")

    assert keep(interaction, "Hello there", over="Hello") == "Hello Dana\nHello there"
    assert fresh(interaction).draft == "Hello Dana\nHello there"


@pytest.mark.parametrize(
    ("theirs", "mine", "both"),
    [
        ("Half a sen", "Half a sentence", "Half a sentence"),
        ("Half a sentence", "Half a sen", "Half a sentence"),
        ("", "Mine", "Mine"),
        ("Theirs", "", "Theirs"),
        ("Theirs", "Mine", "Theirs\nMine"),
    ],
)
def test_N6_two_drafts_are_joined_only_where_neither_is_part_of_the_other(theirs, mine, both):
    assert joined(theirs, mine) == both


def test_N6_a_draft_over_the_one_that_is_kept_replaces_it(interaction):
    keep(interaction, "Half a sentence")

    assert keep(interaction, "Other") == "Other"


def test_N6_a_send_leaves_what_another_window_typed_on(interaction):
    keep(interaction, "Half")
    keep(interaction, "Half a sentence. And more", over="Half")

    send(interaction, "Half a sentence.", drafted=digest("Half"))

    assert fresh(interaction).draft == "And more"


def test_N6_a_send_of_a_part_of_its_own_draft_clears_it(interaction):
    keep(interaction, "Half a sentence. And more")

    send(interaction, "Half a sentence.", drafted=digest("Half a sentence. And more"))

    assert fresh(interaction).draft == ""


def test_N5_a_customers_newer_text_holds_the_send_until_it_was_seen(interaction):
    seen = MessageFactory(interaction=interaction)
    inbound_text(interaction.channel, CUSTOMER, "Wait, another thing")
    newer = Message.objects.latest("pk")

    with pytest.raises(HeldBack) as held:
        send_seen(interaction, seen.pk)
    assert held.value.newer == newer
    assert not Message.objects.filter(author=Author.AGENT).exists()

    send_seen(interaction, newer.pk)
    assert Message.objects.filter(author=Author.AGENT).count() == 1


def test_N5_ones_own_newer_text_does_not_hold_the_next(interaction):
    seen = MessageFactory(interaction=interaction)
    send(interaction, "First")

    assert send_seen(interaction, seen.pk, "Second").body == "Second"


def test_N5_a_colleagues_and_an_automatic_text_hold_it(interaction):
    seen = MessageFactory(interaction=interaction)
    for fields in ({"author": Author.AUTOMATIC}, {"author": Author.AGENT, "agent": AgentFactory()}):
        newer = MessageFactory(interaction=interaction, state=MessageState.SENT, **fields)
        with pytest.raises(HeldBack) as held:
            send_seen(interaction, seen.pk)
        assert held.value.newer == newer
        seen = newer


def test_N5_a_held_send_keeps_the_draft(interaction):
    keep(interaction, "Yes.")
    inbound_text(interaction.channel, CUSTOMER, "No, wait")

    with pytest.raises(HeldBack):
        send_seen(interaction, 0)

    assert fresh(interaction).draft == "Yes."


def test_N5_the_same_click_again_is_answered_as_before_whatever_came_since(interaction):
    seen, click = MessageFactory(interaction=interaction), new_id()
    first = send_seen(interaction, seen.pk, client_id=click)
    inbound_text(interaction.channel, CUSTOMER, "Thanks")

    assert send_seen(interaction, seen.pk, client_id=click) == first


def test_N5_two_desks_with_one_id_send_one_text_and_never_drop_another(interaction):
    click = new_id()
    first = send_seen(interaction, 0, "The same words", client_id=click)

    assert send_seen(interaction, 0, "The same words", client_id=click) == first
    with pytest.raises(HeldBack) as held:
        send_seen(interaction, 0, "Other words", client_id=click)

    assert held.value.newer == first
    assert Message.objects.count() == 1


def test_N3_a_text_keeps_the_price_of_all_its_parts(interaction):
    DestinationFactory(country="US", price_per_part="0.0083")

    assert send(interaction, "x" * 161).price == Decimal("0.0166")


@pytest.mark.parametrize("country", ["DE", "FR"])
def test_N3_a_text_to_a_country_that_is_not_listed_has_no_price(interaction, country):
    DestinationFactory(country=country)

    assert send(interaction).price is None


def test_N3_a_price_beyond_all_sense_stops_no_text(interaction):
    DestinationFactory(country="US", price_per_part="999.9999")

    assert send(interaction, "Ж" * 1500).price is None
