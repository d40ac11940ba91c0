"""An agent at the desk: signed in, a member of a queue, with texts to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from agents.selectors.agents import agent_of_user
from routing.enums import OfferState
from routing.models import Offer
from routing.services.assignment import route_waiting
from smsdesk.console.frames import desk_frame, desk_state
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    DispositionFactory,
    active_interaction,
    inbound_text,
)

if TYPE_CHECKING:
    from datetime import datetime

    from agents.models import Agent
    from routing.models import Channel, Interaction
    from smsdesk.console.frames import DeskState


def signed_in(agent: Agent) -> Client:
    """The agent's browser, asking as htmx does."""
    client = Client(headers={"HX-Request": "true"})
    client.force_login(agent.user)
    return client


def offer_text(channel: Channel, sender: str = "+14155550123", body: str = "hello") -> Offer:
    """Let a text come in and be offered to a member of the channel's queue."""
    inbound_text(channel, sender, body)
    route_waiting(queue_ids=[channel.queue_id], now=clock.now())
    return Offer.objects.get(
        interaction__customer_address=sender, state=OfferState.PENDING, agent__isnull=False
    )


def read(agent: Agent) -> Agent:
    found = agent_of_user(agent.user_id)
    assert found is not None
    return found


def html_of(agent: Agent) -> str:
    """What the next frame draws."""
    return desk_frame(read(agent), clock.now()).html


def state_of(agent: Agent, now: datetime | None = None) -> DeskState:
    return desk_state(read(agent), now or clock.now())


def at(talk: Interaction, path: str = "") -> str:
    return f"/desk/conversations/{talk.pk}/{path}"


def words(answer: Any) -> str:
    return " ".join(answer.text.split())


def park(desk: Client, talk: Interaction, until: str) -> Any:
    return desk.post(at(talk, "park"), {"until": until})


@pytest.fixture
def channel(db):
    DispositionFactory(name="Claim filed")
    return ChannelFactory()


@pytest.fixture
def agent(channel):
    return AgentFactory(queues=[channel.queue], name="Robin Castillo")


@pytest.fixture
def desk(agent) -> Client:
    return signed_in(agent)


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address="+14155550123")


@pytest.fixture
def wrapping_up(desk, talk) -> Interaction:
    desk.post(at(talk, "end"))
    talk.refresh_from_db()
    return talk
