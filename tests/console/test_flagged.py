"""N1: a text that may ask for no more texts is shown to a person, who decides."""

from __future__ import annotations

import pytest

from routing.models import ConsentEntry, Message
from tests.console.conftest import at, signed_in, words
from tests.factories import AgentFactory, inbound_text

pytestmark = pytest.mark.django_db
FLAG = "This may ask for no more texts."


@pytest.fixture
def flagged(channel, talk) -> Message:
    inbound_text(channel, talk.customer_address, "please stop by at 5")
    return Message.objects.get(body="please stop by at 5")


def test_N1_the_flag_and_its_buttons_stand_in_the_text(desk, talk, flagged):
    html = words(desk.get(at(talk)))

    assert html.count(FLAG) == 1
    assert f"/desk/messages/{flagged.pk}/opt-out" in html
    assert f"/desk/messages/{flagged.pk}/no-opt-out" in html


def test_N1_opting_out_by_the_flag_locks_the_composer(desk, talk, flagged):
    answer = desk.post(f"/desk/messages/{flagged.pk}/opt-out")

    assert FLAG not in words(answer)
    line = ConsentEntry.objects.get()
    assert (line.opted_out, line.message) == (True, flagged)
    assert "No more texts:" in words(desk.get(at(talk)))


def test_N1_a_flag_that_means_nothing_goes_away(desk, talk, flagged):
    answer = desk.post(f"/desk/messages/{flagged.pk}/no-opt-out")

    assert FLAG not in words(answer)
    assert not ConsentEntry.objects.exists()


def test_N1_nobody_decides_for_another_agents_customer(talk, flagged):
    other = signed_in(AgentFactory())

    for path in ("opt-out", "no-opt-out"):
        assert other.post(f"/desk/messages/{flagged.pk}/{path}").status_code == 404
    assert not ConsentEntry.objects.exists()


def test_N1_after_the_close_the_flag_stays_and_nobody_is_asked(desk, talk, flagged):
    desk.post(at(talk, "end"))
    desk.post(at(talk, "wrap-up"))

    html = words(desk.get(at(talk)))
    answer = desk.post(f"/desk/messages/{flagged.pk}/no-opt-out")

    assert FLAG in html
    assert "Not an opt-out" not in html
    assert answer.status_code == 409
    assert "nothing was noted" in answer.text
