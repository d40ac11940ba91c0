"""N17: what the desk says of a text that waits for the customer's morning."""

from __future__ import annotations

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.models import Interaction, Message
from smsdesk.lib import clock
from tests.console.conftest import at, words
from tests.factories import inbound_text

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def night(channel) -> str:
    """It is night where the customer is; returns what its end is called."""
    there = clock.now().astimezone(ZoneInfo("America/Los_Angeles"))
    begins, ends = there - timedelta(hours=1), there + timedelta(hours=2)
    channel.quiet_from = begins.time().replace(second=0, microsecond=0)
    channel.quiet_until = ends.time().replace(second=0, microsecond=0)
    channel.save()
    return f"{channel.quiet_until:%-H:%M} their time"


def send(desk, channel):
    return desk.post(
        "/desk/new-text/send",
        {"channel": channel.pk, "number": CUSTOMER, "body": "Hi", "client_id": uuid.uuid4()},
    )


def test_N17_the_dialog_says_it_before_and_the_thread_after_sending(desk, channel, night):
    hint = desk.get("/desk/new-text/number", {"channel": channel.pk, "number": CUSTOMER})
    assert f"It is night where they are: the text will be sent at {night}." in words(hint)

    answer = send(desk, channel)

    assert f"will be sent at {night}." in answer["HX-Trigger"]
    assert f"will be sent at {night}" in words(answer)
    assert f"what you send now will be sent at {night}." in words(answer)


def test_N17_by_day_nothing_is_said_of_the_night(desk, channel):
    hint = desk.get("/desk/new-text/number", {"channel": channel.pk, "number": CUSTOMER})
    answer = send(desk, channel)

    for html in (words(hint), words(answer), answer["HX-Trigger"]):
        assert "their time" not in html


def test_N17_an_open_conversation_is_answered_by_night(desk, agent, channel, night):
    send(desk, channel)
    inbound_text(channel, CUSTOMER, "Who is this?")
    talk = Interaction.objects.get()

    answer = desk.post(at(talk, "messages"), {"body": "Robin", "client_id": uuid.uuid4()})

    assert words(answer).count("their time") == 1  # of the first text alone
    assert "what you send now" not in words(desk.get(at(talk)))


def test_N17_a_waiting_text_is_taken_back_from_its_bubble(desk, channel, night):
    assert "Take back" in words(send(desk, channel))
    message = Message.objects.get()

    answer = words(desk.post(f"/desk/messages/{message.pk}/take-back"))

    assert "failed: You took it back before it was sent." in answer
    assert "Take back" not in answer


def test_N17_what_is_on_its_way_is_not_taken_back(desk, channel):
    send(desk, channel)
    message = Message.objects.get()
    Message.objects.update(state="SENT", due_at=None)

    answer = desk.post(f"/desk/messages/{message.pk}/take-back")

    assert answer.status_code == 409
    assert "It was too late: this text is on its way." in answer.text
    assert desk.post("/desk/messages/987654321/take-back").status_code == 404
