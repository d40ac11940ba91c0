"""B2 B5 B6 D1-D10 N8: who takes a waiting text, and why - pure, so without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.selectors.waiting import Candidate
from routing.services.matching import NAMED_IN_RECEIPT, explain, rank, why_not

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA = Candidate(
    agent_id=1,
    name="Anna",
    status="Available",
    available=True,
    present=True,
    stop_new=False,
    capable=True,
    level=0,
    load=0,
    capacity=6,
    idle_since=NOON - timedelta(minutes=5),
)
BEN = replace(ANNA, agent_id=2, name="Ben")
CLEO = replace(ANNA, agent_id=3, name="Cleo")


def ids(*candidates: Candidate, declined: frozenset[int] = frozenset()) -> list[int]:
    return [one.agent_id for one in rank(candidates, declined=declined).eligible]


def test_B6_an_agent_who_is_not_available_takes_nothing():
    assert why_not(replace(ANNA, available=False, status="On Break")) == "is On Break"


def test_A19_an_agent_whose_account_is_not_for_sms_takes_nothing():
    assert why_not(replace(ANNA, capable=False)) == "has an account that is not for SMS"


def test_N7_an_agent_whose_browser_is_gone_takes_nothing():
    assert why_not(replace(ANNA, present=False)) == "has no open desk"


def test_D10_an_agent_who_stopped_new_takes_nothing():
    assert why_not(replace(ANNA, stop_new=True)) == "takes nothing new"


def test_B2_an_agent_without_the_skill_takes_nothing():
    assert why_not(replace(ANNA, level=None)) == "lacks the skill"


@pytest.mark.parametrize(
    ("load", "capacity", "reason"),
    [
        (5, 6, ""),
        (6, 6, "has 6 of 6 conversations"),
        (11, 12, ""),
        (12, 12, "has 12 of 12 conversations"),
        (4, 3, "has 4 of 3 conversations"),  # the limit was lowered meanwhile
    ],
)
def test_D2_an_agent_takes_texts_up_to_the_limit(load, capacity, reason):
    assert why_not(replace(ANNA, load=load, capacity=capacity)) == reason


def bear(*, sms_skill: bool, chats: int, texts: int) -> Candidate:
    """One of "The Bears", whose team has a limit of 5.

    SMS and chat share one limit (D5), so a chat counts in ``load`` as a text does. The desk itself
    carries texts only: that Baby Bear gets no chat is for the chat medium to ask for its own skill.
    """
    return replace(ANNA, level=3 if sms_skill else None, load=chats + texts, capacity=5)


def test_D6_mama_bear_with_two_chats_and_two_texts_may_get_one_more_text():
    mama = bear(sms_skill=True, chats=2, texts=2)

    assert why_not(mama) == ""
    assert why_not(replace(mama, load=mama.load + 1)) == "has 5 of 5 conversations"


def test_D6_mama_bear_who_takes_one_more_chat_gets_no_text():
    assert why_not(bear(sms_skill=True, chats=3, texts=2)) == "has 5 of 5 conversations"


def test_D7_papa_bear_with_only_the_chat_skill_gets_no_text_though_there_is_room():
    papa = bear(sms_skill=False, chats=3, texts=0)

    assert why_not(papa) == "lacks the skill"
    assert papa.capacity - papa.load == 2  # the two chats he may still take


def test_D8_baby_bear_with_four_texts_gets_one_more_text_and_then_none():
    baby = bear(sms_skill=True, chats=0, texts=4)

    assert why_not(baby) == ""
    assert why_not(replace(baby, load=5)) == "has 5 of 5 conversations"


def test_B2_the_highest_skill_level_comes_first():
    assert ids(replace(ANNA, level=2), replace(BEN, level=5), replace(CLEO, level=3)) == [2, 3, 1]


def test_B2_of_one_level_the_longest_idle_comes_first():
    earlier = NOON - timedelta(hours=1)

    assert ids(ANNA, replace(BEN, idle_since=earlier), CLEO) == [2, 1, 3]


def test_B2_ties_are_broken_by_id():
    assert ids(CLEO, BEN, ANNA) == [1, 2, 3]


def test_B2_a_higher_level_beats_a_longer_wait():
    longest = replace(ANNA, level=1, idle_since=NOON - timedelta(days=1))

    assert ids(longest, replace(BEN, level=2)) == [2, 1]


def test_C3_who_declined_a_text_comes_after_everyone_who_did_not():
    best = replace(ANNA, level=5)

    assert ids(best, replace(BEN, level=1), declined=frozenset({1})) == [2, 1]


def test_C3_who_declined_a_text_is_asked_again_where_nobody_else_can_take_it():
    assert ids(ANNA, replace(BEN, present=False), declined=frozenset({1})) == [1]


candidates = st.builds(
    Candidate,
    agent_id=st.integers(1, 10**6),
    name=st.just("one"),
    status=st.just("Lunch"),
    available=st.booleans(),
    present=st.booleans(),
    stop_new=st.booleans(),
    capable=st.booleans(),
    level=st.none() | st.integers(0, 5),
    load=st.integers(0, 12),
    capacity=st.integers(1, 12),
    idle_since=st.integers(0, 3).map(lambda minutes: NOON - timedelta(minutes=minutes)),
)
teams = st.lists(candidates, max_size=12, unique_by=lambda one: one.agent_id)


@given(teams, st.randoms(use_true_random=False), st.frozensets(st.integers(0, 12)))
def test_B2_the_best_is_never_beaten_whatever_the_order_of_the_members(team, random, places):
    declined = frozenset(one.agent_id for place, one in enumerate(team) if place in places)
    ranking = rank(team, declined=declined)
    shuffled = random.sample(team, len(team))

    assert rank(shuffled, declined=declined).eligible == ranking.eligible
    assert {one.agent_id for one in ranking.eligible} == {
        one.agent_id for one in team if not why_not(one)
    }
    for best, other in zip(ranking.eligible, ranking.eligible[1:], strict=False):
        assert (best.agent_id in declined) <= (other.agent_id in declined)
        if (best.agent_id in declined) == (other.agent_id in declined):
            assert best.level >= other.level
            if best.level == other.level:
                assert best.idle_since <= other.idle_since
                if best.idle_since == other.idle_since:
                    assert best.agent_id < other.agent_id


@given(teams)
def test_D3_nobody_is_eligible_without_a_free_place(team):
    assert [one for one in rank(team).eligible if one.load >= one.capacity] == []


@given(teams)
def test_N8_every_member_is_either_eligible_or_passed_over_with_a_reason(team):
    ranking = rank(team)

    passed = [one for one, reason in ranking.passed_over if reason]
    assert sorted(one.agent_id for one in [*ranking.eligible, *passed]) == sorted(
        one.agent_id for one in team
    )


def explained(*members: Candidate, declined: frozenset[int] = frozenset()) -> dict:
    words = dict.fromkeys(declined, "declined this text")
    return explain(rank(members, declined=words), declined=words, now=NOON)


def test_N8_the_receipt_says_why_this_agent():
    receipt = explained(replace(ANNA, level=4, load=2), replace(BEN, level=3))

    assert receipt["agent"] == {"id": 1, "name": "Anna"}
    assert receipt["why"] == "skill level 4, idle for 5:00, 2 of 6 conversations"
    assert (receipt["members"], receipt["eligible"]) == (2, 2)


def test_N8_the_receipt_says_why_not_each_of_the_others():
    others = [
        replace(BEN, level=2),
        replace(CLEO, level=3, idle_since=NOON),
        replace(ANNA, agent_id=4, name="Dora", level=3),
        replace(ANNA, agent_id=5, name="Emil", level=5),
        replace(ANNA, agent_id=6, name="Fay", level=None),
        replace(ANNA, agent_id=7, name="Gus", available=False, status="Lunch"),
        replace(ANNA, agent_id=8, name="Hal", present=False),
        replace(ANNA, agent_id=9, name="Ivy", stop_new=True),
        replace(ANNA, agent_id=10, name="Jon", level=3, load=6),
    ]

    receipt = explained(replace(ANNA, level=3), *others, declined=frozenset({5}))

    assert {one["name"]: one["why_not"] for one in receipt["others"]} == {
        "Dora": "comes after in the list",
        "Cleo": "has been idle for less time",
        "Ben": "has skill level 2",
        "Emil": "declined this text",
        "Fay": "lacks the skill",
        "Gus": "is Lunch",
        "Hal": "has no open desk",
        "Ivy": "takes nothing new",
        "Jon": "has 6 of 6 conversations",
    }
    assert (receipt["members"], receipt["eligible"]) == (10, 5)


def test_N8_the_receipt_says_that_nobody_else_could():
    assert explained(ANNA)["why"] == (
        "the only one who can take it now: idle for 5:00, 0 of 6 conversations"
    )
    assert explained(ANNA, declined=frozenset({1}))["why"] == (
        "declined this text before, but nobody else can take it now: "
        "idle for 5:00, 0 of 6 conversations"
    )


def test_N8_the_receipt_of_a_large_queue_stays_small():
    crowd = [replace(BEN, agent_id=number) for number in range(2, 102)]

    receipt = explained(ANNA, *crowd)

    assert len(receipt["others"]) == NAMED_IN_RECEIPT
    assert receipt["members"] == 101
