"""H14: a forced disconnect races agents who send, end and accept, and customers who text."""

from __future__ import annotations

import contextlib
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from cases.models import ChatLog
from routing.enums import Author, InteractionState, OfferState
from routing.models import CarrierRequest, Disconnect, Interaction, Message, Offer
from routing.services.assignment import route_waiting
from routing.services.disconnect import end_next, force_disconnect
from routing.services.interactions import AlreadyEnded, NotYours, end_interaction, wrap_up
from routing.services.offers import OfferGone, accept_offer
from routing.services.outbound import TextRefused, send_text
from routing.services.supervision import (
    ActRefused,
    Why,
    end_unanswered,
    move_to_queue,
    take_over,
)
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    InteractionFactory,
    QueueFactory,
    active_interaction,
    inbound_text,
)
from tests.races.together import audit, call, errors, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

SAID = (NotYours, AlreadyEnded, OfferGone, TextRefused, ActRefused)


@pytest.fixture
def sue():
    return User.objects.create_user("sue")


def disconnect(channel, sue):
    now = clock.now()
    force_disconnect(queue_id=channel.queue_id, actor=sue, by="sue", now=now)
    for job in Disconnect.objects.all():
        while end_next(disconnect_id=job.pk, now=clock.now(), most=3):
            pass


def work(agent, own):
    """Answer every conversation, end some, and accept whatever is offered meanwhile."""
    for talk in own:
        names = {"interaction_id": talk.pk, "agent_id": agent.pk, "now": clock.now()}
        with contextlib.suppress(*SAID):
            send_text(body="On it", client_id=uuid.uuid4(), **names)
        with contextlib.suppress(*SAID):
            if talk.pk % 3 == 0:
                end_interaction(**names)
        route_waiting(queue_ids=[talk.queue_id], now=clock.now())
        for offer in Offer.objects.filter(agent=agent, state=OfferState.PENDING):
            with contextlib.suppress(*SAID):
                accept_offer(offer_id=offer.pk, agent_id=agent.pk, now=clock.now())


def text_in(channel, numbers):
    for number in numbers:
        inbound_text(channel, number, "Hello?")


def test_H14_a_forced_disconnect_while_everybody_works_loses_no_text(channel, sue):
    agents = AgentFactory.create_batch(5, queues=[channel.queue], limit=12)
    talks = [active_interaction(one, channel=channel) for one in agents for _ in range(4)]
    numbers = [talk.customer_address for talk in talks]

    with audit():
        results = together(
            *[call(disconnect, channel, sue)] * 2,
            *(call(work, one, [t for t in talks if t.agent_id == one.pk]) for one in agents),
            call(text_in, channel, numbers[::2]),
            call(text_in, channel, numbers[1::2]),
        )

    assert errors(results) == []
    assert not Disconnect.objects.filter(due_at__isnull=False).exists()
    ended = Interaction.objects.filter(pk__in=[talk.pk for talk in talks])
    assert set(ended.values_list("state", flat=True)) == {InteractionState.WRAP_UP}
    # Every text is somewhere, and in the log of its conversation where that has one.
    texts = Message.objects.filter(author=Author.CUSTOMER)
    assert texts.count() == CarrierRequest.objects.count() == len(numbers)
    for log in ChatLog.objects.select_related("interaction"):
        said = texts.filter(interaction=log.interaction).count()
        assert log.transcript.count("Hello?") == said


def test_N11_take_over_races_end_move_and_accept_and_places_hold(channel, sue):
    own = AgentFactory(user=sue, limit=12)
    robin, kim = AgentFactory.create_batch(2, queues=[channel.queue], limit=12)
    elsewhere = QueueFactory()
    with audit():
        for run in range(12):
            agent = (robin, kim)[run % 2]
            with transaction.atomic():  # the audit looks on
                talk = active_interaction(agent, channel=channel)
            names = {"interaction_id": talk.pk, "now": clock.now()}

            results = together(
                call(take_over, actor=sue, **names),
                call(move_to_queue, queue_id=elsewhere.pk, actor=sue, **names),
                call(end_interaction, agent_id=agent.pk, **names),
                call(take_over, actor=sue, **names),
            )

            assert errors(results, *SAID) == []
            last = talk.events.exclude(state="").aggregate(last=Max("pk"))["last"]
            talk.refresh_from_db()
            assert talk.events.get(pk=last).state == talk.state
            if talk.agent_id == own.pk and talk.state == InteractionState.ACTIVE:
                end_interaction(interaction_id=talk.pk, agent_id=own.pk, now=clock.now())


def test_N11_an_unanswered_text_is_ended_or_accepted_and_never_both(channel, sue):
    robin = AgentFactory(queues=[channel.queue], limit=12)
    with audit():
        for _ in range(12):
            with transaction.atomic():  # the audit looks on
                text = InteractionFactory(channel=channel)
            now = clock.now()
            route_waiting(queue_ids=[channel.queue_id], now=now)
            offer = text.offers.get()

            results = together(
                call(accept_offer, offer_id=offer.pk, agent_id=robin.pk, now=now),
                call(end_unanswered, interaction_id=text.pk, why=Why("Spam"), actor=sue, now=now),
                call(route_waiting, queue_ids=[channel.queue_id], now=now),
            )

            assert errors(results, *SAID) == []
            text.refresh_from_db()
            closed = text.state == InteractionState.CLOSED
            assert ChatLog.objects.filter(interaction=text).exists() == closed
            if not closed:
                assert text.agent_id == robin.pk
                end_interaction(interaction_id=text.pk, agent_id=robin.pk, now=clock.now())
                wrap_up(
                    interaction_id=text.pk,
                    agent_id=robin.pk,
                    disposition="",
                    note="",
                    now=clock.now(),
                )
    robin.refresh_from_db()
    assert robin.load == 0
