"""The demo desk's last two weeks: what its regular customers texted about, day by day.

The same every time, but for the day it ends on: so the reports have days and hours to compare.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from routing.enums import Author, EndedBy, OfferState
from smsdesk.demo.channels import CLAIMS, POLICIES
from smsdesk.demo.history import AGENT, CUSTOMER, DECIDES_WITHIN, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ZONE = ZoneInfo("America/Los_Angeles")
DAYS = 14
# Conversations of a day, from Monday on; nobody texts twice a day.
BUSY = (9, 8, 7, 7, 8, 4, 3)
# How likely one begins in each hour from eight in the morning on.
HOURS = (3, 5, 6, 5, 4, 4, 5, 5, 4, 2)
# The last of them is over before the desk is seen.
QUIET = timedelta(hours=3)
TIMES_OUT = timedelta(hours=2)

REGULARS = [
    ("Tomás Herrera", "+16285550110"),
    ("Ingrid Solberg", "+16285550111"),
    ("Wei Zhang", "+16285550112"),
    ("Grace Adeyemi", "+16285550113"),
    ("Hank Morrison", "+16285550114"),
    ("Yuki Tanaka", "+16285550115"),
    ("Beatriz Fonseca", "+16285550116"),
    ("Oliver Whitaker", "+16285550117"),
    ("Noor Rahman", "+16285550118"),
    ("Carla Jensen", "+16285550119"),
]
# Who takes texts of each channel: those whose skill the queue asks for, the best most often.
# Jonas is new, and has talked with nobody yet.
TAKERS = {CLAIMS: ("robin", "robin", "maya", "maya", "lea"), POLICIES: ("lea", "lea", "maya")}


@dataclass(frozen=True)
class Plot:
    """What is texted about: the customer's words and the agent's, in turn, and what comes of it."""

    channel: str
    subject: str
    disposition: str
    words: Sequence[str]


PLOTS = [
    Plot(
        CLAIMS,
        "Hail damage on the roof",
        "Claim filed",
        (
            "The hail last night left dents all over my roof. What do I do?",
            "I am sorry to hear that. Where was the car, and can you still drive it?",
            "In front of the house. Yes, it drives.",
            "Your claim is filed. An assessor will text you for an appointment.",
            "Thank you!",
        ),
    ),
    Plot(
        CLAIMS,
        "Scratched door in a garage",
        "Claim filed",
        (
            "Somebody scratched my door in a parking garage. No note.",
            "That is annoying. Please text me the address of the garage and the day.",
            "Center Street, yesterday evening",
            "It is filed under comprehensive; your deductible is $250.",
        ),
    ),
    Plot(
        CLAIMS,
        "When the claim is paid",
        "Claim status given",
        (
            "Any news on my claim?",
            "The assessor’s report came in this morning. We decide within five working days.",
            "Ok good",
        ),
    ),
    Plot(
        CLAIMS,
        "Estimate of the repair shop",
        "Claim status given",
        (
            "Did the estimate from the shop reach you?",
            "It did. It is approved, and the shop has been told.",
            "Great, then I’ll drop the car off tomorrow",
            "Do. You have a rental car for five days, by the way.",
        ),
    ),
    Plot(
        CLAIMS,
        "Other driver has no insurance",
        "Needs a call back",
        (
            "The guy who hit me says he has no insurance. Now what?",
            "Then your own cover for uninsured drivers steps in. May our specialist call you?",
            "Yes, after 5 please",
        ),
    ),
    Plot(CLAIMS, "Wrong number", "Wrong number", ("Hi mom, new phone", "This is Acme Insure.")),
    Plot(
        POLICIES,
        "A new car on the policy",
        "Policy changed",
        (
            "I bought a new car. Can you switch my policy to it?",
            "Of course. What are its make, year and plate?",
            "Subaru Outback, 2024, 8KLM204",
            "Done, from today on. It is $12 more a month.",
            "Perfect",
        ),
    ),
    Plot(
        POLICIES,
        "Proof of insurance",
        "Question answered",
        (
            "I need proof of insurance for the DMV",
            "It is in your e-mail now. You can show it on your phone, too.",
        ),
    ),
    Plot(
        POLICIES,
        "New address",
        "Policy changed",
        (
            "We moved. New address is 17 Laurel Ave, Berkeley",
            "Welcome to Berkeley! I have changed it. Your premium stays the same.",
            "Thanks so much",
        ),
    ),
    Plot(
        POLICIES,
        "Driving in Canada",
        "Question answered",
        (
            "Am I covered when I drive to Vancouver?",
            "Yes, in all of Canada. Take your insurance card along.",
            "And my friend, if she drives?",
            "She is, with your permission. Have a good trip!",
        ),
    ),
]


def stories(now: datetime) -> list[Story]:
    """Everything that was texted in the two weeks before ``now``, oldest first."""
    chance = random.Random(20)  # noqa: S311 - the same desk every time, and no secret
    today = now.astimezone(ZONE).date()
    made = []
    for days in range(DAYS, -1, -1):
        day = today - timedelta(days=days)
        for customer, _ in chance.sample(REGULARS, BUSY[day.weekday()]):
            hour = chance.choices(range(8, 18), HOURS)[0]
            minute = time(hour, chance.randrange(60), chance.randrange(60))
            began = datetime.combine(day, minute, ZONE)
            story = _story(chance, ago=now - began, customer=customer)
            if began < now - QUIET:
                made.append(story)
    return sorted(made, key=lambda story: -story.ago)


def _story(chance: random.Random, *, ago: timedelta, customer: str) -> Story:
    plot = chance.choice(PLOTS)
    agent = chance.choice(TAKERS[plot.channel])
    declined = _declined(chance, plot.channel, agent)
    waited = chance.choice((2, 3, 3, 4, 6, 11, 35))
    accepted = waited + sum(DECIDES_WITHIN[state] for _, state in declined) + 6
    lines = list(_lines(chance, plot.words, accepted))
    silent = lines[-1][1] == AGENT and chance.random() < 0.3  # noqa: PLR2004 - a share
    return Story(
        ago=ago,
        customer=customer,
        channel=plot.channel,
        agent=agent,
        subject=plot.subject,
        disposition="" if silent else plot.disposition,
        lines=lines,
        waited=waited,
        declined=declined,
        ended_by=EndedBy.TIMER if silent else EndedBy.AGENT,
        ends_after_last_text=int(TIMES_OUT.total_seconds()) if silent else chance.randrange(8, 40),
        wrap_up=60 if silent else chance.randrange(6, 50),
    )


def _declined(chance: random.Random, channel: str, agent: str) -> list[tuple[str, OfferState]]:
    """Now and then somebody else was asked first; Maya may not reject."""
    other = chance.choice(sorted(set(TAKERS[channel]) - {agent}))
    if chance.random() > 0.15:  # noqa: PLR2004 - a share
        return []
    may_reject = other != "maya" and chance.random() < 0.5  # noqa: PLR2004 - a share
    return [(other, OfferState.REJECTED if may_reject else OfferState.LAPSED)]


def _lines(
    chance: random.Random, words: Sequence[str], accepted: int
) -> Iterator[tuple[int, Author, str]]:
    at = 0
    for turn, text in enumerate(words):
        if turn == 1:
            at = accepted + chance.randrange(12, 70)
        elif turn:
            at += chance.choice((25, 40, 55, 70, 90, 150))
        yield at, AGENT if turn % 2 else CUSTOMER, text
