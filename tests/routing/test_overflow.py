"""N9: a text that waits too long moves on, step by step, and never in a circle."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from routing.enums import EventKind, InteractionState, OverflowDoes
from routing.models import Interaction, OverflowStep, Queue
from routing.selectors import due
from routing.services.handover import transfer_to_queue
from routing.services.offers import lapse_offer
from routing.services.overflow import (
    HIGHEST_PRIORITY,
    Waiting,
    in_words,
    look_again_at_overflow,
    next_step,
    overflow_if_due,
    overflowed,
    taken,
)
from routing.sweeper import sweep
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    QueueFactory,
    ScheduleFactory,
    SkillFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line, offer_to, route

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOVE, RELAX, RAISE = OverflowDoes.MOVE, OverflowDoes.RELAX, OverflowDoes.RAISE


def after(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


QUEUES = [Queue(pk=pk, name=f"Queue {pk}", priority=pk) for pk in range(1, 6)]
circles = st.fixed_dictionaries(
    {
        queue.pk: st.lists(
            st.builds(
                OverflowStep,
                queue=st.just(queue),
                after_seconds=st.integers(1, 500),
                does=st.sampled_from(OverflowDoes.values),
                to_queue=st.sampled_from(QUEUES),
                level=st.integers(0, 4),
                raise_by=st.integers(1, 1000),
            ),
            max_size=4,
            unique_by=lambda step: step.after_seconds,
        )
        for queue in QUEUES
    }
)


class TestPure:
    START = Waiting(1, 1, None, ())

    @staticmethod
    def way(steps_of, start: Waiting) -> list[tuple[int, OverflowStep, Waiting]]:
        """What becomes of a text that nobody ever takes: when in all, by which step, and what."""
        way: list[tuple[int, OverflowStep, Waiting]] = []
        waiting, came, done = start, 0, 0
        for _ in range(1000):
            step = next_step(steps_of[waiting.queue_id], done=done)
            if step is None:
                return way
            before, waiting, done = waiting, taken(waiting, step), step.after_seconds
            way.append((came + done, step, waiting))
            if waiting.queue_id != before.queue_id:
                came, done = came + done, 0
        raise AssertionError("It never comes to an end.")

    def run(self, steps_of, start: Waiting) -> list[Waiting]:
        """Every state of it, until no step is left."""
        return [start, *(waiting for _, _, waiting in self.way(steps_of, start))]

    @given(circles, st.integers(0, 2500))
    def test_N9_steps_are_taken_in_order_each_once_and_none_before_its_time(self, steps_of, waited):
        way = self.way(steps_of, self.START)

        times = [at for at, _, _ in way]
        assert times == sorted(times)
        assert len({(step.queue.pk, step.after_seconds) for _, step, _ in way}) == len(way)
        due = [self.START, *(waiting for at, _, waiting in way if at <= waited)]
        after = timedelta(seconds=waited)
        assert overflowed(steps_of.__getitem__, self.START, after) == due[-1]

    @given(circles)
    def test_N9_whatever_the_circle_of_queues_a_text_comes_to_rest(self, steps_of):
        states = self.run(steps_of, Waiting(1, 1, None, ()))

        last = states[-1]
        assert len(set(last.left)) == len(last.left)
        assert last.queue_id not in last.left
        # Its own part of the priority is what was raised, whatever the queues on its way.
        assert 0 <= last.priority - last.queue_id <= HIGHEST_PRIORITY
        assert all(state.priority <= HIGHEST_PRIORITY + 5 for state in states)

    @given(circles)
    def test_N9_a_priority_is_never_lowered_within_a_queue(self, steps_of):
        states = self.run(steps_of, Waiting(1, 1, None, ()))

        for one, other in pairwise(states):
            if one.queue_id == other.queue_id:
                assert other.priority >= one.priority

    def test_N9_steps_are_taken_by_their_times_whatever_their_order(self):
        early, late = OverflowStep(after_seconds=10), OverflowStep(after_seconds=60)

        assert next_step([late, early], done=0) is early
        assert next_step([late, early], done=10) is late
        assert next_step([late, early], done=60) is None

    @pytest.mark.parametrize(
        ("step", "words"),
        [
            ({"does": MOVE, "to_queue": QUEUES[1]}, "moved to Queue 2 after 60 seconds in Queue 1"),
            (
                {"does": MOVE, "to_queue": QUEUES[2]},
                (
                    "not moved to Queue 3 after 60 seconds in Queue 1:"
                    " it was moved out of there before"
                ),
            ),
            (
                {"does": RELAX, "level": 2},
                "skill relaxed after 60 seconds in Queue 1: level 2 is enough",
            ),
            (
                {"does": RELAX, "level": 0},
                "skill relaxed after 60 seconds in Queue 1: none is asked for any more",
            ),
            (
                {"does": RAISE, "raise_by": 5},
                "priority raised from 1 to 6 after 60 seconds in Queue 1",
            ),
        ],
    )
    def test_N8_N9_a_step_says_in_words_what_it_did(self, step, words):
        done = OverflowStep(queue=QUEUES[0], after_seconds=60, **step)
        before = Waiting(1, 1, None, (3,))

        assert in_words(done, before, taken(before, done)) == words


@pytest.mark.django_db
class TestAText:
    @pytest.fixture
    def claims(self):
        return QueueFactory(name="Claims", priority=2, skill=SkillFactory())

    @pytest.fixture
    def help_desk(self):
        return QueueFactory(name="Help", priority=7)

    @pytest.fixture
    def channel(self, claims):
        return ChannelFactory(queue=claims)

    def text(self, channel, now=NOON) -> Interaction:
        inbound_text(channel, f"+1212555{Interaction.objects.count():04}", now=now)
        return Interaction.objects.latest("pk")

    def overflow(self, text, seconds) -> bool:
        moved = overflow_if_due(interaction_id=text.pk, now=after(seconds))
        text.refresh_from_db()
        return moved

    def test_N9_a_text_that_waits_too_long_is_moved_with_its_place_in_line(
        self, channel, claims, help_desk
    ):
        claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)
        text = self.text(channel)

        assert self.overflow(text, 59) is False
        assert self.overflow(text, 60) is True

        assert (text.queue, text.priority, text.queued_at) == (help_desk, 7, NOON)
        assert text.overflow_left == [claims.pk]
        assert text.overflow_due_at is None
        step = text.events.get(kind=EventKind.OVERFLOWED)
        assert step.detail == {"words": "moved to Help after 60 seconds in Claims"}
        assert self.overflow(text, 61) is False

    def test_N9_steps_are_taken_one_after_the_other(self, channel, claims, help_desk):
        claims.overflow_steps.create(after_seconds=30, does=RAISE, raise_by=10)
        claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)
        text = self.text(channel)
        assert text.overflow_due_at == after(30)

        assert self.overflow(text, 30) is True
        assert (text.queue, text.priority, text.overflow_due_at) == (claims, 12, after(60))
        assert self.overflow(text, 60) is True
        assert (text.queue, text.priority) == (help_desk, 17)

    def test_N9_the_other_queues_steps_count_from_the_move_and_not_back(
        self, channel, claims, help_desk
    ):
        claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)
        help_desk.overflow_steps.create(after_seconds=10, does=MOVE, to_queue=claims)
        text = self.text(channel)
        self.overflow(text, 65)
        assert text.overflow_due_at == after(75)

        assert self.overflow(text, 75) is True

        assert (text.queue, text.overflow_due_at) == (help_desk, None)
        assert "it was moved out of there before" in text.events.latest("pk").detail["words"]

    def test_N9_B2_a_relaxed_skill_lets_others_take_it(self, channel, claims):
        agent = AgentFactory(queues=[claims])  # without the skill
        claims.overflow_steps.create(after_seconds=60, does=RELAX, level=0)
        text = self.text(channel)
        assert route(claims, now=after(59)) == 0

        self.overflow(text, 60)

        assert route(claims, now=after(60)) == 1
        receipt = offer_to(agent).receipt
        assert receipt["notes"] == [
            "skill relaxed after 60 seconds in Claims: none is asked for any more"
        ]

    def test_N9_a_relaxed_text_does_not_wait_behind_one_that_nobody_can_take(self, channel, claims):
        agent = AgentFactory(queues=[claims], skills={claims.skill: 2})
        claims.minimum_level = 4
        claims.save()
        strict, relaxed = self.text(channel), self.text(channel)
        Interaction.objects.filter(pk=relaxed.pk).update(asks_level=2)

        assert route(claims) == 1

        assert offer_to(agent).interaction == relaxed
        strict.refresh_from_db()
        assert strict.state == InteractionState.QUEUED

    def test_N9_one_that_is_offered_is_left_alone_and_moves_on_when_it_comes_back(
        self, channel, claims, help_desk
    ):
        agent = AgentFactory(queues=[claims], skills={claims.skill: 3})
        claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)
        text = self.text(channel)
        route(claims, now=after(55))
        offer = offer_to(agent)
        assert self.overflow(text, 60) is False
        assert due.overflows_due(after(60)) == []

        lapse_offer(offer_id=offer.pk, now=offer.expires_at)

        assert due.overflows_due(after(90)) == [text.pk]
        assert self.overflow(text, 90) is True

    def test_N9_a_held_text_waits_from_its_release(self, claims, help_desk):
        claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)
        channel = ChannelFactory(queue=claims, schedule=ScheduleFactory())

        text = self.text(channel, now=NOON - timedelta(days=1))

        assert (text.state, text.overflow_due_at) == (InteractionState.HELD, None)

    def test_N9_N4_handed_over_it_waits_anew(self, channel, claims, help_desk):
        agent = AgentFactory(queues=[claims])
        help_desk.overflow_steps.create(after_seconds=30, does=MOVE, to_queue=claims)
        text = active_interaction(agent, channel=channel, overflow_left=[claims.pk])

        transfer_to_queue(
            interaction_id=text.pk, agent_id=agent.pk, queue_id=help_desk.pk, note="", now=NOON
        )

        text.refresh_from_db()
        assert (text.overflow_due_at, text.overflow_left) == (after(30), [])

    def test_N9_steps_that_are_changed_count_for_what_waits_already(
        self, channel, claims, help_desk
    ):
        text = self.text(channel)
        step = claims.overflow_steps.create(after_seconds=60, does=MOVE, to_queue=help_desk)

        look_again_at_overflow(claims.pk)
        assert self.overflow(text, 30) is False
        assert text.overflow_due_at == after(60)

        step.delete()
        assert self.overflow(text, 60) is False
        assert text.overflow_due_at is None

    def test_N9_the_sweep_moves_what_its_doorbell_missed(self, channel, claims, help_desk):
        claims.overflow_steps.create(after_seconds=1, does=MOVE, to_queue=help_desk)
        text = self.text(channel, now=clock.now() - timedelta(seconds=2))

        sweep()

        text.refresh_from_db()
        assert text.queue == help_desk
        assert life_line(text)[-1] == EventKind.OVERFLOWED


@pytest.mark.django_db
class TestTheForm:
    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"does": MOVE}, "Choose the queue to which a text is moved."),
            ({"does": RAISE}, "Write by how much the priority is raised."),
            ({"does": RELAX}, "Write the level that is enough from then on; 0 for no skill."),
            ({"does": RELAX, "level": 0}, "This queue asks for no skill; there is none to relax."),
        ],
    )
    def test_N9_half_a_step_is_refused_with_a_sentence(self, fields, sentence):
        step = OverflowStep(queue=QueueFactory(), after_seconds=60, **fields)

        with pytest.raises(ValidationError, match=re.escape(sentence)):
            step.full_clean()

    def test_N9_a_step_to_its_own_queue_is_refused(self):
        queue = QueueFactory()

        with pytest.raises(ValidationError, match="Choose another queue than this one"):
            OverflowStep(queue=queue, after_seconds=60, does=MOVE, to_queue=queue).full_clean()

    def test_N9_a_level_that_relaxes_nothing_is_refused(self):
        queue = QueueFactory(skill=SkillFactory(), minimum_level=2)

        with pytest.raises(ValidationError, match="The queue asks for level 2; write less"):
            OverflowStep(queue=queue, after_seconds=60, does=RELAX, level=2).full_clean()

    def test_N9_a_step_added_in_the_admin_is_kept_for_what_waits(self, admin_client):
        queue, other = QueueFactory(), QueueFactory()
        text = self.waits_in(queue)
        page = reverse("admin:routing_queue_change", args=[queue.pk])
        form = {
            "name": queue.name,
            "minimum_level": 1,
            "sticky_minutes": 0,
            "priority": 0,
            "acceptance_seconds": 20,
            "wrap_up_seconds": 60,
            "wrap_up_extension_seconds": 0,
            "screen_pop": "CUSTOMER",
            "memberships-TOTAL_FORMS": 0,
            "memberships-INITIAL_FORMS": 0,
            "overflow_steps-TOTAL_FORMS": 1,
            "overflow_steps-INITIAL_FORMS": 0,
            "overflow_steps-0-after_seconds": 60,
            "overflow_steps-0-does": "MOVE",
            "overflow_steps-0-to_queue": other.pk,
        }

        refused = admin_client.post(page, {**form, "overflow_steps-0-to_queue": ""})
        assert "Choose the queue to which a text is moved." in refused.text
        assert admin_client.post(page, form).status_code == 302

        text.refresh_from_db()
        assert text.overflow_due_at == text.queued_at

    def waits_in(self, queue) -> Interaction:
        inbound_text(ChannelFactory(queue=queue), "+14155550123")
        return Interaction.objects.get()
