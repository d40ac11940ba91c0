"""N11 H14: a supervisor steps into conversations, and a forced disconnect loses nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from agents.models import Agent, AuditEntry
from cases.models import ChatLog
from routing.enums import EndedBy, EventKind, InteractionState, OfferState
from routing.models import Disconnect, Interaction
from routing.selectors.story import story_of
from routing.services.assignment import route_waiting
from routing.services.disconnect import end_next, force_disconnect
from routing.services.parking import park
from routing.services.supervision import (
    ActRefused,
    Why,
    end_conversation,
    end_unanswered,
    move_to_agent,
    move_to_queue,
    take_over,
    whisper,
)
from routing.sweeper import sweep
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db

SENDER = "+14155550123"


@pytest.fixture
def sue():
    return User.objects.create_user("sue", first_name="Sue", last_name="Berg")


@pytest.fixture
def sues_desk(sue):
    return AgentFactory(user=sue, name="Sue", limit=1)


@pytest.fixture
def channel():
    return ChannelFactory()


@pytest.fixture
def agent(channel):
    return AgentFactory(name="Robin", queues=[channel.queue])


@pytest.fixture
def talk(channel, agent):
    return active_interaction(agent, channel=channel)


def acts(talk, step, actor, **arguments):
    step(interaction_id=talk.pk, actor=actor, now=clock.now(), **arguments)
    talk.refresh_from_db()


def loads():
    return dict(Agent.objects.values_list("name", "load"))


def offered(channel, agent):
    waiting = InteractionFactory(channel=channel)
    route_waiting(queue_ids=[channel.queue_id], now=clock.now())
    waiting.refresh_from_db()
    assert waiting.offers.get().agent == agent
    return waiting


def set_aside(talk):
    now = clock.now()
    park(interaction_id=talk.pk, agent_id=talk.agent_id, until=now + timedelta(hours=1), now=now)


def test_N11_ended_by_a_supervisor_its_agent_wraps_it_up_and_the_log_is_kept(talk, sue):
    acts(talk, end_conversation, sue)

    assert (talk.state, talk.ended_by) == (InteractionState.WRAP_UP, EndedBy.SUPERVISOR)
    assert ChatLog.objects.get(interaction=talk).ended_by == EndedBy.SUPERVISOR
    assert talk.events.get(kind=EventKind.ENDED).detail["supervisor"] == "Sue Berg"
    assert story_of(talk)[-1].words == "Sue Berg ended it."
    entry = AuditEntry.objects.get(act="ended")
    assert (entry.actor, entry.subject_label) == (sue, f"conversation {talk.pk}")
    with pytest.raises(ActRefused, match="ended already"):
        acts(talk, end_conversation, sue)


def test_N11_a_parked_conversation_is_closed_at_once_and_takes_no_place(talk, sue):
    set_aside(talk)

    acts(talk, end_conversation, sue)

    assert (talk.state, loads()) == (InteractionState.CLOSED, {"Robin": 0})
    assert ChatLog.objects.filter(interaction=talk).exists()


@pytest.mark.parametrize("stands", ["waiting", "offered", "held"])
def test_N11_what_nobody_has_is_ended_with_a_reason_and_its_log_kept(channel, agent, sue, stands):
    if stands == "offered":
        text = offered(channel, agent)
    else:
        states = {"waiting": InteractionState.QUEUED, "held": InteractionState.HELD}
        text = InteractionFactory(channel=channel, state=states[stands])
    MessageFactory(interaction=text, body="Win a phone!")
    why = Why(disposition="Spam", reason="An advert,\x00 not a customer")

    acts(text, end_unanswered, sue, why=why)

    assert (text.state, text.ended_by) == (InteractionState.CLOSED, EndedBy.SUPERVISOR)
    assert not text.is_announcement
    log = ChatLog.objects.get(interaction=text)
    assert "Win a phone!" in log.transcript
    assert (log.disposition, log.note) == ("Spam", "An advert, not a customer")
    assert log.case is not None
    assert loads()["Robin"] == 0
    assert not text.offers.filter(state=OfferState.PENDING).exists()
    assert story_of(text)[-1].words == "Sue Berg ended it."
    entry = AuditEntry.objects.get(act="ended")
    assert (entry.actor, entry.subject_label) == (sue, f"conversation {text.pk}")
    assert not route_waiting(queue_ids=[channel.queue_id], now=clock.now())
    # Whoever texts again begins anew.
    inbound_text(channel, text.customer_address, "Win two!")
    assert Interaction.objects.filter(customer_address=text.customer_address).count() == 2


def test_N11_what_nobody_has_is_not_ended_without_a_reason_nor_after_an_agent_took_it(
    channel, talk, sue
):
    text = InteractionFactory(channel=channel)
    with pytest.raises(ActRefused, match="Say why it ends"):
        acts(text, end_conversation, sue)
    with pytest.raises(ActRefused, match="Say why it ends"):
        acts(text, end_unanswered, sue, why=Why())
    with pytest.raises(ActRefused, match="at most 500"):
        acts(text, end_unanswered, sue, why=Why(reason="x" * 501))
    with pytest.raises(ActRefused, match="An agent took it"):
        acts(talk, end_unanswered, sue, why=Why(reason="Spam"))

    text.refresh_from_db()
    talk.refresh_from_db()
    assert (text.state, talk.state) == (InteractionState.QUEUED, InteractionState.ACTIVE)


@pytest.mark.parametrize("stands", ["waiting", "offered", "active", "parked"])
def test_N11_moved_to_another_queue_it_waits_there(channel, agent, sue, stands):
    elsewhere = QueueFactory(name="Elsewhere")
    talk = (
        InteractionFactory(channel=channel)
        if stands == "waiting"
        else offered(channel, agent)
        if stands == "offered"
        else active_interaction(agent, channel=channel)
    )
    if stands == "parked":
        set_aside(talk)

    acts(talk, move_to_queue, sue, queue_id=elsewhere.pk)

    assert (talk.state, talk.queue, talk.agent) == (InteractionState.QUEUED, elsewhere, None)
    assert loads() == {"Robin": 0}
    assert talk.parked_until is None
    event = talk.events.get(kind=EventKind.TRANSFERRED)
    assert event.detail["to"] == "Elsewhere"
    assert event.detail["supervisor"] == "Sue Berg"
    assert AuditEntry.objects.get(act="moved").after == {"to": "Elsewhere"}


def test_N11_moved_to_an_agent_it_is_offered_to_nobody_else(talk, sue):
    kim = AgentFactory(name="Kim", limit=1)

    acts(talk, move_to_agent, sue, to_agent_id=kim.pk)

    offer = talk.offers.get(state=OfferState.PENDING)
    assert (offer.agent, offer.receipt["why"]) == (kim, "given directly by Sue Berg")
    assert loads() == {"Robin": 0, "Kim": 1}
    with pytest.raises(ActRefused, match="Kim has it already"):
        acts(talk, move_to_agent, sue, to_agent_id=kim.pk)


def held(channel) -> Interaction:
    """A text that came off hours."""
    return InteractionFactory(
        channel=channel, state=InteractionState.HELD, held_until=clock.now() + timedelta(hours=9)
    )


@pytest.mark.parametrize("same", [True, False])
def test_N11_a_held_text_that_is_moved_waits_for_somebody_now(channel, agent, sue, same):
    text = held(channel)
    queue = channel.queue if same else QueueFactory(name="Night")

    acts(text, move_to_queue, sue, queue_id=queue.pk)

    assert (text.state, text.queue, text.held_until) == (InteractionState.QUEUED, queue, None)
    AgentFactory(queues=[queue])
    route_waiting(queue_ids=[queue.pk], now=clock.now())
    assert text.offers.filter(state=OfferState.PENDING).exists()


def test_N11_a_held_text_is_given_to_an_agent(channel, sue):
    kim = AgentFactory(name="Kim")
    text = held(channel)

    acts(text, move_to_agent, sue, to_agent_id=kim.pk)

    assert (text.state, text.held_until) == (InteractionState.OFFERED, None)
    assert text.offers.get(state=OfferState.PENDING).agent == kim


def test_N11_an_agent_who_cannot_take_it_is_named(talk, sue):
    kim = AgentFactory(name="Kim", present=False)

    with pytest.raises(ActRefused, match="Kim has no open desk"):
        acts(talk, move_to_agent, sue, to_agent_id=kim.pk)

    assert talk.state == InteractionState.ACTIVE


@pytest.mark.parametrize("stands", ["waiting", "offered", "active", "parked"])
def test_N11_taken_over_it_is_on_the_supervisors_desk(channel, agent, sue, sues_desk, stands):
    talk = (
        InteractionFactory(channel=channel)
        if stands == "waiting"
        else offered(channel, agent)
        if stands == "offered"
        else active_interaction(agent, channel=channel)
    )
    if stands == "parked":
        set_aside(talk)

    acts(talk, take_over, sue)

    assert (talk.state, talk.agent) == (InteractionState.ACTIVE, sues_desk)
    assert loads() == {"Robin": 0, "Sue": 1}
    assert AuditEntry.objects.filter(act="took over", actor=sue).exists()
    other = active_interaction(agent, channel=channel)
    with pytest.raises(ActRefused, match="You have 1 of 1"):
        acts(other, take_over, sue)


def test_N11_who_has_no_desk_takes_nothing_over(talk, sue):
    with pytest.raises(ActRefused, match="no desk of your own"):
        acts(talk, take_over, sue)


def test_N11_a_whisper_stands_in_the_life_line_and_in_no_transcript(talk, agent, sue):
    MessageFactory(interaction=talk, body="Where is my money?")
    version = Agent.objects.get(pk=agent.pk).desk_version

    acts(talk, whisper, sue, words="Offer the refund.")

    event = talk.events.get(kind=EventKind.WHISPERED)
    assert (event.agent, event.detail) == (
        agent,
        {"supervisor": "Sue Berg", "words": "Offer the refund."},
    )
    assert Agent.objects.get(pk=agent.pk).desk_version > version
    assert AuditEntry.objects.filter(act="whispered in", actor=sue).exists()
    acts(talk, end_conversation, sue)
    assert "refund" not in ChatLog.objects.get(interaction=talk).transcript
    with pytest.raises(ActRefused, match="nobody would read it"):
        acts(talk, whisper, sue, words="Too late.")


def disconnect(sue, queue=None):
    now = clock.now()
    queue_id = queue.pk if queue else None
    return force_disconnect(queue_id=queue_id, actor=sue, by="Sue Berg", now=now)


def test_H14_a_forced_disconnect_of_a_queue_ends_what_its_agents_have_and_keeps_the_logs(
    channel, agent, talk, sue
):
    MessageFactory(interaction=talk, body="Hello there")
    parked = active_interaction(agent, channel=channel)
    set_aside(parked)
    elsewhere = active_interaction(AgentFactory(), channel=ChannelFactory())
    waiting = InteractionFactory(channel=channel, queue=channel.queue)

    assert disconnect(sue, channel.queue) == 2
    sweep()

    for one in (talk, parked, elsewhere, waiting):
        one.refresh_from_db()
    assert (talk.state, talk.ended_by) == ("WRAP_UP", "SUPERVISOR")
    assert (parked.state, parked.ended_by) == ("CLOSED", "SUPERVISOR")
    assert elsewhere.state == "ACTIVE"
    assert waiting.ended_at is None
    assert "Hello there" in ChatLog.objects.get(interaction=talk).transcript
    entry = AuditEntry.objects.get(act="forced a disconnect of")
    assert (entry.actor, entry.after) == (sue, {"conversations": 2})


def test_H14_it_goes_on_in_batches_where_it_stopped_and_then_is_done(channel, sue):
    agent = AgentFactory(limit=12)
    for _ in range(5):
        active_interaction(agent, channel=channel)
    disconnect(sue)
    job = Disconnect.objects.get()

    assert end_next(disconnect_id=job.pk, now=clock.now(), most=2)
    assert Interaction.objects.filter(state="WRAP_UP").count() == 2
    for _ in range(3):  # by whoever finds it due
        sweep()

    job.refresh_from_db()
    assert (job.ended, job.due_at) == (5, None)
    assert not end_next(disconnect_id=job.pk, now=clock.now())


def test_H14_a_text_right_after_it_begins_a_new_conversation(channel, sue):
    agent = AgentFactory(queues=[channel.queue])
    old = active_interaction(agent, channel=channel, customer_address=SENDER)
    disconnect(sue)
    sweep()

    inbound_text(channel, SENDER, "Are you still there?")
    sweep()

    new = Interaction.objects.exclude(pk=old.pk).get()
    assert new.ended_at is None
    assert new.events.filter(kind=EventKind.RECEIVED).count() == 1


def test_H14_supervisors_have_the_permission_for_it():
    call_command("migrate", verbosity=0)
    sam = User.objects.create_user("sam", is_staff=True)
    assert not sam.has_perm("routing.force_disconnect")
    sam = User.objects.get(pk=sam.pk)
    sam.groups.add(Group.objects.get(name="Supervisor"))
    assert sam.has_perms(["routing.force_disconnect", "routing.supervise"])


def test_N6_N11_who_takes_over_does_not_see_what_the_agent_had_not_sent(talk, sue, sues_desk):
    Interaction.objects.filter(pk=talk.pk).update(draft="half a sen")

    acts(talk, take_over, sue)

    assert (talk.agent, talk.draft) == (sues_desk, "")
