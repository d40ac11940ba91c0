"""N4: parking and resuming from the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Agent
from routing.enums import InteractionState
from smsdesk.lib import clock
from tests.console.conftest import at, park, words

pytestmark = pytest.mark.django_db


def test_N4_parked_it_moves_to_the_folded_list_with_its_time(desk, agent, talk):
    until = clock.now() + timedelta(hours=1)

    answer = park(desk, talk, until.isoformat())

    assert answer["HX-Push-Url"] == "/desk/"
    talk.refresh_from_db()
    assert talk.parked_until == until
    page = words(desk.get(at(talk)))
    frame = " ".join(desk.get("/desk/frame").json()["html"].split())
    parked = frame[frame.index('<details id="parked"') : frame.index("</details>")]
    assert "Parked (1)" in parked
    assert f'<time datetime="{until.isoformat()}" data-day>' in parked
    assert f'id="tile-{talk.pk}"' in parked
    assert frame.count(f'id="tile-{talk.pk}"') == 1
    assert "Parked until" in page
    assert 'id="message"' not in page


def test_N4_a_parked_conversation_is_resumed_where_it_stood(desk, talk):
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())

    answer = desk.post(at(talk, "resume"))

    assert 'id="message"' in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE


def test_N4_resuming_without_a_place_is_refused_with_a_sentence(desk, agent, talk):
    park(desk, talk, (clock.now() + timedelta(hours=1)).isoformat())
    Agent.objects.filter(pk=agent.pk).update(limit=1, load=1)

    answer = desk.post(at(talk, "resume"))

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#composer-alert"
    assert "You have 1 of 1 conversations." in answer.text


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "Choose until when."),
        ("soon", "This is no time."),
        ("2026-13-45T99:99", "This is no time."),
        ("0001-01-01T00:00:00+14:00", "This time is over already."),
        ("9999-12-31T23:59:59-14:00", "Choose a time within the next 30 days."),
        ("a\x00b", "This is no time."),
    ],
)
def test_N4_a_time_that_is_no_good_is_refused_with_a_sentence(desk, talk, until, sentence):
    answer = park(desk, talk, until)

    assert answer.status_code in {409, 422}
    assert answer["HX-Retarget"] == "#sheet-alert"
    assert sentence in answer.text
    talk.refresh_from_db()
    assert talk.state == InteractionState.ACTIVE
