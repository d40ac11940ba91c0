"""N11 H14: what a supervisor does from the floor, over HTTP, and what the agent's desk shows."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from agents.admin.audit import change_lines
from agents.enums import ON_BREAK, Role
from agents.models import Agent, AuditEntry
from cases.models import ChatLog
from routing.enums import InteractionState
from routing.models import Disconnect, Interaction
from tests.console.conftest import signed_in
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def robin():
    return AgentFactory(name="Robin")


@pytest.fixture
def talk(robin):
    talk = active_interaction(robin, channel=ChannelFactory())
    MessageFactory(interaction=talk, body="Where is my money?")
    return talk


@pytest.fixture
def sue(client):
    sue = User.objects.create_user("sue", first_name="Sue", last_name="Berg", is_staff=True)
    sue.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client.force_login(sue)
    return sue


def acts(client, talk, name, **fields):
    answer = client.post(reverse("floor-act", args=[talk.pk, name]), fields, follow=True)
    talk.refresh_from_db()
    return answer.text


@pytest.mark.usefixtures("sue")
def test_N11_a_followed_conversation_is_read_only_live_and_audited(client, talk):
    page = client.get(reverse("floor-conversation", args=[talk.pk])).text
    assert "Where is my money?" in page
    assert AuditEntry.objects.get(act="monitored").actor_name == "sue"

    MessageFactory(interaction=talk, body="Hello?")
    thread = client.get(reverse("floor-thread", args=[talk.pk])).json()

    assert "Hello?" in thread["html"]
    assert AuditEntry.objects.filter(act="monitored").count() == 1
    entry = AuditEntry.objects.get(act="monitored")
    lines = dict(change_lines(entry))
    # Not "gone": both are there still.
    assert lines == {"queue": talk.queue.name, "agent": "Robin"}


@pytest.mark.usefixtures("sue")
def test_N11_a_whisper_reaches_the_agents_composer_alone(client, talk, robin):
    desk = signed_in(robin)
    composer = reverse("desk-composer", args=[talk.pk])
    frame = desk.get(reverse("desk-frame")).json()["html"]

    assert "Whispered." in acts(client, talk, "whisper", words="Offer the <refund>.")

    assert "Offer the &lt;refund&gt;." in desk.get(composer).text
    assert "Sue Berg" in desk.get(composer).text
    # What makes an open desk draw its composer anew.
    assert desk.get(reverse("desk-frame")).json()["html"] != frame
    assert "refund" not in desk.get(reverse("desk-thread", args=[talk.pk])).text


@pytest.mark.usefixtures("sue")
def test_N11_ended_moved_and_given_with_a_sentence(client, talk):
    elsewhere = QueueFactory(name="Elsewhere")
    kim = AgentFactory(name="Kim")

    assert "Choose a queue first." in acts(client, talk, "move", queue="x")
    assert "offered to that agent" in acts(client, talk, "give", agent=kim.pk)
    assert talk.state == InteractionState.OFFERED
    assert "It waits there" in acts(client, talk, "move", queue=elsewhere.pk)
    assert (talk.state, talk.queue) == (InteractionState.QUEUED, elsewhere)
    assert "Say why it ends" in acts(client, talk, "end", reason=" ", disposition="")
    assert "closed, and its transcript" in acts(client, talk, "end", reason="Spam")
    assert (talk.state, talk.note) == (InteractionState.CLOSED, "Spam")
    assert "nothing to steer" in acts(client, talk, "end")


@pytest.mark.usefixtures("sue")
def test_N11_several_waiting_texts_are_ended_or_moved_at_once_and_what_cannot_be_is_named(
    client, talk
):
    waiting = InteractionFactory.create_batch(3, channel=talk.channel)
    elsewhere = QueueFactory(name="Elsewhere")
    address = f"{reverse('floor-waiting')}?queue={talk.queue_id}"
    assert client.get(address).text.count('name="talk"') == 3
    marked = [one.pk for one in waiting[:2]]

    nothing = client.post(address, {"act": "end", "reason": "Spam", "talk": ["x"]})
    assert (nothing.status_code, "Mark at least one" in nothing.text) == (422, True)
    # What was marked and written stays.
    no_reason = client.post(address, {"act": "end", "talk": marked}).text
    assert "Say why it ends" in no_reason
    assert no_reason.count("checked") == 2
    assert "Choose a queue first" in client.post(address, {"act": "move", "talk": marked}).text
    assert Interaction.objects.filter(state=InteractionState.QUEUED).count() == 3

    # One was taken by its agent meanwhile, and goes on.
    form = {"act": "end", "reason": "Spam", "talk": [*marked, talk.pk]}
    answer = client.post(address, form, follow=True).text
    assert "2 texts are ended" in answer
    assert "An agent took it just now" in answer
    form = {"act": "move", "queue": elsewhere.pk, "talk": [waiting[2].pk]}
    assert "1 text is moved" in client.post(address, form, follow=True).text

    closed = Interaction.objects.filter(state=InteractionState.CLOSED)
    assert set(closed.values_list("pk", flat=True)) == set(marked)
    assert ChatLog.objects.filter(note="Spam").count() == 2
    assert Interaction.objects.get(pk=waiting[2].pk).queue == elsewhere
    assert Interaction.objects.get(pk=talk.pk).state == InteractionState.ACTIVE
    assert "Nobody waits in this queue" in client.get(address).text


def test_N11_taken_over_the_supervisor_is_led_to_it_on_their_desk(client, talk, sue):
    address = reverse("floor-take-over", args=[talk.pk])
    refused = client.post(address, follow=True).text
    assert "no desk of your own" in refused
    # And said before it is tried, with a way out.
    assert "give it to an agent below" in refused
    own = AgentFactory(user=sue, name="Sue")

    answer = client.post(address)

    assert answer.url == reverse("desk-conversation", args=[talk.pk])
    talk.refresh_from_db()
    assert talk.agent == own


@pytest.mark.usefixtures("sue")
def test_N11_an_agents_status_and_limit_are_set_and_the_agent_reads_who(client, robin):
    address = reverse("floor-agent", args=[robin.pk])

    client.post(address, {"status": ON_BREAK})
    assert "1 to 12" in client.post(address, {"limit": "13"}, follow=True).text
    assert "whole number" in client.post(address, {"limit": "many"}, follow=True).text
    client.post(address, {"limit": "3"})

    robin = Agent.objects.get(pk=robin.pk)
    assert (robin.status.name, robin.limit) == (ON_BREAK, 3)
    assert "because Sue Berg set it" in signed_in(robin).get(reverse("desk-frame")).json()["html"]
    assert "There is no status" in client.post(address, {"status": "Nonsense"}, follow=True).text


@pytest.mark.usefixtures("sue")
def test_H14_a_forced_disconnect_warns_with_the_number_and_asks_for_a_word(client, talk):
    active_interaction(AgentFactory(), channel=ChannelFactory())
    address = f"{reverse('floor-disconnect')}?queue={talk.queue_id}"

    assert "<b>1</b> conversation of" in client.get(address).text
    assert "<b>2</b> conversations of" in client.get(reverse("floor-disconnect")).text
    refused = client.post(address, {"word": "yes"})
    assert (refused.status_code, Disconnect.objects.count()) == (422, 0)
    assert "Nothing was ended" in refused.text

    answer = client.post(address, {"word": "disconnect"}, follow=True)

    assert "1 conversation is being ended" in answer.text
    assert Disconnect.objects.get().queue_id == talk.queue_id


def test_H14_it_needs_its_permission(client, talk):
    sam = User.objects.create_user("sam", is_staff=True)
    sam.user_permissions.add(Permission.objects.get(codename="supervise"))
    client.force_login(sam)

    assert client.get(reverse("floor-conversation", args=[talk.pk])).status_code == 200
    assert client.post(reverse("floor-disconnect"), {"word": "DISCONNECT"}).status_code == 403
    assert "Forced disconnect" not in client.get(reverse("floor")).text
