"""F14: a long text that comes piece by piece is one text, whatever order its pieces come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from routing import sweeper
from routing.carriers.base import Part
from routing.enums import RequestState
from routing.models import CarrierRequest, Message, TextPart
from routing.selectors.held import requests_of
from routing.services.erasure import erase_requests
from routing.services.inbox import replay_request, take_text_with_gaps
from routing.services.parts import LONGEST_WAIT
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory, InteractionFactory
from tests.routing.steps import Piecemeal, receive_part

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PIECES = ["I want to ", "ask about ", "my parcel 😀"]


@pytest.fixture
def receive(settings):
    settings.CARRIERS = {**settings.CARRIERS, "piecemeal": f"{Piecemeal.__module__}.Piecemeal"}
    channel = ChannelFactory(account=AccountFactory(carrier="piecemeal"))

    def receive(number, *, total=3, ref="7", body=None, sid=None, now=NOON):
        body = PIECES[number - 1] if body is None else body
        return receive_part(channel, Part(ref, number, total), body, sid=sid, now=now)

    return receive


def bodies():
    return list(Message.objects.order_by("pk").values_list("body", flat=True))


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_F14_the_pieces_of_a_text_are_one_text_in_any_order(receive, order):
    for second, number in enumerate(order):
        assert bodies() == []
        request = receive(number, now=NOON + timedelta(seconds=second))

    assert bodies() == ["".join(PIECES)]
    assert Message.objects.get().created_at == NOON
    assert request.state == RequestState.HANDLED


def test_F14_a_piece_that_waits_says_so(receive):
    request = receive(2)

    assert (request.state, request.note) == (
        RequestState.HANDLED,
        "It is a part of a text, and waits for the others.",
    )


def test_fault_2_pieces_that_come_twice_are_one_text(receive):
    again = [receive(number) for number in (1, 1, 2, 3, 3, 2)]

    assert bodies() == ["".join(PIECES)]
    assert [request.state for request in again[3:]] == [
        RequestState.HANDLED,
        RequestState.REPEATED,
        RequestState.REPEATED,
    ]


def test_N15_replaying_pieces_changes_nothing(receive):
    requests = [receive(number) for number in (1, 2, 3)]

    for request in requests:
        replay_request(request_id=request.pk, now=clock.now())
    sweeper.sweep()

    assert bodies() == ["".join(PIECES)]


def test_F14_a_piece_that_never_comes_is_named_and_the_rest_is_read(receive):
    receive(3)
    receive(1)
    over = NOON + LONGEST_WAIT

    take_text_with_gaps(part_id=TextPart.objects.first().pk, now=over - timedelta(seconds=1))
    assert bodies() == []
    for part in TextPart.objects.all():
        take_text_with_gaps(part_id=part.pk, now=over)

    assert bodies() == ["I want to [Part 2 of this text did not arrive.]my parcel 😀"]


def test_F14_the_sweeper_sees_to_pieces_that_waited_long_enough(receive):
    receive(1, now=clock.now() - LONGEST_WAIT)

    sweeper.sweep()

    assert len(bodies()) == 1
    assert not TextPart.objects.filter(due_at__isnull=False).exists()


def test_F14_a_piece_that_comes_too_late_is_a_text_of_its_own(receive):
    receive(1, total=2)
    take_text_with_gaps(part_id=TextPart.objects.get().pk, now=NOON + LONGEST_WAIT)

    receive(2, total=2, now=NOON + 2 * LONGEST_WAIT)
    late = TextPart.objects.get(due_at__isnull=False)
    take_text_with_gaps(part_id=late.pk, now=NOON + 3 * LONGEST_WAIT)

    assert bodies() == [
        "I want to [Part 2 of this text did not arrive.]",
        "[Part 1 of this text did not arrive.]ask about ",
    ]


def test_F14_texts_whose_pieces_are_mixed_do_not_mix(receive):
    receive(1, ref="7", total=2)
    receive(1, ref="8", total=2, body="Another ")
    receive(2, ref="8", total=2, body="text")
    receive(2, ref="7", total=2)

    assert bodies() == ["Another text", "I want to ask about "]


def test_F14_a_reference_may_be_used_again_later(receive):
    receive(1, total=2)
    receive(2, total=2)
    receive(1, total=2, body="Second ", sid="x1")
    receive(2, total=2, body="text", sid="x2")

    assert bodies() == ["I want to ask about ", "Second text"]


@pytest.mark.parametrize(("number", "total"), [(0, 3), (4, 3), (1, 0), (1, 300)])
def test_F14_a_part_that_makes_no_sense_is_a_text(receive, number, total):
    receive(number, total=total, body="as it is")

    assert bodies() == ["as it is"]


def test_N19_who_a_part_was_from_cannot_be_guessed_once_it_is_erased(receive):
    request = receive(1)

    erase_requests([request.pk])

    assert not TextPart.objects.exists()


def test_N19_all_that_brought_a_piece_of_a_text_belongs_to_its_conversation(receive):
    """So of a number that several customers have, where no number tells whose it is."""
    for number in (1, 2, 3):
        receive(number)
    theirs = set(CarrierRequest.objects.values_list("pk", flat=True))
    talk = Message.objects.get().interaction_id
    later = NOON + timedelta(days=1)
    for number in (1, 2, 3):
        receive(number, sid=f"again-{number}", now=later)

    assert set(requests_of(numbers=[], interaction_ids=[talk])) >= theirs
    Message.objects.filter(created_at=later).update(interaction=InteractionFactory())
    assert set(requests_of(numbers=[], interaction_ids=[talk])) == theirs
