"""The demo desk: Acme Insure, a car insurer whose customers text about claims and policies.

Ordinary rows that a supervisor could have typed into the admin; nothing here is a special case
to the rest of the desk.
"""

from __future__ import annotations

import secrets
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction

from agents.models import Agent, StatusCode, Team
from agents.services.roster import add_agent
from cases.models import Article, CannedReply, Customer, CustomerPhone, Disposition
from routing.enums import ChannelState, NumberType, OverflowDoes, Reach, ScreenPop
from routing.models import (
    AgentSkill,
    CarrierAccount,
    Channel,
    Destination,
    OpeningSpan,
    OverflowStep,
    PolicyMember,
    Queue,
    QueueMember,
    Rule,
    Schedule,
    SendingPolicy,
    Skill,
    Weekday,
)
from smsdesk.demo_history import tell_history
from smsdesk.handset import CARRIER_PATH
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from datetime import datetime

SUPERVISOR = "supervisor"
# username, name, team, may reject, level of the skill "Policies" (0: none)
AGENTS = [
    ("robin", "Robin Castillo", "Claims desk", True, 3),
    ("maya", "Maya Lindqvist", "Claims desk", False, 4),
    ("jonas", "Jonas Weber", "Customer care", True, 0),
    ("lea", "Lea Okafor", "Customer care", True, 5),
]
USERNAMES = [SUPERVISOR, *(agent[0] for agent in AGENTS)]
STATUSES = ["Lunch", "Training"]
SKILL = "Policies"
QUEUES = ["Claims", "Policy help"]

# name, number, queue, what a text off hours is answered
CHANNELS = [
    (
        "Acme Claims",
        "+14155550199",
        "Claims",
        (
            "Thank you for texting Acme Insure. Our claims desk is closed just now. We are here"
            " {hours} and will answer you then. If anyone is hurt, please call 911 first."
        ),
    ),
    (
        "Acme Policies",
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

# name, e-mail, address, notes, phone
CUSTOMERS = [
    (
        "Dana Whitfield",
        "dana.whitfield@example.com",
        "2210 Alder Street, Oakland, CA 94607",
        "Prefers texts in the morning.",
        "+14155550101",
    ),
    (
        "Priya Raman",
        "priya.raman@example.com",
        "48 Juniper Court, San Mateo, CA 94401",
        "Shares her phone with her husband Arjun.",
        "+14155550102",
    ),
    (
        "Arjun Raman",
        "arjun.raman@example.com",
        "48 Juniper Court, San Mateo, CA 94401",
        "Drives the family's second car.",
        "+14155550102",
    ),
]
PHONES = [
    ("+14155550101", "Dana’s phone"),
    ("+14155550102", "The Ramans’ phone"),
    ("+14155550103", "Somebody new"),
]

# title, slug, body
ARTICLES = [
    (
        "How to file a claim",
        "how-to-file-a-claim",
        (
            "To file a claim, text us the date and place of the accident, the other driver’s"
            " licence plate, and whether anyone was hurt. We will text you a claim number within"
            " one working day."
        ),
    ),
    (
        "What to do after an accident",
        "after-an-accident",
        (
            "Stop, switch on your hazard lights and make sure everyone is safe. Call 911 if anyone"
            " is hurt. Exchange names, phone numbers and insurers with the other driver, and take"
            " photographs before the cars are moved. Then text us."
        ),
    ),
    (
        "When a claim is paid",
        "when-a-claim-is-paid",
        (
            "Once the assessor’s report is with us we decide within five working days, and pay"
            " within two more. You can text STATUS and your claim number at any time."
        ),
    ),
]


# shortcut, title, body
CANNED_REPLIES = [
    ("hi", "Greeting", "Hello {first_name}, this is {agent} at Acme Insure. How can I help?"),
    (
        "photos",
        "Ask for photographs",
        ("Please send the photographs to photos@example.com, and name {case} in the subject."),
    ),
    ("wait", "One moment", "One moment please, {first_name}, I am looking that up."),
    ("bye", "Goodbye", "Thank you for texting Acme Insure, {first_name}. Take care!"),
]

# country, price of one part in US dollars
PRICES = [
    ("CA", "0.0083"),
    ("DE", "0.1120"),
    ("FR", "0.0798"),
    ("GB", "0.0524"),
    ("IN", "0.0832"),
    ("MX", "0.0672"),
    ("US", "0.0083"),
]


class DeskInUse(Exception):
    """The desk already has work of its own. Its message is a sentence for the operator."""


def demo_accounts() -> list[CarrierAccount]:
    """The accounts with the simulated carrier: where there is one, the demo was seeded."""
    return list(CarrierAccount.objects.filter(base_url__endswith=CARRIER_PATH).order_by("id"))


@transaction.atomic
def seed_demo(*, base_url: str, now: datetime) -> bool:
    """Make the demo desk, once; after that only put back who was deleted, and move its carrier.

    The people cannot sign in before they are given passwords. True if the desk was made now.
    Raises DeskInUse where it would mix with somebody's own desk.
    """
    lock_until_commit("seed_demo")
    carrier_url = f"{base_url}{CARRIER_PATH}"
    if demo_accounts():
        for account in demo_accounts():
            account.base_url = carrier_url
            # One that no key opens; the simulated carrier takes any.
            account.auth_token = account.auth_token or secrets.token_hex(16)
            account.save(update_fields=["base_url", "auth_token"])
        _add_people(now=now)
        return False
    if Channel.objects.exists() or User.objects.filter(username__in=USERNAMES).exists():
        raise DeskInUse("This desk has channels or people of its own; the demo needs an empty one.")
    for place, name in enumerate(STATUSES):
        StatusCode.objects.get_or_create(name=name, defaults={"position": 10 + place})
    _add_queues()
    _add_people(now=now)
    _add_channels(carrier_url=carrier_url)
    _add_customers()
    tell_history(now=now)
    return True


def set_password(username: str) -> str:
    """A new password for one of the demo's people, easy to type."""
    password = "-".join(
        "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4))
        for _ in range(3)
    )
    user = User.objects.get(username=username)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def _add_people(*, now: datetime) -> None:
    """Make those of the demo's people who are not there."""
    present = set(User.objects.filter(username__in=USERNAMES).values_list("username", flat=True))
    if SUPERVISOR not in present:
        User.objects.create_superuser(SUPERVISOR, first_name="Sam", last_name="Supervisor")
    for username, name, team, may_reject, level in AGENTS:
        if username in present:
            continue
        first_name, _, last_name = name.partition(" ")
        agent = Agent(
            user=User.objects.create_user(username, first_name=first_name, last_name=last_name),
            name=name,
            team=Team.objects.get_or_create(name=team)[0],
            may_reject=may_reject,
        )
        add_agent(agent=agent, now=now)
        if level:
            skill, _ = Skill.objects.get_or_create(name=SKILL)
            AgentSkill.objects.create(agent=agent, skill=skill, level=level)
        # Everybody serves both queues; whoever lacks the skill is passed over in the second.
        QueueMember.objects.bulk_create(
            QueueMember(queue=queue, agent=agent)
            for queue in Queue.objects.filter(name__in=QUEUES).order_by("id")
        )


def _add_queues() -> None:
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


def _add_channels(*, carrier_url: str) -> None:
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
        )
    Rule.objects.create(
        name="“#POLICY” goes to policy help",
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


def _add_customers() -> None:
    for name, email, address, notes, number in CUSTOMERS:
        customer = Customer.objects.create(name=name, email=email, address=address, notes=notes)
        CustomerPhone.objects.create(customer=customer, number=number)
    phone_model = apps.get_model("handset", "Phone")
    for number, label in PHONES:
        phone_model.objects.update_or_create(number=number, defaults={"label": label})
    for title, slug, body in ARTICLES:
        Article.objects.create(title=title, slug=slug, body=body)
    for shortcut, title, body in CANNED_REPLIES:
        CannedReply.objects.create(shortcut=shortcut, title=title, body=body)
    Destination.objects.bulk_create(
        Destination(country=country, price_per_part=Decimal(price)) for country, price in PRICES
    )
    # One country that is refused, with the reason that agents read, and one policy to look at.
    Destination.objects.filter(country="IN").update(
        allowed=False, reason="We insure no cars there, and texts are dear"
    )
    nearby = SendingPolicy.objects.create(
        name="United States and Canada only", reach=Reach.LISTED, countries=["US", "CA"]
    )
    PolicyMember.objects.create(policy=nearby, agent=Agent.objects.get(user__username="jonas"))
