"""The numbers of the demo desk, and where their texts go."""

from __future__ import annotations

import secrets
from datetime import time

from cases.models import Disposition
from routing.enums import ChannelState, KeywordAnswers, NumberType, OverflowDoes, ScreenPop
from routing.models import (
    CarrierAccount,
    Channel,
    OpeningSpan,
    OverflowStep,
    Queue,
    Rule,
    Schedule,
    Skill,
    Weekday,
)

SKILL = "Policies"
QUEUES = ["Claims", "Policy help"]
CLAIMS, POLICIES = "Acme Claims", "Acme Policies"

# name, number, queue, what a text off hours is answered
CHANNELS = [
    (
        CLAIMS,
        "+14155550199",
        "Claims",
        (
            "Thank you for texting Acme Insure. Our claims desk is closed just now. We are here"
            " {hours} and will answer you then. If anyone is hurt, please call 911 first."
        ),
    ),
    (
        POLICIES,
        "+14155550188",
        "Policy help",
        (
            "Thank you for texting Acme Insure. Questions about policies are answered {hours}."
            " Your text is kept, and we will answer it then."
        ),
    ),
]

# name, queues (none: everywhere)
DISPOSITIONS = [
    ("Claim filed", ["Claims"]),
    ("Claim status given", ["Claims"]),
    ("Policy changed", ["Policy help"]),
    ("Question answered", []),
    ("Needs a call back", []),
    ("Wrong number", []),
]


def add_queues() -> None:
    claims, policy_help = QUEUES
    Queue.objects.create(
        name=claims,
        acceptance_seconds=20,
        wrap_up_seconds=60,
        wrap_up_extension_seconds=60,
        disposition_required=True,
        first_response_seconds=60,
        next_response_seconds=120,
        chat_log_pops=True,
    )
    Queue.objects.create(
        name=policy_help,
        skill=Skill.objects.create(name=SKILL),
        acceptance_seconds=20,
        wrap_up_seconds=60,
        first_response_seconds=120,
        next_response_seconds=180,
        screen_pop=ScreenPop.CASE,
    )
    OverflowStep.objects.create(
        queue=Queue.objects.get(name=policy_help),
        after_seconds=300,
        does=OverflowDoes.RELAX,
        level=0,
    )
    for place, (name, queues) in enumerate(DISPOSITIONS, start=1):
        disposition = Disposition.objects.create(name=name, position=10 * place)
        disposition.queues.set(Queue.objects.filter(name__in=queues))


def add_channels(*, carrier_url: str) -> None:
    always = Schedule.objects.create(name="Around the clock", timezone="America/Los_Angeles")
    midnight = time(0)
    OpeningSpan.objects.bulk_create(
        OpeningSpan(schedule=always, weekday=day, opens=midnight, closes=midnight)
        for day in Weekday
    )
    # Not in use, to be chosen in the admin by whoever wants to see a text off hours.
    office = Schedule.objects.create(name="Office hours", timezone="America/Los_Angeles")
    OpeningSpan.objects.bulk_create(
        OpeningSpan(schedule=office, weekday=day, opens=time(8), closes=time(18))
        for day in range(Weekday.MONDAY, Weekday.SATURDAY)
    )
    account = CarrierAccount.objects.create(
        name="Acme Insure, simulated carrier",
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        base_url=carrier_url,
    )
    for name, number, queue, off_hours_reply in CHANNELS:
        Channel.objects.create(
            name=name,
            number=number,
            number_type=NumberType.LONG_CODE,
            country="US",
            state=ChannelState.ACTIVE,
            account=account,
            queue=Queue.objects.get(name=queue),
            schedule=always,
            off_hours_reply=off_hours_reply,
            # The simulated carrier has no words of its own.
            keyword_answers=KeywordAnswers.DESK,
            # A demo is given at any hour.
            quiet_from=None,
            quiet_until=None,
        )
    Rule.objects.create(
        name="#POLICY goes to policy help",
        keyword="#POLICY",
        queue=Queue.objects.get(name="Policy help"),
    )
    Rule.objects.create(
        name="Adventurers",
        position=200,
        keyword="#ADVENTUREME",
        queue=Queue.objects.get(name="Policy help"),
        priority=1,
        reply="Welcome, adventurer! Somebody who knows our travel policies will text you at once.",
        campaign_tag="Young Adventurers",
    )
